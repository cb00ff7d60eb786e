/** `hmm-lab measure`: sweeps over the retry loop, in virtual time or on real threads. */
import type { MeasureResult } from '../engines/measure/result.ts';
import type { SweepProgress } from '../engines/measure/runSweep.ts';
import { type ReadySweep, readySweep } from '../library/readySweep.ts';
import { startSweepLive } from '../report/sweepLive.ts';
import { plural } from '../report/units.ts';
import type { Command } from './flags.ts';
import { interruptible } from './interruptible.ts';
import { type MeasureOptions, measureFlags, measureOptionsOf, sweepFlag } from './measureOptions.ts';
import { reportSweep } from './measureReport.ts';
import { claimStdout } from './stdout.ts';

/** What is about to be measured, once it is known how much of it is there already. */
const announcement = ({ total, skipped }: SweepProgress, { sweep: { request }, out }: ReadySweep): string =>
  `Measuring ${plural(total, 'cell')} (${request.engine}, seed ${request.seed})` +
  `${skipped === 0 ? '' : `, ${skipped} of them done already`}, into ${out}`;

/** Runs what the directory does not have yet, and shows meanwhile how it goes. */
async function measureLive(ready: ReadySweep, progress: MeasureOptions['progress']): Promise<MeasureResult> {
  // Loaded only now, as the engine below: a wrong flag and --help need neither.
  const { runReadySweep } = await import('../library/runReadySweep.ts');
  const live = startSweepLive(process.stderr, progress, ready.sweep.varied);
  let isAnnounced = progress !== 'auto';
  const onProgress = (now: SweepProgress): void => {
    if (!isAnnounced) live.note(announcement(now, ready));
    isAnnounced = true;
    live.update(now);
  };
  const stopping = (): void => live.note('Stopping; Ctrl-C again leaves at once.');
  return interruptible((signal) => runReadySweep(ready, { onProgress, signal }), { stopping }).finally(live.stop);
}

/** The directory of a sweep that has been given none. */
function usualOut({ sweep, shard: [i, n] }: ReadySweep): string {
  return `measure-${sweep.fingerprint}${n === 1 ? '' : `-${i}of${n}`}`;
}

async function run(args: readonly string[]): Promise<number> {
  // A driver module may print when it is loaded.
  const print = args.includes('--json') ? claimStdout() : undefined;
  const { request, progress, json } = measureOptionsOf(args);
  const ready = await readySweep(request, sweepFlag);
  const out = ready.out ?? usualOut(ready);
  return reportSweep(await measureLive({ ...ready, out }, progress), out, json, print);
}

export const measure: Command = {
  name: 'measure',
  description:
    'Runs every combination of the given values, in virtual time or on real threads, prints a table and writes a report, the results ' +
    'as JSON Lines and the histograms. A value list is 1k,10k,100k, a range 1k..1M (two values a decade) or 1k..1M:9 (nine), of names ' +
    'also all. An interrupted sweep goes on with the same command.',
  flags: measureFlags,
  examples: [
    'hmm-lab measure --engine simulate --invalidations 1k..1M --policy all',
    'hmm-lab measure --driver all --invalidations 1k..1M --deadline 1,10,100',
    'hmm-lab measure --engine race --invalidations 100..10k --faulters 1 --disturbers 1',
    'hmm-lab measure --config sweep.json --shard 1/4 --out part1',
  ],
  run,
};
