/** `hmm-lab hunt`: the corpus of bugs against the explorer. */
import type { HuntOptions, HuntResult } from '../engines/hunt/hunt.ts';
import { version } from '../package/version.ts';
import { huntPage, huntText } from '../report/huntText.ts';
import { styleFor } from '../report/style.ts';
import { bugNamed } from './bugNamed.ts';
import { importExplorer } from './explored.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';
import { outFile } from './outFile.ts';

const flags = [
  { name: 'bug', kind: 'list', value: 'ID', help: 'only this bug of hmm-lab bugs, without controls', example: 'R05' },
  { name: 'seconds', kind: 'number', default: 5, above: 0, max: 3600, unit: 's', help: 'longest search for one bug' },
  {
    name: 'schedules',
    kind: 'whole',
    default: 1_000_000,
    min: 1,
    max: 1_000_000_000,
    help: 'most schedules of a search, and of the samples of one seed',
  },
  { name: 'seeds', kind: 'whole', default: 0, min: 0, max: 1000, help: 'seeds to sample each bug with after the search' },
  {
    name: 'clean',
    kind: 'whole',
    default: 20_000,
    min: 0,
    max: 1_000_000_000,
    help: 'schedules of the model as it is, over all scenarios: nothing may be reported',
  },
  { name: 'workers', kind: 'whole', default: 2, min: 1, max: 64, help: 'threads' },
  { name: 'markdown', kind: 'text', value: 'FILE', help: 'also write the table as a page', example: 'docs/hunt.md' },
  jsonFlag,
] as const;

const EXIT_INTERRUPTED = 130;

const lost = ({ rows, falseAlarms, vacuous }: HuntResult): boolean =>
  falseAlarms.length > 0 || vacuous.length > 0 || rows.some(({ found }) => !found);

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
    const { bug: ids, seconds, schedules, seeds, clean, workers, markdown, json } = parseFlags('hunt', flags, args);
    const { bugs, controls } = await import('../bugs/index.ts');
    const chosen = ids.length === 0 ? bugs : await Promise.all(ids.map(bugNamed));
    const store = markdown === undefined ? undefined : outFile(markdown);
    const scenarios = (await importExplorer())
      .scenarios()
      .filter(({ flawed }) => !flawed)
      .map(({ name }) => name);
    const engine = await import('../engines/hunt/hunt.ts');
    const stop = new AbortController();
    const interrupt = (): void => {
      if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
      stop.abort();
    };
    process.on('SIGINT', interrupt);
    const options: HuntOptions = { seconds, schedules, seeds, workers, clean: ids.length === 0 ? clean : 0 };
    const subjects = { bugs: chosen, controls: ids.length === 0 ? controls : [], scenarios };
    const result = await engine.hunt(subjects, options, {
      onLine: (line) => process.stderr.write(`${line}\n`),
      signal: stop.signal,
    });
    process.off('SIGINT', interrupt);
    const prose = json ? process.stderr : process.stdout;
    prose.write(huntText(result, styleFor(prose)));
    if (json) process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/hunt/1', version, options, ...result })}\n`);
    store?.(huntPage(result, ['npx hmm-lab hunt', ...args].join(' ')));
    if (result.interrupted) return EXIT_INTERRUPTED;
    return lost(result) ? 1 : 0;
  },
};
