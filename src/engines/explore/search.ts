/**
 * Depth-first search with state matching. Each path is run from the beginning again, and ends where it reaches a state that
 * was reached before with no fewer preemptions to spare. Complete when no choice was left out: then a clean search is a proof
 * for this scenario, up to the chance of two states with the same 53-bit hash (below 1e-4 for a million states).
 */
import type { Executor, Failure } from './execution.ts';
import { PATIENCE } from './run.ts';
import { includes } from './scheduler.ts';
import { StateHash } from './stateHash.ts';

export interface SearchResult {
  readonly failure: Failure | null;
  /** Schedule of the failure. */
  readonly schedule: Uint8Array;
  readonly executions: number;
  readonly states: number;
  /** Every interleaving within the bound was covered. */
  readonly complete: boolean;
  /** Choices left out because they would have cost a preemption too many. */
  readonly cut: number;
}

export interface SearchOptions {
  /** Most preemptions of a schedule; Infinity for all interleavings. */
  readonly preemptions: number;
  /** Give up when this says so; asked once an execution. */
  readonly enough: (executions: number, states: number) => boolean;
}

/** One step of the path under way: the actors that could run, the one taken, those not tried yet. */
interface Branch {
  readonly untried: number[];
  taken: number;
  readonly preemptions: number;
  readonly current: number;
}

export function search(executor: Executor, { preemptions: bound, enough }: SearchOptions): SearchResult {
  const hash = new StateHash(executor.arena, executor.count);
  const visited = new Map<number, number>();
  const path: Branch[] = [];
  const runnable = new Uint8Array(executor.count);
  const unbounded = bound === Number.POSITIVE_INFINITY;
  let executions = 0;
  let cut = 0;

  /** Preemptions spent by taking `next` after `current`. */
  const cost = (current: number, next: number, count: number): number =>
    current !== -1 && next !== current && includes(runnable, count, current) ? 1 : 0;

  /** The choices at a new state, the free one first; null when the state needs no second visit. */
  const open = (current: number, spent: number, count: number, tired: boolean): Branch | null => {
    const key = hash.key(executor, unbounded ? -1 : current);
    const before = visited.get(key);
    if (before !== undefined && before <= spent) return null;
    visited.set(key, unbounded ? 0 : spent);
    const untried: number[] = [];
    for (let i = count - 1; i >= 0; i--) {
      const actor = runnable[i] as number;
      if (actor === current) continue;
      if (tired || spent + cost(current, actor, count) <= bound) untried.push(actor);
      else cut++;
    }
    if (!tired && includes(runnable, count, current)) untried.push(current);
    const taken = untried.pop();
    // Whoever is made to give way has not been preempted: the switch is free.
    return taken === undefined ? null : { untried, taken, preemptions: spent, current: tired ? -1 : current };
  };

  const step = (actor: number): Failure | null => {
    hash.actor = actor;
    const failure = executor.step(actor);
    // At the beginning of an operation, or done: nothing is remembered.
    if (executor.atStart[actor] !== 0) {
      executor.atStart[actor] = 0;
      hash.forget(actor);
    }
    return failure;
  };

  /** Runs along the path and on from its end. */
  const follow = (): Failure | null => {
    executor.reset();
    hash.reset();
    let current = -1;
    let spent = 0;
    let alone = 0;
    for (let depth = 0; ; depth++) {
      const count = executor.runnable(runnable);
      if (count === 0) return executor.conclude();
      const known = path[depth];
      const branch = known ?? open(current, spent, count, alone > PATIENCE && count > 1);
      if (branch === null) return null;
      if (known === undefined) path.push(branch);
      spent = branch.preemptions + cost(branch.current, branch.taken, count);
      const failure = step(branch.taken);
      if (failure !== null) return failure;
      alone = branch.taken === current ? alone + 1 : 0;
      current = branch.taken;
    }
  };

  const done = (failure: Failure | null, complete: boolean): SearchResult => ({
    failure,
    schedule: executor.schedule.slice(0, executor.steps),
    executions,
    states: visited.size,
    complete,
    cut,
  });

  hash.attach();
  try {
    do {
      executions++;
      const failure = follow();
      if (failure !== null) return done(failure, false);
      while (path.length > 0 && (path.at(-1) as Branch).untried.length === 0) path.pop();
      const last = path.at(-1);
      if (last === undefined) return done(null, true);
      last.taken = last.untried.pop() as number;
    } while (!enough(executions, visited.size));
    return done(null, false);
  } finally {
    hash.detach();
  }
}
