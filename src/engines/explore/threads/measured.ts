/** One search of one scenario, with how long it took and how much memory it had at its end: in one thread, or in several together. */
import type { Control } from '../plan/control.ts';
import { isToBeSearchedAgain, type Job, type SearchJob } from '../plan/job.ts';
import type { Measured } from '../plan/proof.ts';
import { searchShared } from './searchShared.ts';
import { Threads } from './threads.ts';
import type { AnyScenario } from './work.ts';

/** What one thread has searched in this time needs no others: starting them takes a good part of a second. */
const ALONE_MS = 2000;

/** Where a job is done. */
export interface Place {
  readonly threads: Threads;
  readonly lane: number;
  /** Threads that make a long search together. */
  readonly together: number;
  /** The memory of a search is measured; without it, it is 0. */
  readonly isWeighed: boolean;
}

/** Does the job. @throws as {@link Threads.run}. */
export async function measured(
  scenario: AnyScenario,
  job: Job,
  index: number,
  { threads, lane, together, isWeighed }: Place,
  control: Control,
): Promise<Measured> {
  const isShared = job.kind === 'search' && together > 1;
  const until = isShared ? Math.min(job.until, Date.now() + ALONE_MS) : job.until;
  const alone = await threads.run(
    { kind: 'measured', ...scenario, job: { ...job, until }, index, isWeighed: isWeighed && job.kind === 'search' },
    lane,
  );
  const { complete, failure } = alone.result;
  const isThrough = isShared && complete && !isToBeSearchedAgain(job, alone.result);
  if (!isShared || isThrough || failure !== null || control.isStopped || Date.now() >= job.until) return alone;
  return inAll(scenario, job, index, together, control);
}

/** The search in so many threads. The memory is that of the states, which they share, and does not count what each has for itself. */
async function inAll(
  { scenario, settings, driver }: AnyScenario,
  job: SearchJob,
  index: number,
  count: number,
  control: Control,
): Promise<Measured> {
  const { threads } = await Threads.start({ scenario, settings, driver }, count, control, 'search');
  await using _ = threads;
  const began = performance.now();
  let bytes = 0;
  const result = await searchShared(threads, job, index, control, (taken) => {
    bytes = taken;
  });
  return { result, ms: performance.now() - began, bytes };
}
