/** One bug of the corpus, looked for in the cells of the race matrix. */
import type { Bug } from '../../src/bugs/bug.ts';
import type { DriverSettings } from '../../src/drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../../src/drivers/names.ts';
import { partsOf } from '../../src/engines/explore/plan/names.ts';
import { planNamed } from '../../src/scenarios/windows.ts';
import type { Look } from './look.ts';
import type { Looker } from './looker.ts';
import { functionsOf } from './places.ts';
import { type Hints, inOrder, type RanAll } from './programs.ts';

export interface BugRow extends Look {
  readonly id: string;
  readonly title: string;
  readonly driver: string;
  readonly settings: DriverSettings;
  /** Rules by which the catalogue expects it. */
  readonly oracles: readonly string[];
  /** Cells that run what the bug changes. */
  readonly cells: number;
}

/** Longest look for one bug, in seconds of a processor. */
const MOST_SECONDS = 240;

/** The driver that a bug is tried with: that of its scenario, with the options it has there. */
export function driverOf({ scenario, settings }: Bug): { readonly driver: string; readonly settings: DriverSettings } {
  const { base, driver } = partsOf(scenario);
  const machine = planNamed(base)?.machine;
  return { driver: driver ?? machine?.driver?.name ?? DEFAULT_DRIVER, settings: { ...machine?.settings, ...settings } };
}

/** Looks at what is likely to show the bug, then at the other cells that run what it changes. */
export async function bugRow(bug: Bug, ran: RanAll, hints: Hints, looker: Looker): Promise<BugRow> {
  const { id, title, edits, oracles } = bug;
  const { driver, settings } = driverOf(bug);
  const likely = inOrder(
    ran,
    edits.map((edit) => functionsOf([edit], ran.functions)),
    hints,
  );
  // A bug that is an option of the driver is in no function of its own; and what runs was seen with its usual options.
  const isUsual = edits.length > 0 && Object.keys(settings).length === 0;
  const all = isUsual ? likely : inOrder(ran, [new Set(ran.functions)], hints);
  const isLikely = new Set(likely);
  const others = all.filter((name) => !isLikely.has(name));
  const apart = oracles.includes('I-CRASH') ? [] : ['I-CRASH'];
  const job = { mutation: { id, edits }, settings, seconds: MOST_SECONDS, apart };
  let look: Look = { found: null, looked: [0, 0, 0, 0], seconds: 0 };
  for (const names of [likely, others]) if (look.found === null && names.length > 0) look = await looker.look({ ...job, names });
  return { id, title, driver, settings, oracles, cells: all.length, ...look };
}
