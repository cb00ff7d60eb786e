/** `hmm-lab fuzz`: programs at random. */
import { type FuzzReport, type FuzzRequest, fuzzBounds, fuzz as fuzzed, fuzzUsual } from '../library/fuzz.ts';
import { fuzzLine, fuzzText } from '../report/fuzzText.ts';
import { startLine } from '../report/live.ts';
import { driverFlag } from './driverFlag.ts';
import { bugFlag, type Command, jsonFlag, parseFlags } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { kernelFlag } from './kernelFlag.ts';
import { exitCodeOf, printReport } from './printReport.ts';
import { shardFlag, shardOf } from './shardFlag.ts';

const flags = [
  { name: 'programs', ...fuzzBounds.programs, default: fuzzUsual.programs, help: 'how many programs' },
  { name: 'seed', ...fuzzBounds.seed, default: fuzzUsual.seed, help: 'which ones' },
  { name: 'from', ...fuzzBounds.from, default: fuzzUsual.from, help: 'number of the first one' },
  driverFlag,
  kernelFlag,
  bugFlag,
  { name: 'limit', ...fuzzBounds.limit, default: fuzzUsual.limit, help: 'most states of each search of a program' },
  { name: 'seconds', ...fuzzBounds.seconds, default: fuzzUsual.seconds, unit: 's', help: 'longest time at each program' },
  { name: 'workers', ...fuzzBounds.workers, default: fuzzUsual.workers, help: 'threads, each at a program of its own' },
  {
    name: 'blind',
    kind: 'switch',
    help: 'draw the same programs each time, and do not learn from what was met in them',
  },
  {
    name: 'blocks',
    ...fuzzBounds.blocks,
    defaultText: 'as many as parts, 1 without --shard',
    help: 'divide the programs into so many blocks, each of which learns from its own',
  },
  shardFlag,
  { name: 'corpus', kind: 'text', value: 'FOLDER', help: 'write each program that breaks a rule to this folder' },
  jsonFlag,
] as const;

/** Where lines are added and not repainted, there is one this often. */
const LINE_MS = 5000;

/** Prints what was found. Returns the exit code. */
export function printFuzz(report: FuzzReport, json: boolean): number {
  printReport(report, fuzzText, json);
  return exitCodeOf(report);
}

/** What is asked for, as the library takes it. */
export function fuzzRequest(args: readonly string[]): FuzzRequest {
  const { json: _, shard, ...request } = parseFlags('fuzz', flags, args);
  return { ...request, shard: shardOf(shard) };
}

export const fuzz: Command = {
  name: 'fuzz',
  description:
    'Draws programs at random (docs/programs.md), searches all interleavings of each, and makes those that break a rule as small as ' +
    'they can be. Nobody has to say what should come out. Exit code 1 when a rule broke. Ctrl-C stops it and prints what there is.',
  flags,
  examples: [
    'hmm-lab fuzz --workers 2',
    'hmm-lab fuzz --programs 100000 --seed 7 --corpus finds',
    'hmm-lab fuzz --driver ./my-driver.mjs --json',
    'hmm-lab fuzz --programs 100000 --blocks 20 --shard 1/20 --json > part1.json',
  ],
  async run(args) {
    const { json } = parseFlags('fuzz', flags, args);
    const request = fuzzRequest(args);
    const live = startLine(process.stderr, fuzzLine, LINE_MS);
    const run = (signal: AbortSignal) => fuzzed(request, { onProgress: live.update, signal });
    const report = await interruptible(run).finally(live.stop);
    return printFuzz(report, json);
  },
};
