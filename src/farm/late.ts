/** Results that come too late: the task was given to somebody else meanwhile, who does it, or has done it, to the end as well. */
import type { Queue, Job as QueueJob } from 'bullmq';
import { tell } from './history.ts';
import type { Task } from './task.ts';

/** What the queue answers to who has no right to a task any more: it has gone, or is locked by nobody or by somebody else, or is at no work. */
const REFUSED = new Set<unknown>([-1, -2, -3, -6]);

export class Late {
  readonly #jobs: Queue;
  readonly #tasks: Queue;
  /** Done here, and not yet taken by the queue. */
  readonly #finishing = new Map<string, { readonly job: QueueJob; readonly task: Task }>();

  constructor(jobs: Queue, tasks: Queue) {
    this.#jobs = jobs;
    this.#tasks = tasks;
  }

  finishes(job: QueueJob, task: Task): void {
    this.#finishing.set(`${job.id}`, { job, task });
  }

  finished(job: QueueJob): void {
    this.#finishing.delete(`${job.id}`);
  }

  /** Is this error the queue's answer to a result? Then it is told, unless the queue has taken the result and only its answer was lost. */
  async hear(error: Error): Promise<boolean> {
    if (!REFUSED.has((error as { code?: unknown }).code)) return false;
    const id = [...this.#finishing.keys()].find((one) => error.message.includes(`${one}.`) || error.message.includes(`${one} `));
    if (id === undefined) return false;
    const { job, task } = this.#finishing.get(id) as { job: QueueJob; task: Task };
    this.#finishing.delete(id);
    const now = await this.#tasks.getJob(id);
    const isOurs = now?.attemptsStarted === job.attemptsStarted && (now.returnvalue ?? null) !== null;
    if (!isOurs) await tell(this.#jobs, 'twice', task);
    return true;
  }
}
