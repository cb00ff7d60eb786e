/** A histogram as HdrHistogram's tools print it (`.hgrm`): value, percentile, count so far, 1 / (1 - percentile). */
import type { Histogram } from '../shared/histogram.ts';
import { bucketRange } from '../shared/histogram.ts';

/** Lines for each halving of what is left above. */
const TICKS = 5;

function percentiles(): number[] {
  const shares: number[] = [];
  for (let left = 1; left > 1e-7; left /= 2) {
    for (let tick = 0; tick < TICKS; tick++) shares.push(1 - left + (left / 2) * (tick / TICKS));
  }
  return shares;
}

/** `unit` divides the values: 1000 for nanoseconds makes microseconds. */
export function hgrm(histogram: Histogram, unit: number): string {
  const { count, mean, max } = histogram;
  const lines = ['       Value     Percentile TotalCount 1/(1-Percentile)', ''];
  const line = (value: number, share: number, upTo: number): void => {
    const odds = share >= 1 ? '' : (1 / (1 - share)).toFixed(2).padStart(14);
    lines.push(`${(value / unit).toFixed(3).padStart(12)} ${share.toFixed(12)} ${String(upTo).padStart(10)} ${odds}`.trimEnd());
  };
  let bucket = 0;
  let upTo = histogram.counts[0] as number;
  for (const share of count === 0 ? [] : percentiles()) {
    while (upTo < share * count && bucket + 1 < histogram.counts.length) upTo += histogram.counts[++bucket] as number;
    const { high } = bucketRange(bucket);
    line(Math.min(high, max), share, upTo);
    if (upTo === count) break;
  }
  if (count > 0) line(max, 1, count);
  const variance = count === 0 ? 0 : histogram.total((value) => (value - mean) ** 2) / count;
  const number = (value: number): string => (value / unit).toFixed(3).padStart(12);
  lines.push(`#[Mean    = ${number(mean)}, StdDeviation   = ${number(Math.sqrt(variance))}]`);
  lines.push(`#[Max     = ${number(max)}, Total count    = ${String(count).padStart(12)}]`);
  lines.push(`#[Buckets = ${String(36).padStart(12)}, SubBuckets     = ${String(32).padStart(12)}]`, '');
  return lines.join('\n');
}
