/** The statistics of measurements, against tables and closed forms. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { spreadOf, twoHalves } from '../src/engines/measure/statistics.ts';
import { halfWidth } from '../src/report/measureText.ts';

const parts = (values: readonly number[], count = 1) => values.map((value) => ({ total: value * count, count }));
const near = (seen: number, expected: number, what: string): void =>
  assert.ok(Math.abs(seen - expected) <= 1e-3 * Math.max(1, Math.abs(expected)), `${what}: ${seen}, not ${expected}`);

/** Values whose mean is 100 and whose standard deviation is 1, as near as a pair of two allows. */
const unit = (n: number): number[] => {
  const half = Math.floor(n / 2);
  const spread = Math.sqrt((n - 1) / (2 * half));
  return Array.from({ length: n }, (_, i) => (i < half ? 100 - spread : i < 2 * half ? 100 + spread : 100));
};

/** Two-sided 95 % quantiles of t from tables, by degrees of freedom, on both sides of 31 above all. */
const t95 = [
  [1, 12.706],
  [2, 4.303],
  [4, 2.776],
  [5, 2.571],
  [9, 2.262],
  [30, 2.042],
  [31, 2.04],
  [40, 2.021],
  [60, 2.0],
  [120, 1.98],
  [999, 1.962],
] as const;
for (const [degrees, t] of t95) {
  test(`bounds with ${degrees + 1} repetitions`, () => {
    const spread = spreadOf(parts(unit(degrees + 1)));
    near(spread?.mean ?? 0, 100, 'mean');
    near((spread?.high ?? 0) - 100, t / Math.sqrt(degrees + 1), 'half the width');
    near(100 - (spread?.low ?? 0), t / Math.sqrt(degrees + 1), 'half the width');
  });
}

test('the mean and its bounds are of everything that was counted, not of the means of repetitions', () => {
  const spread = spreadOf([
    { total: 1000, count: 1000 },
    { total: 30, count: 10 },
    { total: 990, count: 990 },
  ]);
  near(spread?.mean ?? 0, 2020 / 2000, 'mean');
  assert.ok((spread?.low ?? 0) < 1.01 && (spread?.high ?? 0) > 1.01);
  near((spread?.high ?? 0) - 1.01, 1.01 - (spread?.low ?? 0), 'it lies in the middle');
  // By hand: residuals of -10, 19.9 and -9.9 over a mean count of 2000 / 3.
  const half = (4.303 * Math.sqrt((10 ** 2 + 19.9 ** 2 + 9.9 ** 2) / 2 / 3)) / (2000 / 3);
  near((spread?.high ?? 0) - 1.01, half, 'half the width');
  assert.equal(spread?.max, 3);
  assert.equal(halfWidth(spread ?? null), ` ±${((100 * half) / 1.01).toPrecision(2)}%`);
});

test('repetitions of one size are weighed alike', () => {
  const same = spreadOf(parts([1, 2, 4], 50));
  const plain = spreadOf(parts([1, 2, 4]));
  for (const key of ['mean', 'low', 'high', 'min', 'max'] as const) near(same?.[key] ?? 0, plain?.[key] ?? 1, key);
});

test('no bound of a share is above 1, and none of anything below 0', () => {
  const spread = spreadOf(parts([0, 1, 1], 10), 1);
  assert.equal(spread?.high, 1);
  assert.equal(spread?.low, 0);
  assert.ok((spreadOf(parts([0, 1, 1], 10))?.high ?? 0) > 1.7, 'it would be 1.77 or more');
});

test('nothing counted, and one repetition', () => {
  assert.equal(spreadOf([]), null);
  assert.equal(spreadOf([{ total: 0, count: 0 }]), null);
  const one = { total: 6, count: 3 };
  assert.deepEqual(spreadOf([one, { total: 0, count: 0 }]), { mean: 2, low: 2, high: 2, min: 2, max: 2 });
});

/** Even repetitions around 100, odd ones around 100 + `apart`, both with standard deviation 1. */
const halves = (each: number, apart: number): number[] =>
  unit(each).flatMap((value, i) => [value, apart + (unit(each)[i] as number)]);

/** Two-sided 99.9 % quantiles of t, by the repetitions of each half; equal variances have 2 n - 2 degrees of freedom. */
const t999 = [
  [2, 31.599],
  [3, 8.61],
  [5, 5.041],
  [10, 3.922],
  [50, 3.393],
] as const;
for (const [each, t] of t999) {
  test(`the A/A check with two times ${each} repetitions`, () => {
    const odd = t * Math.sqrt(2 / each);
    assert.equal(twoHalves(halves(each, 0.99 * odd), 0).consistent, true, 'just below');
    assert.equal(twoHalves(halves(each, 1.01 * odd), 0).consistent, false, 'just above');
    assert.equal(twoHalves(halves(each, 1.01 * odd), 1).consistent, true, 'within the tolerance');
  });
}

test('halves without any noise are at odds when they differ at all', () => {
  assert.deepEqual(twoHalves([2, 2, 2, 2], 0), { ratio: 1, consistent: true });
  assert.deepEqual(twoHalves([2, 3, 2, 3], 0.1), { ratio: 1.5, consistent: false });
  assert.deepEqual(twoHalves([5], 0), { ratio: 1, consistent: true });
});
