/** `hmm-lab windows`: the points of the model, each a race window a user can aim at, and which scenario covers what. */

import type * as Catalogue from '../engines/explore/plan/catalogue.ts';
import { inStepped, type LoadModule } from '../library/model.ts';
import { version } from '../package/version.ts';
import { coverText } from '../scenarios/kit/covers.ts';
import { type PointInfo, points } from '../steps/points.ts';
import { type Command, jsonFlag, parseFlags } from './flags.ts';

const flags = [jsonFlag] as const;

const idsOf = (windows: string): string[] => windows.split(' ').filter((id) => id !== '');

/** A scenario, the windows of docs/windows.md it is there for, and what it must reach to say anything about them. */
interface Covering {
  readonly scenario: string;
  readonly windows: readonly string[];
  readonly covers: readonly string[];
  /** Points that its covers name. */
  readonly points: readonly string[];
}

async function coverings(load: LoadModule): Promise<Covering[]> {
  const { scenarios, longScenarios } = await load<typeof Catalogue>('engines/explore/plan/catalogue');
  return [...scenarios(), ...longScenarios()]
    .filter(({ flawed }) => flawed !== true)
    .map(({ name, windows, prepare }) => {
      const covers = prepare().covers ?? [];
      const named = covers.flatMap((cover) =>
        'point' in cover ? [cover.point, ...(cover.while === undefined ? [] : [cover.while.point])] : [],
      );
      return { scenario: name, windows: idsOf(windows), covers: covers.map(coverText), points: [...new Set(named)] };
    });
}

/** One point as JSON, with the scenarios that must reach it. */
function entry({ name, after, before, kernel, windows }: PointInfo, all: readonly Covering[]) {
  const coveredBy = all.filter((one) => one.points.includes(name)).map(({ scenario }) => scenario);
  return { name, after, before, kernel, windows: idsOf(windows), coveredBy };
}

function paragraph({ name, after, before, kernel, windows, coveredBy }: ReturnType<typeof entry>): string {
  const literature = windows.length === 0 ? '' : `; windows ${windows.join(' ')}`;
  const reached = coveredBy.length === 0 ? '' : `  covers: ${coveredBy.join(', ')}\n`;
  return `${name}\n  after:  ${after}\n  before: ${before}\n  where:  ${kernel}${literature}\n${reached}`;
}

/** Which scenarios are there for which window of the literature. */
function table(all: readonly Covering[]): string {
  const ids = [...new Set(all.flatMap(({ windows }) => windows))].sort(
    (a, b) => a.charCodeAt(0) - b.charCodeAt(0) || Number(a.slice(1)) - Number(b.slice(1)),
  );
  const lines = ids.map((id) => {
    const names = all.filter(({ windows }) => windows.includes(id)).map(({ scenario }) => scenario);
    return `${id.padEnd(4)} ${names.join(', ')}\n`;
  });
  return `Scenarios by window (what each must reach is in --json):\n\n${lines.join('')}`;
}

export const windows: Command = {
  name: 'windows',
  description:
    'Lists the points of the model. At each, another actor may run: it lies after one step of a protocol and before the next. ' +
    'The E, F, S and V numbers are the windows that hinge on it (docs/windows.md). Then which scenario is there for which window, and must reach which points.',
  flags,
  examples: ['hmm-lab windows', 'hmm-lab windows --json', 'hmm-lab stress --delay mmuIntervalReadBegin=1/4000:80us'],
  async run(args) {
    const { json } = parseFlags('windows', flags, args);
    const all = await inStepped(undefined, coverings);
    const entries = points.map((point) => entry(point, all));
    process.stdout.write(
      json
        ? `${JSON.stringify({ schema: 'hmm-lab/windows/1', version, windows: entries, scenarios: all })}\n`
        : `${entries.map(paragraph).join('\n')}\n${table(all)}\n${points.length} points. To widen one: hmm-lab stress --delay NAME=1/4000:80us\n`,
    );
    return 0;
  },
};
