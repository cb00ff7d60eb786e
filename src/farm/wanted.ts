/** Which tasks are still wanted: those of jobs that are there, up to the first part in which a rule breaks, where that decides. */
import type { Queue, Job as QueueJob } from 'bullmq';
import type { Job, Task } from './task.ts';
import { taskId } from './task.ts';
import { LOOK_MS } from './threads.ts';

/** A job as the queue has it. */
type Kept = Job & { readonly cutAt?: number };

export class Wanted {
  readonly #jobs: Queue;
  readonly #tasks: Queue;
  /** What is known of a job for a moment: many short tasks of it ask once. */
  readonly #known = new Map<string, { readonly at: number; readonly found: Promise<QueueJob | undefined> }>();

  constructor(jobs: Queue, tasks: Queue) {
    this.#jobs = jobs;
    this.#tasks = tasks;
  }

  #find(id: string): Promise<QueueJob | undefined> {
    const last = this.#known.get(id);
    if (last !== undefined && Date.now() - last.at < LOOK_MS) return last.found;
    const found = this.#jobs.getJob(id);
    this.#known.set(id, { at: Date.now(), found });
    found.catch(() => this.#known.delete(id));
    return found;
  }

  async has({ job, shard: [part] }: Task): Promise<boolean> {
    const found = await this.#find(job.id);
    return found !== undefined && part <= ((found.data as Kept).cutAt ?? part);
  }

  /** A rule breaks in this part: no later one is needed. */
  async endWith({ job, shard: [part, parts] }: Task): Promise<void> {
    const found = await this.#jobs.getJob(job.id);
    if (found === undefined) return;
    const kept = found.data as Kept;
    const cutAt = Math.min(part, kept.cutAt ?? part);
    await found.updateData({ ...kept, cutAt });
    this.#known.delete(job.id);
    for (let later = cutAt + 1; later <= parts; later++) {
      const task = await this.#tasks.getJob(taskId({ job, shard: [later, parts] }));
      // One that has begun meanwhile is stopped by who does it.
      if (task !== undefined && (await task.isWaiting())) await task.remove().catch(() => {});
    }
  }
}
