/** The verdict on an execution that goes no further: everybody is done, nobody can go on, or it goes round for ever. */
import type { Executor } from '../machine/execution.ts';
import type { Outcome } from '../machine/failure.ts';
import { endless, stuck } from './noProgress.ts';
import { ENDLESS_PATIENCE, type Patience } from './patience.ts';
import { Visited } from './visited.ts';

/** Machines at the end that were found well are remembered, up to so many. */
const MOST_PASSED = 100_000;

interface Passed {
  ends: Visited;
  promotions: number;
}

/** Of each executor. */
const passed = new WeakMap<Executor, Passed>();

/** The ends that were found well, as long as a hash means what it meant. */
function passedOf(executor: Executor): Visited {
  const known = passed.get(executor);
  if (known !== undefined && known.promotions === executor.promotions && known.ends.size < MOST_PASSED) return known.ends;
  const ends = new Visited();
  passed.set(executor, { ends, promotions: executor.promotions });
  return ends;
}

/** All ends are checked once more, as if none of them had been met. */
export function forgetEnds(executor: Executor): void {
  passed.delete(executor);
}

function atTheEnd(executor: Executor): Outcome {
  if (passedOf(executor).has(executor.low, executor.high)) return null;
  const before = executor.promotions;
  const [finding] = executor.findings();
  if (finding !== undefined) return { ...finding, actor: -1 };
  // A check that reads what was no part of the state: other ends that looked like this one are not known to be well.
  if (executor.promotions === before) passedOf(executor).add(executor.low, executor.high, 0);
  return null;
}

/** What is to be said of the execution, which is as long as it will be. */
export function conclude(executor: Executor, patience: Patience = ENDLESS_PATIENCE): Outcome {
  if (executor.failedAtOnce !== null) return executor.failedAtOnce;
  executor.refresh();
  for (let i = 0; i < executor.count; i++) if (executor.canRun(i)) return endless(executor, patience);
  if (executor.left > 0) return stuck(executor);
  executor.coverage.lookAtEnd(executor.at);
  return atTheEnd(executor);
}
