/** What calls have in common that are about many programs: all are proved, with one driver in one model. */
import type { Mutation } from '../bugs/bug.ts';
import type { DriverSettings } from '../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../drivers/names.ts';
import type { Meetings } from '../engines/explore/machine/meetings.ts';
import type { ProofRow } from '../engines/explore/plan/proof.ts';
import type { ProveResult } from '../engines/explore/plan/proofResult.ts';
import type * as Prove from '../engines/explore/threads/prove.ts';
import type { ProveProgress } from '../engines/explore/threads/prove.ts';
import type { Abilities } from '../programs/matrix/abilities.ts';
import { programOfScenario } from '../programs/program.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { abilitiesNamed } from './abilitiesNamed.ts';
import { type Hooks, underHooks } from './call.ts';
import { PROGRAM_REPEATS } from './explore.ts';
import { inStepped } from './model.ts';
import { askedDriver, type DriverRequest } from './subject.ts';

/** The model and the driver of such a call. */
export interface ManySubject {
  readonly bug: Mutation | undefined;
  readonly driver: string | undefined;
  readonly settings: DriverSettings;
  /** What the driver can do. */
  readonly can: Abilities;
}

/** @throws UsageError for a driver, an option or a bug that is unknown. */
export async function manySubject(given: DriverRequest): Promise<ManySubject> {
  const bug = given.bug === undefined ? undefined : await bugOf(given.bug);
  const { driver, settings } = askedDriver(given);
  return {
    bug,
    driver,
    // The settings of a bug are for the driver that it is of.
    settings: { ...(driver === undefined ? bug?.settings : {}), ...settings },
    can: await abilitiesNamed(driver ?? DEFAULT_DRIVER),
  };
}

/** What a result says of it. */
export const subjectConfig = ({ driver, settings, bug }: ManySubject) => ({
  driver: driver ?? null,
  settings,
  bug: bug?.id ?? null,
});

/** Of each program: time for it, and most states of each of its searches; and threads. */
export interface ManyLimits {
  readonly seconds: number;
  readonly states: number;
  readonly workers: number;
}

export const manyBounds = { limit: { kind: 'whole', min: 1, max: 40_000_000 } } as const;

/** What is too large for a search of all interleavings is covered up to so many preemptions: a search with more is as large. */
const PREEMPTIONS = 2;

export interface ManyHooks extends Hooks<ProveProgress> {
  /** Called when a program is done. */
  readonly onRow: (program: string, row: ProofRow) => void;
  /** Called when a search of a program is over, with where its actors have stood. */
  readonly onMet?: (program: string, meetings: Meetings) => void;
}

/** Searches all interleavings of each program. Those that cannot be set up are misfits. Null if there are no programs. */
export async function provePrograms(
  { bug, driver, settings }: ManySubject,
  programs: readonly string[],
  limits: ManyLimits,
  { onRow, onMet = () => {}, ...hooks }: ManyHooks,
): Promise<ProveResult | null> {
  if (programs.length === 0) return null;
  const known = new Set(programs);
  const options = {
    driver,
    settings,
    scenarios: programs,
    areMany: true,
    reduction: 'all',
    threads: 1,
    repeats: PROGRAM_REPEATS,
    preemptions: PREEMPTIONS,
    ...limits,
  };
  const nameOf = (scenario: string): string => (known.has(scenario) ? scenario : programOfScenario(scenario));
  const told = {
    onRow: (row: ProofRow) => onRow(nameOf(row.scenario), row),
    onMet: (scenario: string, meetings: Meetings) => onMet(nameOf(scenario), meetings),
  };
  return underHooks(hooks, (watched) =>
    inStepped(bug, async (load) => {
      const engine = await load<typeof Prove>('engines/explore/threads/prove');
      return engine.prove(options, { ...watched, ...told });
    }),
  );
}
