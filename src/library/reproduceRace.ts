/** After a race that broke a rule: the search for the interleaving behind it. */
import type { Mutation } from '../bugs/bug.ts';
import type { ExploreProgress } from '../engines/explore/threads/supervised.ts';
import type { RaceResult } from '../engines/race/types.ts';
import type * as Fitting from '../engines/reproduce/fitting.ts';
import type * as Reproduce from '../engines/reproduce/reproduce.ts';
import type { Reproduced } from '../engines/reproduce/reproduce.ts';
import type { Watched } from './call.ts';
import { inStepped } from './model.ts';

/** Rules about the threads of a race, that no interleaving of the model breaks. */
const ofThreads = (message: string): boolean => /^the worker of /.test(message);

/** Is there something to look for? */
export const isReproducible = ({ violations: [violation] }: RaceResult): boolean =>
  violation !== undefined && !ofThreads(violation.message);

/** What it takes to look: the bug that the race had, and for how many seconds. */
export interface ReproduceLimits {
  readonly bug: Mutation | undefined;
  readonly trace: number;
}

/** Looks for the first violation of a race in the scenarios of the explorer; null when there is nothing to look for. */
export async function reproduceRace(
  { violations, log, config }: RaceResult,
  { bug, trace: seconds }: ReproduceLimits,
  hooks: Partial<Watched<ExploreProgress>>,
): Promise<Reproduced | null> {
  const [violation] = violations;
  if (violation === undefined || seconds === 0 || ofThreads(violation.message)) return null;
  const { rule, actor } = violation;
  // What scenarios do is asked of the model as it is, also when there is a bug in it.
  const scenarios = await inStepped(undefined, async (load) => {
    const { fittingScenarios } = await load<typeof Fitting>('engines/reproduce/fitting');
    return fittingScenarios({ rule, actor, log }, { driver: config.driver, swap: config.swap > 0 });
  });
  return inStepped(bug, async (load) => {
    const { reproduce } = await load<typeof Reproduce>('engines/reproduce/reproduce');
    return reproduce({ rule, scenarios, settings: config.driverSettings, seconds }, hooks);
  });
}
