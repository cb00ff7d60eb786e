/** `measure()`: sweeps over the retry loop, in virtual time or on real threads. */
import type { MeasureResult } from '../engines/measure/result.ts';
import type { SweepProgress } from '../engines/measure/runSweep.ts';
import type { Hooks } from './call.ts';
import type { MeasureRequest } from './measureRequest.ts';

/**
 * Runs a sweep: every combination of the values of its axes, in virtual time or on real threads. A simulation gives the same numbers
 * for a seed on every machine and for any number of threads; a race measures the machine. Times in rows are nanoseconds.
 *
 * The verdict is `ok`, `invalid` (a cell had too little to go by: its row has no numbers), `violation`, or, stopped by the signal,
 * `interrupted`, with the rows of the cells that were done.
 *
 * @throws UsageError, one sentence, for what is not allowed, before a cell has run; also for a directory that cannot be written.
 */
export async function measure(request: MeasureRequest = {}, hooks: Hooks<SweepProgress> = {}): Promise<MeasureResult> {
  const { readySweep } = await import('./readySweep.ts');
  const ready = await readySweep(request);
  // Loaded only now: statistics and reports take longer to load than wrong options to be refused.
  const { runReadySweep } = await import('./runReadySweep.ts');
  return runReadySweep(ready, hooks);
}
