/**
 * A worker of the farm: takes tasks, and has each done in a thread. This thread holds the queue and does nothing else, so that the locks
 * of the tasks are renewed however long they take.
 */

import { hostname } from 'node:os';
import type { Queue, Job as QueueJob } from 'bullmq';
import { sleep } from '../engines/shared/sleep.ts';
import { isUsageError } from '../input/usageError.ts';
import { Away } from './away.ts';
import { checkers } from './check.ts';
import { tell } from './history.ts';
import { Late } from './late.ts';
import { sentence } from './lookAt.ts';
import { ATTEMPTS, JOBS, NOT_NEEDED, tasksQueue } from './queues.ts';
import { connected, loadBullmq, type Server } from './server.ts';
import { type Allowed, refusal, type Task, type TaskResult } from './task.ts';
import { TaskThreads } from './threads.ts';
import { Wanted } from './wanted.ts';

/** How long a task stays with a worker that is not heard of. */
const LOCK_MS = 30_000;
/** Seconds that a worker waits for a task at a time: less than a server may be silent (server.ts). */
const DRAIN_SECONDS = 5;
/** A result that the server did not take as it was away is brought again so soon, while the task is still this worker's. */
const RETRY_MS = 2000;
/** Time for a worker that leaves to hand back its tasks and to close, after which it is asked whether the server is away. */
const LEAVING_MS = 2000;

export interface WorkHooks {
  /** A sentence about what has happened. */
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

export interface WorkOptions extends Allowed {
  readonly server: Server;
  readonly threads: number;
  /** Stop when the queue is empty, and do not wait for more. */
  readonly untilEmpty: boolean;
  /** For tests: see LOCK_MS. */
  readonly lockMs?: number;
  /** For benchmarks: what the threads run instead of the tasks. */
  readonly threadFile?: string;
}

/** What a worker has done. */
export interface Worked {
  readonly done: number;
  readonly refused: number;
  readonly failed: number;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** Waits until nobody has anything left to do. */
async function emptied(queue: Queue, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const left = await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized').catch(() => 1);
    if (left === 0) return;
    await sleep(200);
  }
}

/** Works until the signal, or until there is nothing more to do. Tasks under way are stopped then, and handed back. */
export async function work(options: WorkOptions, { say, signal }: WorkHooks): Promise<Worked> {
  const { WaitingError, UnrecoverableError } = await loadBullmq();
  const { server, threads, untilEmpty, lockMs = LOCK_MS } = options;
  const [all, check] = await Promise.all([connected(server, { patient: true }), checkers()]);
  const jobs = all.queue(JOBS);
  const queue = all.queue(tasksQueue());
  const wanted = new Wanted(jobs, queue);
  const late = new Late(jobs, queue);
  const away = new Away(server, say);
  const counts = { done: 0, refused: 0, failed: 0 };
  await using tasks = new TaskThreads(threads, options.threadFile);

  const taskOf = (job: QueueJob): Task => {
    const task = check.task(job.data);
    const why = refusal(task, options);
    if (why === null) return task;
    throw new UnrecoverableError(why);
  };

  const handBack = async (job: QueueJob, token: string | undefined): Promise<never> => {
    await job.moveToWait(token);
    throw new WaitingError();
  };

  const process = async (job: QueueJob, token?: string): Promise<TaskResult> => {
    if (tasks.isStopped) return handBack(job, token);
    try {
      const task = taskOf(job);
      if (job.attemptsStarted > 1) tell(jobs, 'again', task).catch(away.hear);
      const result = (await wanted.has(task)) ? await tasks.run(task, () => wanted.has(task)) : null;
      if (result === null && tasks.isStopped) return handBack(job, token);
      if (result === null) throw new UnrecoverableError(NOT_NEEDED);
      if (result.verdict === 'violation' && task.job.firstFailure) await wanted.endWith(task);
      late.finishes(job, task);
      return result;
    } catch (error) {
      // What is wrong with the task is wrong for every worker.
      if (isUsageError(error)) throw new UnrecoverableError(error.message);
      throw error;
    }
  };

  const worker = all.worker(tasksQueue(), process, {
    concurrency: threads,
    lockDuration: lockMs,
    stalledInterval: lockMs,
    maxStalledCount: ATTEMPTS - 1,
    drainDelay: DRAIN_SECONDS,
    runRetryDelay: RETRY_MS,
    name: `${hostname()}:${globalThis.process.pid}`,
    autorun: false,
  });
  for (const one of [queue, jobs]) one.on('error', away.hear);
  worker.on('error', (error) => void late.hear(error).then((isLate) => isLate || away.hear(error), away.hear));
  worker.on('completed', (job) => {
    counts.done++;
    late.finished(job);
    say(`done: ${job.id}`);
  });
  worker.on('failed', (job, error) => {
    const isLast = error.name === 'UnrecoverableError' || (job?.attemptsMade ?? 0) >= ATTEMPTS;
    if (error.name === 'UnrecoverableError') counts.refused++;
    else counts.failed++;
    say(`${isLast ? 'set aside' : 'to be tried again'}: ${job?.id ?? 'a task'}: ${error.message}`);
  });
  const left = new AbortController();
  void away.ask(jobs, left.signal);
  // What the queue makes of a server at the start it does not make again: a worker that cannot begin ends, and is started again.
  await Promise.race([worker.waitUntilReady(), aborted(signal)]).catch((error) => {
    throw sentence(error, server);
  });
  const running = worker.run();
  await Promise.race([aborted(signal), ...(untilEmpty ? [emptied(queue, signal)] : [])]);
  if (signal.aborted) tasks.stop();
  let isClosed = false;
  const closing = async (): Promise<void> => {
    await worker.close();
    await Promise.all([running.catch(() => {}), queue.close(), jobs.close()]);
    isClosed = true;
  };
  // Connections to a server that is away do not close. What is not handed back is handed out again once its lock is too old.
  const givesUp = async (): Promise<void> => {
    do await sleep(LEAVING_MS);
    while (!isClosed && !away.isNow);
  };
  await Promise.race([closing(), givesUp()]);
  left.abort();
  return counts;
}
