/** Spread over repetitions: means with 95 % confidence, and whether two halves of the repetitions agree, by Student's t. */
import jStat from 'jstat';

/** A mean over repetitions. `low` and `high` are the 95 % confidence bounds; with one repetition they are the mean itself. */
export interface Spread {
  /** Of everything that was counted, whichever repetition it was in. */
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** Least and largest of the means of single repetitions. */
  readonly min: number;
  readonly max: number;
}

/** What one repetition adds to a mean: the sum of `count` values. */
export interface Part {
  readonly total: number;
  readonly count: number;
}

/** Two-sided quantile of t: within it are so many of all values. */
const quantile = (inside: number, degrees: number): number => jStat.studentt.inv((1 + inside) / 2, degrees);

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const meanOf = (values: readonly number[]): number => sumOf(values) / values.length;

const varianceOf = (values: readonly number[]): number => {
  const mean = meanOf(values);
  return values.length < 2 ? 0 : sumOf(values.map((value) => (value - mean) ** 2)) / (values.length - 1);
};

/**
 * The spread of a mean of everything: repetitions in which more was counted weigh more, in the mean and in its bounds (the ratio
 * estimator of sampling theory). Null when nothing was counted. None of these quantities can be below 0, nor above `most`, so no
 * bound is.
 */
export function spreadOf(parts: readonly Part[], most = Number.POSITIVE_INFINITY): Spread | null {
  const counted = parts.filter(({ count }) => count > 0);
  if (counted.length === 0) return null;
  const n = counted.length;
  const count = sumOf(counted.map((part) => part.count));
  const mean = sumOf(counted.map((part) => part.total)) / count;
  const squares = sumOf(counted.map((part) => (part.total - mean * part.count) ** 2));
  const half = n < 2 ? 0 : (quantile(0.95, n - 1) * Math.sqrt(squares / (n - 1) / n)) / (count / n);
  const means = counted.map((part) => part.total / part.count);
  return {
    mean,
    low: Math.max(0, mean - half),
    high: Math.min(most, mean + half),
    min: Math.min(...means),
    max: Math.max(...means),
  };
}

/** Share of all measurements in which noise alone may put two halves at odds. */
const CHANCE = 0.001;

/**
 * The A/A check: even and odd repetitions are two measurements of the same thing. `ratio` is that of their means, the larger
 * over the smaller. They are at odds when they differ by more than noise would make them in 99.9 % of all cases (the test of Welch,
 * for any number of repetitions) and by more than `tolerance` as well.
 */
export function twoHalves(
  values: readonly number[],
  tolerance: number,
): { readonly ratio: number; readonly consistent: boolean } {
  const halves = [0, 1].map((parity) => values.filter((_, i) => i % 2 === parity));
  const [even = [], odd = []] = halves;
  if (odd.length === 0) return { ratio: 1, consistent: true };
  const [a, b] = [meanOf(even), meanOf(odd)];
  const ratio = Math.min(a, b) === 0 ? (a === b ? 1 : Number.POSITIVE_INFINITY) : Math.max(a, b) / Math.min(a, b);
  if (even.length < 2 || odd.length < 2 || ratio <= 1 + tolerance) return { ratio, consistent: true };
  return { ratio, consistent: Math.abs(a - b) <= leastOdd(even, odd) };
}

/** The smallest difference of the means of two samples that is no noise. 0 for samples without any. */
function leastOdd(even: readonly number[], odd: readonly number[]): number {
  const [one, other] = [varianceOf(even) / even.length, varianceOf(odd) / odd.length];
  const error = one + other;
  if (error === 0) return 0;
  const degrees = error ** 2 / (one ** 2 / (even.length - 1) + other ** 2 / (odd.length - 1));
  return quantile(1 - CHANCE, degrees) * Math.sqrt(error);
}
