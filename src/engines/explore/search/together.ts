/** One search in several threads: what each of them does. See crew.ts for what they share. */
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { Crew, type CrewMemory, End, type Learnt, type Work } from './crew.ts';
import { type Counts, DepthFirst, type SavedPath } from './depthFirst.ts';
import type { SearchOptions } from './options.ts';
import { type SavedUnfinished, Unfinished } from './unfinished.ts';

/** What a thread begins with. */
export interface Share extends Learnt {
  readonly memory: CrewMemory;
  readonly lane: number;
  /** It begins the search. */
  readonly begins: boolean;
  /** What was interrupted and is to be gone on with, one after the other. */
  readonly tasks: readonly SavedTask[];
  /** Of an interrupted search: see unfinished.ts. */
  readonly left: Int32Array;
}

/** A path that was interrupted, or work that was given and not begun with. */
export type SavedTask = { readonly path: SavedPath; readonly unfinished: SavedUnfinished } | { readonly work: Work };

/** Where a thread is in its part of a search. */
export interface SavedShare {
  readonly tasks: readonly SavedTask[];
  readonly left: Int32Array;
  readonly counts: Counts;
  /** Covers of the scenario that were reached, by their places in its list. */
  readonly reached: readonly number[];
  /** It goes no further. */
  readonly isLast: boolean;
}

/** What one thread has come to. */
export interface ShareResult extends Counts, Learnt {
  /** See {@link End}. */
  readonly end: number;
  readonly failure: Failure | null;
  readonly schedule: readonly number[];
  /** States that are not finished: see unfinished.ts. */
  readonly left: Int32Array;
  /** Actors that were not told apart from each other. */
  readonly interchangeable: number;
  /** No order of steps was left out because another one comes to the same. */
  readonly allOrders: boolean;
  readonly reached: readonly number[];
}

/** The executor is told what has been learnt. */
export function learn(executor: Executor, { promoted, broken }: Learnt): void {
  executor.promote(promoted);
  if (broken !== null) executor.symmetry?.tellsApart(broken);
}

/** Does the executor know more than what all are to know? */
function isOdd(executor: Executor, learnt: Learnt): boolean {
  learn(executor, learnt);
  const { promoted, broken } = learnt;
  return executor.promoted.length > promoted.length || (executor.symmetry?.broken ?? null) !== broken;
}

interface Options extends Pick<SearchOptions, 'preemptions' | 'symmetry' | 'quietFirst' | 'orders'> {
  /** As that of a search, of this thread; `all` are the executions of all threads. */
  readonly enough: (executions: number, states: number, share: readonly [low: number, high: number], all: number) => boolean;
}

/**
 * Searches together with the other threads, until one of them finds a failure, it is enough, or everything was looked at. `onSave` is
 * given where this thread is, whenever a checkpoint is asked for, and when it is enough.
 */
export function searchTogether(
  executor: Executor,
  { preemptions, symmetry = true, quietFirst = true, orders = true, enough: isEnough }: Options,
  share: Share,
  onSave: (saved: SavedShare) => void,
): ShareResult {
  const crew = new Crew(share.memory, share.lane);
  const odd = isOdd(executor, share);
  const twins = symmetry && executor.symmetry?.broken === null ? executor.symmetry : null;
  if (twins === null) executor.reset();
  else executor.watchTwins(twins);
  const spent = { executions: 0, transitions: 0 };
  const unfinished = new Unfinished(crew);
  const enough: SearchOptions['enough'] = (executions, states, guess) => {
    crew.tell(executions);
    return isEnough(executions, states, guess, crew.executions);
  };
  const one = new DepthFirst(executor, preemptions, twins, { quietFirst, orders, enough }, spent, { crew, unfinished });
  let hasPath = share.begins;
  const tasks = [...share.tasks];
  const save = (isLast: boolean): void => {
    const path = hasPath ? [{ path: one.save(), unfinished: unfinished.save() }] : [];
    const { reached } = executor.coverage;
    crew.tell(spent.executions);
    onSave({ tasks: [...path, ...tasks], left: unfinished.left, counts: one.counts, reached, isLast });
  };
  let failure: Failure | null = null;
  try {
    if (odd) crew.finish(End.outdated);
    else {
      // Nobody else uses the table before there is work.
      const failed = share.begins ? one.begin() : null;
      unfinished.takeOver(share.left);
      if (failed !== null) {
        // It is no place to go on from.
        failure = failed;
        crew.finish(End.failed);
      } else if (one.isOutdated) {
        // Nor is this: what was learnt at the beginning would be missing there.
        crew.finish(End.outdated);
      } else {
        crew.onSave = () => save(false);
        crew.enter();
        failure = goOn();
        if (crew.end === End.enough) save(true);
        crew.leave();
      }
    }
    crew.tell(spent.executions);
    return {
      ...one.counts,
      end: crew.end,
      failure,
      schedule: failure === null ? [] : [...executor.schedule.subarray(0, executor.steps)],
      left: unfinished.left,
      promoted: executor.promoted,
      broken: executor.symmetry?.broken ?? null,
      interchangeable: twins?.size ?? 0,
      allOrders: one.allOrders,
      reached: executor.coverage.reached,
    };
  } finally {
    executor.forgetTwins();
  }

  /** Does what there is to do, and then what others give away. */
  function goOn(): Failure | null {
    let done = hasPath ? ended(one.walkOn()) : undefined;
    while (done === undefined) {
      if (tasks.length === 0) {
        const work = crew.take();
        if (work === null) return null;
        tasks.push({ work });
        crew.enter();
      }
      const failed = begin(tasks[0] as SavedTask);
      tasks.shift();
      hasPath = true;
      done = ended(one.walkOn(failed));
    }
    return done;
  }

  function begin(task: SavedTask): Failure | null {
    if ('work' in task) {
      one.take(task.work);
      return null;
    }
    const failed = one.restore(task.path);
    unfinished.restore(task.unfinished);
    return failed;
  }

  /** Says to all how a walk has ended. Undefined if there may be more work. */
  function ended({ how, failure }: ReturnType<DepthFirst['walkOn']>): Failure | null | undefined {
    if (how === 'failed') crew.finish(End.failed);
    if (how === 'outdated') crew.finish(End.outdated);
    if (how === 'enough') crew.finish(End.enough);
    if (how !== 'through') return failure;
    hasPath = false;
    if (tasks.length === 0) crew.rest();
    return undefined;
  }
}
