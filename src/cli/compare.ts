/** `hmm-lab compare`: the model and a real kernel side by side. */
import { readFileSync } from 'node:fs';
import type { Compared, Kind } from '../kernel/compare.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { kernelFlag } from './kernelFlag.ts';
import { orLost } from './kernelLoss.ts';
import { placeFlags, placeOf } from './kernelPlace.ts';
import { nowAndThen } from './nowAndThen.ts';
import { quote, UsageError } from './usage.ts';

const flags = [
  { name: 'random', kind: 'whole', min: 1, max: 100000000, default: 500, help: 'how many scripts at random' },
  { name: 'seed', kind: 'whole', min: 0, max: 2 ** 31 - 1, default: 1, help: 'which ones' },
  {
    name: 'matrix',
    kind: 'switch',
    help: 'instead, each two operations of the race matrix one after the other, from each state of a page',
  },
  { ...kernelFlag, defaultText: 'that of the kernel, if the model can be it' },
  { name: 'known', kind: 'text', value: 'FILE', help: 'differences that are known: lines KIND: WHY', example: 'known.txt' },
  {
    name: 'out',
    kind: 'text',
    value: 'FILE',
    help: 'add what differs to this file, and go on from there if it exists',
    example: 'compared.jsonl',
  },
  ...placeFlags,
  jsonFlag,
] as const;

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new UsageError(`--known ${quote(path)} cannot be read`);
  }
}

/** Never silent for longer. */
const PROGRESS_MS = 2000;

const progress = (total: number) =>
  nowAndThen(PROGRESS_MS, (done: number, kinds: number) => `${done} of ${total} scripts, ${kinds} kinds of differences`);

const kindText = ({ kind, count, script, operations, kernel, model, known }: Kind): string =>
  `${known === undefined ? 'difference' : `known (${known})`}: ${kind}, ${count} times, first in ${script}\n` +
  `  ${operations.join(' | ')}\n  kernel ${JSON.stringify(kernel)}\n  model  ${JSON.stringify(model)}\n`;

function report({ facts, scripts, operations, kinds, interrupted }: Compared): string {
  const unexplained = kinds.filter(({ known }) => known === undefined).length;
  const stopped = interrupted ? 'Stopped. ' : '';
  const counted = `${scripts} scripts with ${operations} operations of Linux ${facts.release}`;
  return `${kinds.map(kindText).join('')}${stopped}${counted}: ${unexplained} unexplained kinds of differences, ${kinds.length - unexplained} known.\n`;
}

export const compare: Command = {
  name: 'compare',
  description:
    'Does scripts on a real kernel and on the model, and compares every field of every answer. A difference is made as small as it can be, and ' +
    'named by what is left: its operations and the fields that differ. The exit code is 1 when there is one that is not known. Ctrl-C stops it and ' +
    'prints what there is; with --out the same command goes on. docs/kernel.md says where a kernel and the driver come from.',
  flags,
  examples: [
    'hmm-lab compare --random 10000 --seed 7 --out compared.jsonl --vm --kernel-image vmlinuz --module test_hmm.ko',
    'hmm-lab compare --matrix --known known.txt --host --yes',
  ],
  async run(args) {
    const { random, seed, matrix, kernel: model, known, out: file, json, ...values } = parseFlags('compare', flags, args);
    const { compare: compared, knownKinds } = await import('../kernel/compare.ts');
    const { randomScript } = await import('../kernel/randomScript.ts');
    const { matrixScripts } = await import('../kernel/matrixScripts.ts');
    const { moduleMark } = await import('../kernel/record.ts');
    const names = known === undefined ? new Map<string, string>() : knownKinds(textOf(known), known);
    const scripts = matrix ? matrixScripts() : Array.from({ length: random }, (_, number) => randomScript(seed, number));
    const source = matrix ? 'the race matrix' : `random scripts of seed ${seed}`;
    const { place, remove } = placeOf(values);
    const request = { scripts, source, driver: moduleMark(values.module), model, known: names, file };
    const tell = (result: Compared | null): number => {
      if (result === null) return EXIT_INTERRUPTED;
      (json ? process.stderr : process.stdout).write(report(result));
      if (json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/compare/1', ...result })}\n`);
      const isNew = result.kinds.some((kind) => kind.known === undefined);
      return isNew ? EXIT_VIOLATION : result.interrupted ? EXIT_INTERRUPTED : 0;
    };
    const run = (signal: AbortSignal) => compared(place, request, { signal, onScript: progress(scripts.length) });
    return orLost(async () => tell(await interruptible(run)), remove);
  },
};
