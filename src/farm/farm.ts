/** The farm as the one sees it who hands out jobs. */
import { sleep } from '../engines/shared/sleep.ts';
import { isUsageError, UsageError } from '../input/usageError.ts';
import { type MergedReport, mergeReports } from '../library/mergeReports.ts';
import { type Checkers, checkers } from './check.ts';
import { firstBroken, historyOf } from './history.ts';
import { sentence } from './lookAt.ts';
import { ATTEMPTS, each, JOBS, NOT_NEEDED, partId, partStates, partsThatAre, tasksQueue } from './queues.ts';
import { type Connected, connected, type Server } from './server.ts';
import { type Job, type TaskResult, taskId, tasksOf } from './task.ts';

/** Results are kept for so long, in seconds. */
const KEPT = 14 * 24 * 3600;

/** Tasks that are added at a time. */
const BATCH = 500;

/** A server that is away does not answer to a farewell either. */
const FAREWELL_MS = 500;

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
  /** Tasks that were begun more than once: a worker went away, or handed them back. */
  readonly begunAgain: number;
  /** Tasks that were done to the end more than once: a worker came with a result that another one had already, or was at. */
  readonly doneTwice: number;
  /** The first part in which a rule broke; null if none did, or if nobody asked. */
  readonly failedAt: number | null;
}

export class Farm {
  readonly #connected: Connected;
  readonly #check: Checkers;
  readonly #jobs;
  readonly #tasks = new Map<string, ReturnType<Connected['queue']>>();
  /** Why there is no connection: calls only say that there is none. */
  #why: unknown;

  private constructor(all: Connected, check: Checkers) {
    this.#connected = all;
    this.#check = check;
    this.#jobs = this.#queue(JOBS);
  }

  static async at(server: Server): Promise<Farm> {
    const [all, check] = await Promise.all([connected(server, { patient: false }), checkers()]);
    return new Farm(all, check);
  }

  /**
   * Uses a farm and leaves it.
   *
   * @throws UsageError, one sentence, when the server goes away, or never was there.
   */
  static async with<T>(server: Server, use: (farm: Farm) => Promise<T>): Promise<T> {
    const farm = await Farm.at(server);
    try {
      return await use(farm);
    } catch (error) {
      throw isUsageError(error) ? error : sentence(farm.#why ?? error, server);
    } finally {
      await Promise.race([farm.close().catch(() => {}), sleep(FAREWELL_MS)]);
    }
  }

  #queue(name: string): ReturnType<Connected['queue']> {
    const queue = this.#connected.queue(name);
    queue.on('error', (error) => {
      this.#why ??= error;
    });
    return queue;
  }

  #tasksOf(job?: Job): ReturnType<Connected['queue']> {
    const name = tasksQueue(job);
    const queue = this.#tasks.get(name) ?? this.#queue(name);
    this.#tasks.set(name, queue);
    return queue;
  }

  /** Hands out a job. One that is there already is not handed out again, and its tasks that are done are not done again. */
  async submit(job: Job): Promise<{ readonly isNew: boolean }> {
    const isNew = (await this.#jobs.getJob(job.id)) === undefined;
    const kept = { removeOnComplete: { age: KEPT }, removeOnFail: { age: KEPT } };
    await this.#jobs.add(job.command, this.#check.job(job), { jobId: job.id });
    const queue = this.#tasksOf(job);
    const tasks = tasksOf(job);
    for (let at = 0; at < tasks.length; at += BATCH)
      await queue.addBulk(
        tasks
          .slice(at, at + BATCH)
          .map((task) => ({ name: job.command, data: task, opts: { jobId: taskId(task), attempts: ATTEMPTS, ...kept } })),
      );
    // Tasks that were given up, or stopped when the job was cancelled, have another chance.
    const failed = partsThatAre(await partStates(queue, job), 'failed');
    await each(failed, async (part) => (await queue.getJob(partId(job, part)))?.retry('failed'));
    return { isNew };
  }

  /** The jobs that were handed out, the oldest first, and how much else there is in their queue. */
  async jobs(): Promise<{ readonly jobs: Job[]; readonly odd: number }> {
    const found = await this.#jobs.getJobs(['waiting', 'prioritized'], 0, -1, true);
    const jobs = found.map(({ data }) => data).filter((data): data is Job => this.#check.isJob(data));
    return { jobs, odd: found.length - jobs.length };
  }

  /** @throws UsageError for one that is not there. */
  async job(id: string): Promise<Job> {
    const found = await this.#jobs.getJob(id);
    if (found === undefined) throw new UsageError(`there is no job '${id}', hmm-lab farm status lists them`);
    return this.#check.job(found.data);
  }

  async status(job: Job): Promise<JobStatus> {
    const queue = this.#tasksOf(job);
    // In this order: that a rule breaks in a part is told before the part is done.
    const states = await partStates(queue, job);
    const history = await historyOf(this.#jobs, job);
    const failed = await each(
      partsThatAre(states, 'failed').sort((a, b) => a - b),
      async (part) => ({ part, reason: (await queue.getJob(partId(job, part)))?.failedReason ?? 'it has gone' }),
    );
    return {
      job,
      parts: job.parts,
      done: partsThatAre(states, 'done').length,
      running: partsThatAre(states, 'running').length,
      waiting: partsThatAre(states, 'waiting').length,
      setAside: failed.filter(({ reason }) => reason !== NOT_NEEDED),
      begunAgain: history.again.size,
      doneTwice: history.twice.size,
      failedAt: firstBroken(job, history),
    };
  }

  /** Machines and threads that are at work on tasks of this model. */
  async workers(): Promise<number> {
    return await this.#tasksOf().getWorkersCount();
  }

  /** Metrics of the tasks of this model, in the format of Prometheus. */
  async metrics(): Promise<string> {
    return await this.#tasksOf().exportPrometheusMetrics();
  }

  /** What came of a part. @throws UsageError while it is not there. */
  async #resultOf(job: Job, part: number): Promise<TaskResult> {
    const task = await this.#tasksOf(job).getJob(partId(job, part));
    if (task !== undefined && (task.returnvalue ?? null) !== null) return this.#check.result(task.returnvalue);
    throw new UsageError(
      (await task?.getState()) === 'failed'
        ? `job '${job.id}' has no result: part ${part} was set aside: ${task?.failedReason}`
        : `job '${job.id}' is not done: part ${part} of ${job.parts} is not there yet`,
    );
  }

  /**
   * The report of the whole. Where the first failure decides: that of the first part in which a rule breaks, once all before it are done.
   *
   * @throws UsageError while it is not there.
   */
  async result(job: Job): Promise<MergedReport> {
    const last = firstBroken(job, await historyOf(this.#jobs, job)) ?? job.parts;
    const parts = Array.from({ length: last }, (_, i) => i + 1);
    const results = await each(parts, (part) => this.#resultOf(job, part));
    const reports = results.map(({ report }) => JSON.parse(report) as MergedReport);
    const broken = job.firstFailure ? results.findIndex(({ verdict }) => verdict === 'violation') : -1;
    return broken >= 0 ? (reports[broken] as MergedReport) : await mergeReports({ parts: reports });
  }

  /** Takes a job away. What is under way is stopped by who does it. Results of its tasks stay until they are too old. */
  async cancel(job: Job): Promise<void> {
    await this.#jobs.remove(job.id);
    const queue = this.#tasksOf(job);
    const left = partsThatAre(await partStates(queue, job), 'waiting', 'failed');
    await each(left, (part) => queue.remove(partId(job, part)).catch(() => 0));
  }

  async close(): Promise<void> {
    await Promise.all([this.#jobs, ...this.#tasks.values()].map((queue) => queue.close()));
  }
}
