/**
 * Where the actors of a schedule stop, as the functions of the model that they are in; and where else each of them may stop with the
 * same result. Whoever takes a schedule somewhere else, to a kernel, finds out there which of these places there are.
 */
import { UsageError } from '../../../input/usageError.ts';
import { Frames } from '../../../steps/frames.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import type { Task } from '../../../sync/task.ts';
import { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { pointName } from './namedSchedule.ts';
import { outcomeOf, type Run, runsOf, scheduleOf } from './run.ts';
import { placesIn } from './source.ts';

/** A place that an actor comes to. */
export interface Stop {
  /** `done` when it has nothing more to do. */
  readonly point: string;
  /** The functions it is in, the innermost first: `src/sync/spinlock.ts:40 (lock)`. */
  readonly calls: readonly string[];
  /** Number of the operation that it is in. */
  readonly operation: number;
  /** Locks it holds then, outermost first. */
  readonly holds: readonly string[];
  /** The schedule does the same if the actor stops here: it breaks the same rule. Stops that are far from that of the schedule are not asked about. */
  readonly isSame: boolean;
}

/** Steps that one actor makes in a row, and what it would come to if it went on. */
export interface StretchStops {
  readonly actor: string;
  readonly stops: readonly Stop[];
  /** How many of them belong to the stretch. The others are the first ones of its next, as they are when nobody comes between. */
  readonly length: number;
}

export interface Stops {
  readonly scenario: string;
  readonly stretches: readonly StretchStops[];
  /** The rule that breaks; null for a schedule that is well. */
  readonly failure: Failure | null;
}

/** What is around the model. */
const AROUND = /^(workers|node_modules|src\/(arena|steps|engines|cli|userModules|programs|scenarios|library))\b/;

const MOST_FRAMES = 100;

/** Steps before and after a stop that are asked about. */
const MOST_AWAY = 20;

/** Remembers from where it was told last. */
class WatchedFrames extends Frames {
  stack = '';

  override note(depth: number, site: number, live: readonly unknown[]): void {
    super.note(depth, site, live);
    this.stack = new Error('here').stack ?? '';
  }
}

/** The stretches with the end of number `i` at its `steps`-th step; its actor has so many more, or fewer, in its next one. */
function movedTo(runs: readonly Run[], i: number, steps: number): Run[] {
  const { actor, steps: before } = runs[i] as Run;
  const next = runs.findIndex((run, k) => k > i && run.actor === actor);
  return runs.map((run, k) => {
    if (k === i) return { actor, steps };
    return k === next ? { actor, steps: Math.max(0, run.steps + before - steps) } : run;
  });
}

/**
 * The same failure with fewer stretches, as far as leaving one out does it: its steps are made in the next one of its actor, or those of
 * that one in it.
 */
function fewest(executor: Executor, given: readonly Run[], rule: string): readonly Run[] {
  let runs = given;
  for (let i = 0; i < runs.length - 1; ) {
    const { actor, steps } = runs[i] as Run;
    const next = runs.find((run, k) => k > i && run.actor === actor)?.steps ?? 0;
    const fewer = [0, steps + next]
      .map((moved) => movedTo(runs, i, moved).filter((run) => run.steps > 0))
      .filter((moved) => outcomeOf(executor, moved)?.rule === rule)
      .map(() => runsOf(scheduleOf(executor)))
      .find(({ length }) => length < runs.length);
    runs = fewer ?? runs;
    i = fewer === undefined ? i + 1 : 0;
  }
  return runs;
}

/** Leads one execution along a schedule, and lets an actor go on alone. */
class Walk {
  readonly #frames: WatchedFrames[] = [];
  readonly #executor: Executor;
  /** The rule that the last step broke. */
  rule: string | null = null;

  constructor({ scenario }: Executor) {
    const newFrames = (): Frames => {
      const frames = new WatchedFrames();
      this.#frames.push(frames);
      return frames;
    };
    this.#executor = new Executor(scenario, null, { recorded: false, newFrames });
  }

  /** After these stretches the actor comes to so many places at most. */
  stops(before: readonly Run[], actor: number, most: number, isSame: (steps: number) => boolean): Stop[] {
    const executor = this.#executor;
    const stops: Stop[] = [];
    executor.reset();
    for (const run of before) for (let i = 0; i < run.steps && executor.canRun(run.actor); i++) executor.step(run.actor);
    while (stops.length < most && executor.canRun(actor)) {
      const failure = executor.step(actor);
      this.rule = failure?.rule ?? null;
      if (failure !== null) break;
      const point = pointName(executor.at[actor] as number);
      const calls = point === 'done' ? [] : placesIn((this.#frames[actor] as WatchedFrames).stack, MOST_FRAMES, AROUND);
      const holds = heldLocks(executor.arena, (executor.tasks[actor] as Task).actor);
      stops.push({ point, calls, operation: executor.operation[actor] as number, holds, isSame: isSame(stops.length + 1) });
    }
    return stops;
  }
}

/** Steps of an actor that goes on alone. */
const MOST_ALONE = 5_000;

/** What an actor comes to when it goes on alone after a schedule, until it is done or waits. */
export interface Way {
  readonly stops: readonly Stop[];
  /** The rule that breaks in the schedule, or at its next step, so that nobody goes on. */
  readonly rule: string | null;
}

/** @throws UsageError for an actor that there is none of. */
export function wayOf(executor: Executor, schedule: readonly number[], name: string): Way {
  const actor = Array.from({ length: executor.count }, (_, i) => executor.nameOf(i)).indexOf(name);
  if (actor < 0) throw new UsageError(`${executor.scenario.name} has no actor ${name}`);
  executor.reset();
  for (const next of schedule) {
    const failure = executor.step(next);
    if (failure !== null) return { stops: [], rule: failure.rule };
  }
  const walk = new Walk(executor);
  const stops = underLongStacks(() => walk.stops(runsOf(schedule), actor, MOST_ALONE, () => false));
  return { stops, rule: walk.rule };
}

/** Calls are told from the stack of an error. */
function underLongStacks<T>(run: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = MOST_FRAMES;
  try {
    return run();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/** The stops of a schedule, which is run on to its end, without the stretches that make no difference to its failure. */
export function stopsOf(executor: Executor, schedule: readonly number[]): Stops {
  const failure = outcomeOf(executor, runsOf(schedule));
  const followed = runsOf(scheduleOf(executor));
  const runs = failure === null ? followed : fewest(executor, followed, failure.rule);
  return underLongStacks(() => {
    const walk = new Walk(executor);
    const stretches = runs.map(({ actor, steps }, i) => {
      const next = runs.find((run, k) => k > i && run.actor === actor)?.steps ?? 0;
      const isSame = (moved: number): boolean =>
        moved === steps ||
        (failure !== null &&
          i < runs.length - 1 &&
          Math.abs(moved - steps) <= MOST_AWAY &&
          outcomeOf(executor, movedTo(runs, i, moved))?.rule === failure.rule);
      return {
        actor: executor.nameOf(actor),
        stops: walk.stops(runs.slice(0, i), actor, steps + Math.min(next, MOST_AWAY), isSame),
        length: steps,
      };
    });
    return { scenario: executor.scenario.name, stretches, failure };
  });
}
