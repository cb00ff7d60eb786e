/** `hmm-lab hunt`: the corpus of bugs against the explorer. */
import { type HuntReport, type HuntRequest, huntBounds, hunt as hunted, huntUsual } from '../library/hunt.ts';
import { huntPage, huntText } from '../report/huntText.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { bugFlag, type Command, jsonFlag, parseFlags } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { kernelFlag } from './kernelFlag.ts';
import { outFile } from './outFile.ts';
import { printReport } from './printReport.ts';
import { shardFlag, shardOf } from './shardFlag.ts';

const flags = [
  {
    ...bugFlag,
    kind: 'list',
    help: 'only this bug of hmm-lab bugs, or the bugs and controls of your own by the path of their module (docs/corpus.md)',
  },
  { name: 'seconds', ...huntBounds.seconds, default: huntUsual.seconds, unit: 's', help: 'longest search for one bug' },
  {
    name: 'schedules',
    ...huntBounds.schedules,
    default: huntUsual.schedules,
    help: 'most schedules of a search, and of the samples of one seed',
  },
  { name: 'seeds', ...huntBounds.seeds, default: huntUsual.seeds, help: 'seeds to sample each bug with after the search' },
  {
    name: 'clean',
    ...huntBounds.clean,
    default: huntUsual.clean,
    help: 'schedules of the model as it is, over all scenarios: nothing may be reported',
  },
  kernelFlag,
  { name: 'workers', ...huntBounds.workers, default: huntUsual.workers, help: 'threads' },
  shardFlag,
  { name: 'markdown', kind: 'text', value: 'FILE', help: 'also write the table as a page', example: 'docs/hunt.md' },
  jsonFlag,
] as const;

const exitCodes: Readonly<Record<HuntReport['verdict'], number>> = {
  found: 0,
  lost: EXIT_VIOLATION,
  interrupted: EXIT_INTERRUPTED,
};

/** Prints what a hunt has come to. Returns the exit code. */
export function printHunt(report: HuntReport, json: boolean): number {
  printReport(report, huntText, json);
  return exitCodes[report.verdict];
}

/** What is asked for, as the library takes it. */
export function huntRequest(args: readonly string[]): HuntRequest {
  const { bug: ids, seconds, schedules, seeds, clean, kernel, workers, shard } = parseFlags('hunt', flags, args);
  const bugs = ids.length === 0 ? undefined : ids;
  return { bugs, seconds, schedules, seeds, clean, workers, kernel, shard: shardOf(shard) };
}

export const hunt: Command = {
  name: 'hunt',
  description:
    'Puts each bug of the corpus into a copy of the model and looks for it; then makes sure that the controls, which are no bugs, ' +
    'and the model as it is are not reported. Exit code 1 when a bug was not found by one of its rules, something was reported that is none, or a scenario does not reach what it is there for. ' +
    'Ctrl-C stops it and prints what there is.',
  flags,
  examples: [
    'hmm-lab hunt',
    'hmm-lab hunt --bug R05 --bug G17 --seeds 20',
    'hmm-lab hunt --seeds 5 --clean 1000000 --markdown hunt.md',
  ],
  async run(args) {
    const { markdown, json } = parseFlags('hunt', flags, args);
    const store = markdown === undefined ? undefined : outFile(markdown, 'markdown');
    const request = huntRequest(args);
    const onProgress = ({ line }: { readonly line: string }): void => void process.stderr.write(`${line}\n`);
    const result = await interruptible((signal) => hunted(request, { onProgress, signal }));
    const code = printHunt(result, json);
    store?.(huntPage(result, ['npx hmm-lab hunt', ...args].join(' ')));
    return code;
  },
};
