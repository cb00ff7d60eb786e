/**
 * A worker of the farm: takes tasks, and has each done in a thread. This thread holds the queue and does nothing else, so that the locks
 * of the tasks are renewed however long they take.
 */

import { hostname } from 'node:os';
import type { Queue, Job as QueueJob } from 'bullmq';
import { sleep } from '../engines/shared/sleep.ts';
import { isUsageError } from '../input/usageError.ts';
import { ATTEMPTS, JOBS, NOT_NEEDED, type TaskResult, tasksQueue } from './farm.ts';
import { connected, loadBullmq, type Server, shownServer } from './server.ts';
import { type Allowed, refusal, type Task, taskChecker } from './task.ts';
import { TaskThreads } from './threads.ts';
import { Wanted } from './wanted.ts';

/** How long a task stays with a worker that is not heard of. */
const LOCK_MS = 30_000;
/** A server of which there was an error so short a time ago is away: it is tried again at least as often (server.ts). */
const AWAY_MS = 6000;
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
}

/** What a worker has done. */
export interface Worked {
  readonly done: number;
  readonly refused: number;
  readonly failed: number;
}

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
  const [all, check] = await Promise.all([connected(server, { patient: true }), taskChecker()]);
  const jobs = all.queue(JOBS);
  const queue = all.queue(tasksQueue());
  const wanted = new Wanted(jobs, queue);
  const counts = { done: 0, refused: 0, failed: 0 };
  await using tasks = new TaskThreads(threads);

  const taskOf = (job: QueueJob): Task => {
    const task = check(job.data);
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
      const result = (await wanted.has(task)) ? await tasks.run(task, () => wanted.has(task)) : null;
      if (result === null && tasks.isStopped) return handBack(job, token);
      if (result === null) throw new UnrecoverableError(NOT_NEEDED);
      if (result.verdict === 'violation' && task.job.firstFailure) await wanted.endWith(task);
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
    name: `${hostname()}:${globalThis.process.pid}`,
    autorun: false,
  });
  let awayAt = 0;
  let saidAt = 0;
  const away = (error: Error): void => {
    awayAt = Date.now();
    if (awayAt - saidAt < AWAY_MS) return;
    saidAt = awayAt;
    say(`waiting for ${shownServer(server)}: ${(error as NodeJS.ErrnoException).code ?? error.message}`);
  };
  worker.on('error', away);
  for (const one of [queue, jobs]) one.on('error', away);
  worker.on('completed', (job) => {
    counts.done++;
    say(`done: ${job.id}`);
  });
  worker.on('failed', (job, error) => {
    const isLast = error.name === 'UnrecoverableError' || (job?.attemptsMade ?? 0) >= ATTEMPTS;
    if (error.name === 'UnrecoverableError') counts.refused++;
    else counts.failed++;
    say(`${isLast ? 'set aside' : 'to be tried again'}: ${job?.id ?? 'a task'}: ${error.message}`);
  });
  const running = worker.run();
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
    if (untilEmpty) void emptied(queue, signal).then(resolve);
  });
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
    while (!isClosed && Date.now() - awayAt > AWAY_MS);
  };
  await Promise.race([closing(), givesUp()]);
  return counts;
}
