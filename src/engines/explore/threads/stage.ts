/** One stage of an exploration: some jobs, spread over threads. */
import type { Control } from '../plan/control.ts';
import type { Exploration } from '../plan/exploration.ts';
import type { Job, JobResult } from '../plan/job.ts';
import type { Spread } from './searchTogether.ts';
import type { Threads } from './threads.ts';

/** Runs the jobs of a stage, `workers` at a time and begun in order. Results up to the first that settles the matter. */
export async function runStage(
  threads: Threads,
  spread: Spread,
  jobs: readonly Job[],
  exploration: Exploration,
  control: Control,
): Promise<(JobResult | undefined)[]> {
  const results: (JobResult | undefined)[] = [];
  let settled = jobs.length;
  let next = 0;
  control.beginStage();
  // The searches come first.
  if (spread.threads > 1 || spread.kept !== null) {
    const { searchTogether } = await import('./searchTogether.ts');
    for (const job of jobs) {
      if (job.kind !== 'search' || control.isStopped || Date.now() >= job.until) break;
      const result = await searchTogether(threads, spread, job, next, control);
      results[next++] = result;
      if (exploration.settles(job, result)) return results;
    }
  }
  const lane = async (number: number): Promise<void> => {
    while (next < settled && !control.isStopped && Date.now() < (jobs[next] as Job).until) {
      const index = next++;
      const job = jobs[index] as Job;
      const result = await threads.run({ kind: 'job', job, index }, number);
      control.clear(number);
      results[index] = result;
      if (!exploration.settles(job, result)) continue;
      settled = Math.min(settled, index + 1);
      control.settle(index);
    }
  };
  await Promise.all(Array.from({ length: spread.workers }, (_, number) => lane(number)));
  // A stop leaves gaps, and what there is counts.
  if (control.isStopped) return results;
  const gap = Array.from({ length: settled }, (_, i) => results[i]).indexOf(undefined);
  return results.slice(0, gap === -1 ? settled : gap);
}
