/** A search in threads that make it together, or that is gone on with: loaded where one is asked for. */
import type { Control } from '../plan/control.ts';
import { isToBeSearchedAgain, type JobResult, type SearchJob } from '../plan/job.ts';
import type { KeptSearches } from './keptSearches.ts';
import { searchShared } from './searchShared.ts';
import type { Threads } from './threads.ts';

/** How the work is spread. */
export interface Spread {
  /** Threads that do one job each. */
  readonly workers: number;
  /** Threads that make one search together. */
  readonly threads: number;
  /** Where searches are kept, if they are. */
  readonly kept: KeptSearches | null;
}

/** Returns its result, or what is known of it from before. */
export async function searchTogether(
  threads: Threads,
  { threads: count, kept }: Spread,
  job: SearchJob,
  index: number,
  control: Control,
): Promise<JobResult> {
  const known = kept?.result;
  const lanes: Pick<Threads, 'count' | 'run'> = { count, run: (work, lane) => threads.run(work, lane) };
  const result = known ?? (await searchShared(lanes, job, index, control, undefined, kept?.begin() ?? null));
  const isCutOff = control.isStopped || Date.now() >= job.until;
  const isThrough = result.complete && !isToBeSearchedAgain(job, result);
  if (isThrough || result.failure !== null || !isCutOff) kept?.finish(result);
  return result;
}
