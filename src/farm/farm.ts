/**
 * The farm as the one sees it who hands out jobs: a queue with the jobs, which stay there until they are cancelled, and one with the
 * tasks of all jobs of this model.
 */
import type { Job as QueueJob } from 'bullmq';
import { UsageError } from '../input/usageError.ts';
import { type MergedReport, mergeReports } from '../library/mergeReports.ts';
import { version } from '../package/version.ts';
import { type Connected, connected, type Server } from './server.ts';
import { codeHash, type Job, type Task, taskId, tasksOf } from './task.ts';

/** Name of the queue with the jobs. */
export const JOBS = 'hmm-lab-jobs';

/** Name of the queue with the tasks of a model: a worker that has another one never sees them. */
export const tasksQueue = (job: Pick<Job, 'version' | 'model'> = { version, model: codeHash() }): string =>
  `hmm-lab-tasks-${job.version}-${job.model}`;

/** How often a task may end its thread, or the whole worker, before it is set aside. */
export const ATTEMPTS = 3;

/** Results are kept for so long, in seconds. */
const KEPT = 14 * 24 * 3600;

/** Tasks that are added at a time. */
const BATCH = 500;

/** Why a task has no result that nobody wants any more: its job was cancelled, or a rule breaks in an earlier part. */
export const NOT_NEEDED = 'not needed any more';

export interface SetAside {
  readonly part: number;
  readonly reason: string;
}

export interface JobStatus {
  readonly job: Job;
  readonly parts: number;
  readonly done: number;
  readonly running: number;
  readonly waiting: number;
  /** Tasks that were given up, by part. */
  readonly setAside: readonly SetAside[];
  /** Done more than once: a worker went away after it had begun. */
  readonly again: number;
  /** The first part in which a rule broke; null if none did, or if nobody asked. */
  readonly failedAt: number | null;
}

/** What the call of a task has left. */
export interface TaskResult {
  /** The report, as text. */
  readonly report: string;
  readonly verdict: string;
}

const isDone = (state: string): boolean => state === 'completed';

export class Farm {
  readonly #connected: Connected;
  readonly #jobs;
  readonly #tasks = new Map<string, ReturnType<Connected['queue']>>();

  private constructor(all: Connected) {
    this.#connected = all;
    this.#jobs = all.queue(JOBS);
    this.#jobs.on('error', () => {});
  }

  static async at(server: Server): Promise<Farm> {
    return new Farm(await connected(server, { patient: false }));
  }

  #tasksOf(job: Job): ReturnType<Connected['queue']> {
    const name = tasksQueue(job);
    let queue = this.#tasks.get(name);
    if (queue === undefined) {
      queue = this.#connected.queue(name);
      queue.on('error', () => {});
      this.#tasks.set(name, queue);
    }
    return queue;
  }

  /** Hands out a job. One that is there already is not handed out again, and its tasks that are done are not done again. */
  async submit(job: Job): Promise<{ readonly isNew: boolean }> {
    const isNew = (await this.#jobs.getJob(job.id)) === undefined;
    const kept = { removeOnComplete: { age: KEPT }, removeOnFail: { age: KEPT } };
    await this.#jobs.add(job.command, job, { jobId: job.id });
    const tasks = tasksOf(job);
    for (let at = 0; at < tasks.length; at += BATCH) {
      const some = tasks.slice(at, at + BATCH);
      await this.#tasksOf(job).addBulk(
        some.map((task) => ({ name: job.command, data: task, opts: { jobId: taskId(task), attempts: ATTEMPTS, ...kept } })),
      );
    }
    // Tasks that were given up, or stopped when the job was cancelled, have another chance.
    for (const { state, task } of (await this.#states(job)).values()) if (state === 'failed') await task.retry('failed');
    return { isNew };
  }

  /** The jobs that were handed out, the oldest first. */
  async jobs(): Promise<Job[]> {
    const found = await this.#jobs.getJobs(['waiting', 'prioritized'], 0, -1, true);
    return found.map(({ data }) => data as Job);
  }

  /** @throws UsageError for one that is not there. */
  async job(id: string): Promise<Job> {
    const found = await this.#jobs.getJob(id);
    if (found === undefined) throw new UsageError(`there is no job '${id}', hmm-lab farm status lists them`);
    return found.data as Job;
  }

  async #states(job: Job): Promise<ReadonlyMap<number, { readonly state: string; readonly task: QueueJob }>> {
    const queue = this.#tasksOf(job);
    const found = new Map<number, { state: string; task: QueueJob }>();
    for (const state of ['completed', 'failed', 'active', 'waiting', 'delayed', 'prioritized'] as const)
      for (const task of await queue.getJobs([state], 0, -1)) {
        const { job: of, shard } = task.data as Task;
        // It may have gone on to the next state meanwhile, and is counted there.
        if (of.id === job.id) found.set(shard[0], { state, task });
      }
    return found;
  }

  async status(job: Job): Promise<JobStatus> {
    const states = [...(await this.#states(job)).entries()];
    const number = (...names: readonly string[]): number => states.filter(([, { state }]) => names.includes(state)).length;
    const setAside = states
      .filter(([, { state }]) => state === 'failed')
      .map(([part, { task }]) => ({ part, reason: task.failedReason }))
      .filter(({ reason }) => reason !== NOT_NEEDED)
      .sort((a, b) => a.part - b.part);
    const broken = states
      .filter(([, { state, task }]) => isDone(state) && (task.returnvalue as TaskResult).verdict === 'violation')
      .map(([part]) => part);
    return {
      job,
      parts: job.parts,
      done: number('completed'),
      running: number('active'),
      waiting: number('waiting', 'delayed', 'prioritized'),
      setAside,
      again: states.filter(([, { state, task }]) => isDone(state) && task.attemptsStarted > 1).length,
      failedAt: job.firstFailure && broken.length > 0 ? Math.min(...broken) : null,
    };
  }

  /** Machines and threads that are at work on tasks of this model. */
  async workers(): Promise<number> {
    return await this.#tasksOf({ version, model: codeHash() } as Job).getWorkersCount();
  }

  /** Metrics of the tasks of this model, in the format of Prometheus. */
  async metrics(): Promise<string> {
    return await this.#tasksOf({ version, model: codeHash() } as Job).exportPrometheusMetrics();
  }

  /**
   * The report of the whole. Where the first failure decides: that of the first part in which a rule breaks, once all before it are done.
   *
   * @throws UsageError while it is not there.
   */
  async result(job: Job): Promise<MergedReport> {
    const states = await this.#states(job);
    const reports: MergedReport[] = [];
    for (let part = 1; part <= job.parts; part++) {
      const found = states.get(part);
      if (found === undefined || !isDone(found.state)) {
        if (found?.state === 'failed')
          throw new UsageError(`job '${job.id}' has no result: part ${part} was set aside: ${found.task.failedReason}`);
        throw new UsageError(`job '${job.id}' is not done: part ${part} of ${job.parts} is not there yet`);
      }
      const { report, verdict } = found.task.returnvalue as TaskResult;
      const parsed = JSON.parse(report) as MergedReport;
      if (job.firstFailure && verdict === 'violation') return parsed;
      reports.push(parsed);
    }
    return await mergeReports({ parts: reports });
  }

  /** Takes a job away. What is under way is stopped by who does it. Results of its tasks stay until they are too old. */
  async cancel(job: Job): Promise<void> {
    await (await this.#jobs.getJob(job.id))?.remove();
    for (const { state, task } of (await this.#states(job)).values())
      if (state !== 'completed' && state !== 'active') await task.remove().catch(() => {});
  }

  async close(): Promise<void> {
    await Promise.all([this.#jobs, ...this.#tasks.values()].map((queue) => queue.close()));
  }
}
