/** The queues of the farm: one with the jobs, which stay there until they are cancelled, and one with the tasks of all jobs of a model. */
import type { Queue } from 'bullmq';
import { version } from '../package/version.ts';
import { codeHash, type Job, taskId } from './task.ts';

/** Name of the queue with the jobs. */
export const JOBS = 'hmm-lab-jobs';

/** Name of the queue with the tasks of a model: a worker that has another one never sees them. */
export const tasksQueue = (job: Pick<Job, 'version' | 'model'> = { version, model: codeHash() }): string =>
  `hmm-lab-tasks-${job.version}-${job.model}`;

/** How often a task may end its thread, or the whole worker, before it is set aside. */
export const ATTEMPTS = 3;

/** Why a task has no result that nobody wants any more: its job was cancelled, or a rule breaks in an earlier part. */
export const NOT_NEEDED = 'not needed any more';

export type PartState = 'waiting' | 'running' | 'done' | 'failed';

/** In the order in which a task goes through them, so that one that goes on meanwhile is seen at least once. */
const states = [
  ['prioritized', 'waiting'],
  ['delayed', 'waiting'],
  ['waiting', 'waiting'],
  ['active', 'running'],
  ['completed', 'done'],
  ['failed', 'failed'],
] as const;

/** Where the tasks of a job are, by part. Only their names are read, and nothing of what they contain. */
export async function partStates(tasks: Queue, job: Job): Promise<ReadonlyMap<number, PartState>> {
  const found = new Map<number, PartState>();
  const prefix = `${job.id}-`;
  for (const [name, state] of states)
    for (const id of await tasks.getRanges([name], 0, -1)) {
      if (id.startsWith(prefix)) found.set(Number(id.slice(prefix.length)), state);
    }
  return found;
}

export const partsThatAre = (states: ReadonlyMap<number, PartState>, ...names: readonly PartState[]): number[] =>
  [...states].filter(([, state]) => names.includes(state)).map(([part]) => part);

/** The name of a part's task. */
export const partId = (job: Job, part: number): string => taskId({ job, shard: [part, job.parts] });

/** Calls that are made at a time: enough that they do not wait for each other, and few enough for one answer to be short. */
const AT_A_TIME = 100;

/** Asks the server something about each, some at a time, and gives the answers in order. */
export async function each<T, R>(all: readonly T[], ask: (one: T) => Promise<R>): Promise<R[]> {
  const answers: R[] = [];
  for (let at = 0; at < all.length; at += AT_A_TIME) answers.push(...(await Promise.all(all.slice(at, at + AT_A_TIME).map(ask))));
  return answers;
}
