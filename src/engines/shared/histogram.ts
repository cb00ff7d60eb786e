/**
 * Log-linear histogram of durations in nanoseconds: 32 buckets to each power of two, so a value is known to 3.2 %. Counts add
 * up over threads, files and machines. Recording is a few plain instructions.
 */
const SUB_BITS = 5;
const SUB = 1 << SUB_BITS;
/** Powers of two above the exact range: up to 2^40 ns, 18 minutes. */
const POWERS = 36;
const BUCKETS = SUB + POWERS * SUB;

export const HISTOGRAM_BUCKETS = BUCKETS;

export interface Quantiles {
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
}

function bucketOf(value: number): number {
  if (value < SUB) return value < 0 ? 0 : Math.floor(value);
  const power = value < 2 ** 31 ? 31 - Math.clz32(value) : Math.floor(Math.log2(value));
  const scaled = Math.floor(value / 2 ** (power - SUB_BITS));
  return Math.min(SUB + (power - SUB_BITS) * SUB + (scaled - SUB), BUCKETS - 1);
}

/** Middle of a bucket. */
function middleOf(bucket: number): number {
  if (bucket < SUB) return bucket;
  const power = Math.floor((bucket - SUB) / SUB);
  return (SUB + ((bucket - SUB) % SUB) + 0.5) * 2 ** power;
}

/** The values that fall into a bucket: from `low` to just below `high`. */
export function bucketRange(bucket: number): { readonly low: number; readonly high: number } {
  if (bucket < SUB) return { low: bucket, high: bucket + 1 };
  const power = Math.floor((bucket - SUB) / SUB);
  const low = (SUB + ((bucket - SUB) % SUB)) * 2 ** power;
  return { low, high: low + 2 ** power };
}

/** What crosses threads: counts of the buckets, and the exact extremes. */
export interface HistogramData {
  readonly counts: Float64Array;
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

export class Histogram {
  readonly counts: Float64Array;
  count = 0;
  sum = 0;
  max = 0;

  /** `counts` are where the buckets are to be, such as in shared memory. */
  constructor(counts: Float64Array = new Float64Array(BUCKETS)) {
    this.counts = counts;
  }

  record(value: number): void {
    const bucket = bucketOf(value);
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.count++;
    this.sum += value;
    if (value > this.max) this.max = value;
  }

  merge(other: HistogramData): void {
    for (let i = 0; i < BUCKETS; i++) this.counts[i] = (this.counts[i] as number) + (other.counts[i] as number);
    this.count += other.count;
    this.sum += other.sum;
    this.max = Math.max(this.max, other.max);
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** The value below which a share `q` of the records lies; at most the largest record. */
  quantile(q: number): number {
    let left = q * this.count;
    for (let i = 0; i < BUCKETS; i++) {
      left -= this.counts[i] as number;
      if (left <= 0 && (this.counts[i] as number) > 0) return Math.min(middleOf(i), this.max);
    }
    return this.max;
  }

  /** Sum over the records of `f(value)`, to the accuracy of the buckets. */
  total(f: (value: number) => number): number {
    let total = 0;
    for (let i = 0; i < BUCKETS; i++) {
      const count = this.counts[i] as number;
      if (count > 0) total += count * f(middleOf(i));
    }
    return total;
  }

  quantiles(): Quantiles {
    const whole = (q: number): number => Math.round(this.quantile(q));
    return { p50Ns: whole(0.5), p99Ns: whole(0.99), p999Ns: whole(0.999), maxNs: Math.round(this.max) };
  }

  data(): HistogramData {
    return { counts: this.counts, count: this.count, sum: this.sum, max: this.max };
  }
}
