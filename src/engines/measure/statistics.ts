/** Spread over repetitions: means with 95 % confidence, by Student's t. */

/** A mean over repetitions. `low` and `high` are the 95 % confidence bounds; with one repetition they are the mean itself. */
export interface Spread {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  readonly min: number;
  readonly max: number;
}

/** Two-sided 95 % quantiles of t, by degrees of freedom from 1. */
const T95 = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11, 2.101,
  2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];
const t95 = (degrees: number): number => T95[degrees - 1] ?? 1.96;

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

const varianceOf = (values: readonly number[]): number => {
  const mean = meanOf(values);
  return values.length < 2 ? 0 : values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
};

/** Null for no value at all. None of these quantities can be below 0, so no bound is. */
export function spreadOf(values: readonly number[]): Spread | null {
  if (values.length === 0) return null;
  const mean = meanOf(values);
  const half = values.length < 2 ? 0 : t95(values.length - 1) * Math.sqrt(varianceOf(values) / values.length);
  return { mean, low: Math.max(0, mean - half), high: mean + half, min: Math.min(...values), max: Math.max(...values) };
}

/**
 * The A/A check: even and odd repetitions are two measurements of the same thing. `ratio` is that of their means, the larger
 * over the smaller. They are at odds when they differ by more than noise would make them in 99.9 % of all cases and by more
 * than `tolerance` as well.
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
  if (even.length < 2 || odd.length < 2) return { ratio, consistent: true };
  const error = Math.sqrt(varianceOf(even) / even.length + varianceOf(odd) / odd.length);
  // 8.61 is the quantile for four degrees of freedom, as with two times three repetitions.
  return { ratio, consistent: Math.abs(a - b) <= 8.61 * error || ratio <= 1 + tolerance };
}
