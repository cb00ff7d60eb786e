/** Explores in several threads. The result is the one that a single thread has, for a seed and a budget of schedules. */
import { Piscina } from 'piscina';
import { workerUrl } from '../workerUrl.ts';
import { scenarioNamed } from './catalogue.ts';
import { Control, LANES, type Standing } from './control.ts';
import { Exploration } from './exploration.ts';
import { checkStrategy, type ExploreOptions, type ExploreResult, executorOf, resultOf } from './explore.ts';
import type { Task, TaskResult } from './tasks.ts';

/** What a thread needs to run a task. */
export interface Job {
  readonly scenario: string;
  readonly settings: ExploreOptions['settings'];
  /** Null: wait until all threads have started. */
  readonly task: Task | null;
  readonly index: number;
  readonly lane: number;
  readonly threads: number;
  readonly control: Control['words'];
}

export interface ExploreProgress extends Standing {
  readonly elapsedSeconds: number;
  /** What is done at the moment. */
  readonly doing: string;
}

export interface ParallelHooks {
  /** Called about ten times a second. */
  readonly onProgress?: (progress: ExploreProgress) => void;
  readonly signal?: AbortSignal;
}

const PROGRESS_MS = 100;

/** Time a thread has to start, in milliseconds. */
export const START_MS = 10_000;

type Subject = Pick<Job, 'scenario' | 'settings' | 'threads' | 'control'>;

const doing = (tasks: readonly Task[]): string => {
  const [first] = tasks;
  if (first?.kind === 'determinism') return 'checking that schedules repeat';
  if (first?.kind === 'sample') return 'sampling';
  if (first !== undefined && first.preemptions < Number.POSITIVE_INFINITY) return 'searching with few preemptions';
  return tasks.length > 1 ? 'searching all interleavings, and sampling' : 'searching all interleavings';
};

/** Runs the tasks of a stage, `workers` at a time and begun in order. Results up to the first that settles the matter. */
async function runStage(
  pool: Piscina<Job, TaskResult | null>,
  subject: Subject,
  tasks: readonly Task[],
  exploration: Exploration,
  control: Control,
): Promise<(TaskResult | undefined)[]> {
  const results: (TaskResult | undefined)[] = [];
  let settled = tasks.length;
  let next = 0;
  control.beginStage();
  const lane = async (number: number): Promise<void> => {
    while (next < settled && !control.isStopped && Date.now() < (tasks[next] as Task).until) {
      const index = next++;
      const task = tasks[index] as Task;
      const result = (await pool.run({ ...subject, task, index, lane: number })) as TaskResult;
      control.clear(number);
      results[index] = result;
      if (!exploration.settles(task, result)) continue;
      settled = Math.min(settled, index + 1);
      control.settle(index);
    }
  };
  await Promise.all(Array.from({ length: pool.options.maxThreads }, (_, number) => lane(number)));
  // A stop leaves gaps, and what there is counts.
  if (control.isStopped) return results;
  const gap = Array.from({ length: settled }, (_, i) => results[i]).indexOf(undefined);
  return results.slice(0, gap === -1 ? settled : gap);
}

/**
 * Explores a scenario of the catalogue in `workers` threads.
 *
 * @throws RangeError for an unknown scenario or strategy, or for more threads than there are lanes.
 */
export async function exploreParallel(
  scenario: string,
  options: ExploreOptions,
  workers: number,
  { onProgress, signal }: ParallelHooks = {},
): Promise<ExploreResult> {
  checkStrategy(options.strategy);
  if (workers < 1 || workers > LANES) throw new RangeError(`1 to ${LANES} workers are possible, not ${workers}`);
  const executor = executorOf(scenarioNamed(scenario, options.settings));
  const control = new Control();
  const subject: Subject = { scenario, settings: options.settings, threads: workers, control: control.words };
  const pool = new Piscina<Job, TaskResult | null>({
    filename: workerUrl('explore').href,
    minThreads: workers,
    maxThreads: workers,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
  });
  await using _ = { [Symbol.asyncDispose]: () => pool.destroy() };
  pool.on('error', () => {});
  const began = Date.now();
  const exploration = new Exploration(options, began);
  let stage = 'starting';
  const timer = setInterval(() => {
    const now = control.standing();
    onProgress?.({
      elapsedSeconds: (Date.now() - began) / 1000,
      doing: stage,
      executions: exploration.executions + now.executions,
      states: Math.max(exploration.states, now.states),
      guesses: now.guesses,
      orders: Math.max(exploration.orders, now.orders),
    });
  }, PROGRESS_MS);
  const stop = (): void => control.stop();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  try {
    // All of them, also if there is less to do: ending a thread in the middle of its start can bring the whole process down.
    await Promise.all(Array.from({ length: workers }, (_, lane) => pool.run({ ...subject, task: null, index: 0, lane })));
    for (let tasks = exploration.next(Date.now()); tasks.length > 0; tasks = exploration.next(Date.now())) {
      stage = doing(tasks);
      exploration.take(tasks, await runStage(pool, subject, tasks, exploration, control));
      if (control.isStopped) break;
    }
  } finally {
    clearInterval(timer);
    signal?.removeEventListener('abort', stop);
  }
  const seconds = (Date.now() - began) / 1000;
  return resultOf(executor, exploration, options, { seconds, workers, interrupted: control.isStopped });
}
