/** Which tasks are still wanted: those of jobs that are there, up to the first part in which a rule breaks, where that decides. */
import type { Queue } from 'bullmq';
import { firstBroken, historyOf, tell } from './history.ts';
import { each, partId, partStates, partsThatAre } from './queues.ts';
import type { Job, Task } from './task.ts';

/** What is known of a job is asked again when it is so old: many short tasks of it ask once. */
export const LOOK_MS = 2000;

export class Wanted {
  readonly #jobs: Queue;
  readonly #tasks: Queue;
  /** Up to which part a job is wanted, and when that was known; none without the job. */
  readonly #known = new Map<string, { readonly at: number; readonly upTo: Promise<number> }>();

  constructor(jobs: Queue, tasks: Queue) {
    this.#jobs = jobs;
    this.#tasks = tasks;
  }

  async #ask(job: Job): Promise<number> {
    if ((await this.#jobs.getJob(job.id)) === undefined) return 0;
    return job.firstFailure ? (firstBroken(job, await historyOf(this.#jobs, job)) ?? job.parts) : job.parts;
  }

  #upTo(job: Job): Promise<number> {
    const last = this.#known.get(job.id);
    if (last !== undefined && Date.now() - last.at < LOOK_MS) return last.upTo;
    const upTo = this.#ask(job);
    this.#known.set(job.id, { at: Date.now(), upTo });
    upTo.catch(() => this.#known.delete(job.id));
    return upTo;
  }

  async has({ job, shard: [part] }: Task): Promise<boolean> {
    return part <= (await this.#upTo(job));
  }

  /** A rule breaks in this part: no later one is needed. */
  async endWith(task: Task): Promise<void> {
    const { job } = task;
    await tell(this.#jobs, 'broken', task);
    this.#known.delete(job.id);
    const upTo = await this.#upTo(job);
    const later = partsThatAre(await partStates(this.#tasks, job), 'waiting').filter((part) => part > upTo);
    // One that has begun meanwhile is stopped by who does it.
    await each(later, (part) => this.#tasks.remove(partId(job, part)).catch(() => 0));
  }
}
