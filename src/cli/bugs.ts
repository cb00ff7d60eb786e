/** `hmm-lab bugs`: the catalogue of bugs that can be put back on purpose. */
import { version } from '../version.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';
import { quote, UsageError } from './usage.ts';

const flags = [jsonFlag] as const;

/** Ids of the bugs there are. None yet. */
const catalogue: readonly string[] = [];

/** @throws UsageError for an id the catalogue does not have. */
export function checkBug(id: string): void {
  if (!catalogue.includes(id)) {
    throw new UsageError(`unknown bug ${quote(id)}, no bugs are known yet (defects of a driver are options: hmm-lab drivers)`);
  }
}

export const bugs: Command = {
  name: 'bugs',
  summary: 'list the catalogue of bugs',
  description:
    'Lists the bugs that --bug can put back into the model. The catalogue is empty for now; the known defects of the drivers ' +
    'are options of theirs.',
  flags,
  examples: ['hmm-lab bugs', 'hmm-lab bugs --json'],
  async run(args) {
    const { json } = parseFlags('bugs', flags, args);
    process.stdout.write(
      json
        ? `${JSON.stringify({ schema: 'hmm-lab/bugs/1', version, bugs: catalogue })}\n`
        : 'No bugs are known yet. The defects of a driver are options of it, see: hmm-lab drivers\n',
    );
    return 0;
  },
};
