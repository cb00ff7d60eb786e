/** `hmm-lab windows`: the points of the model, each a race window a user can aim at. */
import { type PointInfo, points } from '../steps/points.ts';
import { version } from '../version.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';

const flags = [jsonFlag] as const;

/** One point as JSON. */
function entry({ name, after, before, kernel, windows }: PointInfo) {
  return { name, after, before, kernel, windows: windows.split(' ').filter((id) => id !== '') };
}

function paragraph({ name, after, before, kernel, windows }: PointInfo): string {
  const literature = windows === '' ? '' : `; windows ${windows}`;
  return `${name}\n  after:  ${after}\n  before: ${before}\n  where:  ${kernel}${literature}\n`;
}

export const windows: Command = {
  name: 'windows',
  description:
    'Lists the points of the model. At each, another actor may run: it lies after one step of a protocol and before the next. ' +
    'The E and F numbers are the windows of the race literature that hinge on it (docs/windows.md).',
  flags,
  examples: ['hmm-lab windows', 'hmm-lab windows --json', 'hmm-lab stress --delay mmuIntervalReadBegin=1/4000:80us'],
  async run(args) {
    const { json } = parseFlags('windows', flags, args);
    process.stdout.write(
      json
        ? `${JSON.stringify({ schema: 'hmm-lab/windows/1', version, windows: points.map(entry) })}\n`
        : `${points.map(paragraph).join('\n')}\n${points.length} points. To widen one: hmm-lab stress --delay NAME=1/4000:80us\n`,
    );
    return 0;
  },
};
