/** `hmm-lab prove`: every interleaving of every scenario. */
import { exploreBounds } from '../library/explore.ts';
import { type ProveReport, type ProveRequest, prove as proved, proveUsual } from '../library/prove.ts';
import { startProveLive } from '../report/proveLive.ts';
import { provePage, proveText } from '../report/proveText.ts';
import { bugFlag, type Command, jsonFlag, parseArguments } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { kernelFlag } from './kernelFlag.ts';
import { outFile } from './outFile.ts';
import { exitCodeOf, printReport } from './printReport.ts';
import { shardFlag, shardOf } from './shardFlag.ts';

const flags = [
  {
    name: 'driver',
    kind: 'text',
    value: 'NAME|FILE[:OPTION=VALUE,...]',
    defaultText: 'those of the scenarios',
    help: 'a driver of hmm-lab drivers, or your own by the path of its module, in place of the in-tree test driver, with options',
    example: 'nouveau:retryCheck=none',
  },
  kernelFlag,
  bugFlag,
  {
    name: 'reduction',
    kind: 'text',
    value: 'NAME',
    default: proveUsual.reduction,
    help: 'what the searches may leave out because it comes to the same: none; orders, of steps; all, which also takes like actors for one another',
  },
  {
    name: 'seconds',
    ...exploreBounds.seconds,
    default: proveUsual.seconds,
    unit: 's',
    help: 'limit for each scenario: three quarters for the search of all interleavings, what is left for those with few preemptions',
  },
  { name: 'workers', ...exploreBounds.workers, default: proveUsual.workers, help: 'threads, each at a scenario of its own' },
  {
    name: 'threads',
    ...exploreBounds.threads,
    default: proveUsual.threads,
    help: 'threads that make each long search together, one scenario after the other; verdict and states of a finished search are the same for any number of them',
  },
  shardFlag,
  { name: 'markdown', kind: 'text', value: 'FILE', help: 'also write the table as a page', example: 'docs/proofs.md' },
  jsonFlag,
] as const;

/** Prints what proving has come to. Returns the exit code. */
export function printProof(report: ProveReport, json: boolean): number {
  printReport(report, proveText, json);
  return exitCodeOf(report);
}

const most = { what: 'names of scenarios', most: Number.POSITIVE_INFINITY };

/** What is asked for, as the library takes it. */
export function proveRequest(args: readonly string[]): ProveRequest {
  const { values, given } = parseArguments('prove', flags, args, most);
  const { driver, kernel, bug, reduction, seconds, workers, threads, shard } = values;
  const scenarios = given.length === 0 ? undefined : given;
  return { scenarios, driver, kernel, bug, reduction, seconds, workers, threads, shard: shardOf(shard) };
}

export const prove: Command = {
  name: 'prove',
  argument: '[SCENARIO...]',
  description:
    'Searches all interleavings of the scenarios that are named, or of all that fit the driver, and prints a table: verdict, states, ' +
    'time, memory, what made the search smaller, and how much of what each is there for was reached. Goes on when a rule breaks, and ' +
    'says how to see it. Exit code 1 when a rule broke or a scenario is vacuous. Ctrl-C stops it and prints what there is.',
  flags,
  examples: [
    'hmm-lab prove --workers 2',
    'hmm-lab prove device-fault-vs-munmap mini-hmm-5x3 ./my-scenario.mjs',
    'hmm-lab prove --driver ./my-driver.mjs --seconds 10 --json',
    'hmm-lab prove --markdown docs/proofs.md',
  ],
  async run(args) {
    const { markdown, json } = parseArguments('prove', flags, args, most).values;
    const store = markdown === undefined ? undefined : outFile(markdown, 'markdown');
    const request = proveRequest(args);
    const live = startProveLive(process.stderr);
    const run = (signal: AbortSignal) => proved(request, { onProgress: live.update, onRow: live.row, signal });
    const report = await interruptible(run).finally(live.stop);
    const code = printProof(report, json);
    store?.(provePage(report, ['npx hmm-lab prove', ...args].join(' ')));
    return code;
  },
};
