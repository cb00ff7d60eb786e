/**
 * What has happened with a job, as lines that workers add to it: a line is added in one step, so that nobody overwrites what another one
 * says, and goes when the job goes.
 */
import type { Queue } from 'bullmq';
import type { Job, Task } from './task.ts';

/** `broken`: a rule breaks in it; `again`: it was begun once more; `twice`: it had a result that came too late, as another worker had it. */
export type Happening = 'broken' | 'again' | 'twice';

/** The parts of which something is told. */
export type History = Readonly<Record<Happening, ReadonlySet<number>>>;

const LINE = /^(broken|again|twice) ([1-9]\d*)$/;

export async function historyOf(jobs: Queue, { id }: Pick<Job, 'id'>): Promise<History> {
  const { logs } = await jobs.getJobLogs(id, 0, -1, true);
  const history = { broken: new Set<number>(), again: new Set<number>(), twice: new Set<number>() };
  for (const line of logs) {
    const [, what, part] = LINE.exec(line) ?? [];
    if (what !== undefined) history[what as Happening].add(Number(part));
  }
  return history;
}

/** Tells it of a task. Of a job that was cancelled nobody wants to know. */
export async function tell(jobs: Queue, what: Happening, { job, shard: [part] }: Task): Promise<void> {
  const found = await jobs.getJob(job.id);
  await found?.log(`${what} ${part}`);
}

/** The first part in which a rule breaks, where that decides; null if there is none. */
export const firstBroken = ({ firstFailure }: Pick<Job, 'firstFailure'>, { broken }: History): number | null =>
  firstFailure && broken.size > 0 ? Math.min(...broken) : null;
