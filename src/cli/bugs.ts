/** `hmm-lab bugs`: the catalogue of bugs that can be put back on purpose. */
import type { Bug } from '../bugs/bug.ts';
import { bugs as catalogue, controls } from '../bugs/index.ts';
import { version } from '../package/version.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';

const flags = [jsonFlag] as const;

const text = ({ id, title, reference, scenario }: Bug): string => `${id}\n  ${title}\n  ${reference}; shown by ${scenario}\n`;

export const bugs: Command = {
  name: 'bugs',
  description:
    'Lists the bugs that --bug can put back into the model: real ones, by the commit or driver they were seen in, and generic ' +
    'mistakes (G). Further known defects of the drivers are options of theirs (hmm-lab drivers).',
  flags,
  examples: ['hmm-lab bugs', 'hmm-lab bugs --json'],
  async run(args) {
    const { json } = parseFlags('bugs', flags, args);
    const listed = catalogue.map(({ edits: _, ...bug }) => bug);
    process.stdout.write(
      json
        ? `${JSON.stringify({ schema: 'hmm-lab/bugs/1', version, bugs: listed, controls: controls.map(({ edits: _, ...c }) => c) })}\n`
        : catalogue.map(text).join(''),
    );
    return 0;
  },
};
