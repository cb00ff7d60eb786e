/**
 * Rounds on one path: does the execution come back to a state it was in, and can a fair scheduler let it go on like that for ever?
 *
 * A round is fair if each actor that can run at some state of it makes a step in it, and if each actor that could take a lock it waits
 * for takes one in it: kernel locks are queued or handed over.
 */
import type { Executor } from '../machine/execution.ts';
import type { Round } from '../machine/failure.ts';

/** Actors, a bit each. */
export interface Fairness {
  /** Can run at some state of the round. */
  able: number;
  /** Make a step in it. */
  makers: number;
  /** Would take a lock they wait for at some state of it. */
  grantable: number;
  /** Take one in it. */
  granted: number;
}

export const isFair = ({ able, makers, grantable, granted }: Fairness): boolean =>
  (able & ~makers) === 0 && (grantable & ~granted) === 0;

/** Actors that can run, a bit each. */
export function ableAt(executor: Executor): number {
  let mask = 0;
  for (let actor = 0; actor < executor.count; actor++) if (executor.canRun(actor)) mask |= 1 << actor;
  return mask;
}

/** Of those actors, the ones that would take a lock they wait for if they made their step now. */
export function grantableAt(executor: Executor, able: number): number {
  let mask = 0;
  for (let actor = 0; actor < executor.count; actor++) {
    if ((able & (1 << actor)) === 0) continue;
    const outcome = executor.step(actor);
    if (executor.tookLock(outcome)) mask |= 1 << actor;
    executor.back();
  }
  return mask;
}

/** May a round in which something only counts go on for ever? Then only one that comes back to the very same state is too many. */
export const mayOnlyCount = (executor: Executor): boolean => executor.serials !== null && executor.scenario.mayUndo !== undefined;

/** Takes the last step back, and returns its actor. What it says about fairness is added. */
function backOver(executor: Executor, fairness: Fairness): number {
  const actor = executor.schedule[executor.steps - 1] as number;
  fairness.makers |= 1 << actor;
  if (executor.wasGranted(actor)) fairness.granted |= 1 << actor;
  executor.back();
  fairness.able |= ableAt(executor);
  return actor;
}

/** Who could have taken a lock at one of the last states, of `steps` made again afterwards. Ends where the path ended. */
function forwardOver(executor: Executor, steps: readonly number[], fairness: Fairness | null): void {
  for (let i = steps.length - 1; i >= 0; i--) {
    if (fairness !== null) fairness.grantable |= grantableAt(executor, ableAt(executor) & ~fairness.granted);
    executor.step(steps[i] as number);
  }
}

/**
 * The shortest round that ends where the executor is and is fair; null if there is none. With `from` only the one that begins
 * after so many steps is looked at. The executor is left as it was.
 */
export function closedRound(executor: Executor, from?: number): Round | null {
  const isExact = mayOnlyCount(executor);
  const { steps: end } = executor;
  const [low, high] = isExact ? [executor.exactLow, executor.exactHigh] : [executor.low, executor.high];
  const fairness: Fairness = { able: 0, makers: 0, grantable: 0, granted: 0 };
  const steps: number[] = [];
  const least = from ?? 0;
  while (executor.steps > least) {
    steps.push(backOver(executor, fairness));
    const isSame = isExact
      ? executor.exactLow === low && executor.exactHigh === high
      : executor.low === low && executor.high === high;
    if (!isSame || (from !== undefined && executor.steps !== from) || (fairness.able & ~fairness.makers) !== 0) continue;
    const start = executor.steps;
    // Who could take a lock is asked only here: it takes a step of everybody at every state.
    const seen = { ...fairness, grantable: 0 };
    forwardOver(executor, steps, seen);
    if (isFair(seen)) return { start, length: end - start };
    while (executor.steps > start) executor.back();
  }
  forwardOver(executor, steps, null);
  return null;
}

/** Is the round that the last `length` steps make fair, whether or not its states are the same? The executor is left as it was. */
export function isFairRound(executor: Executor, length: number): boolean {
  const fairness: Fairness = { able: 0, makers: 0, grantable: 0, granted: 0 };
  const steps: number[] = [];
  for (let i = 0; i < length; i++) steps.push(backOver(executor, fairness));
  const free = (fairness.able & ~fairness.makers) === 0;
  forwardOver(executor, steps, free ? fairness : null);
  return free && isFair(fairness);
}
