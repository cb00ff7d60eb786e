import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Histogram } from '../src/engines/shared/histogram.ts';

const histogramOf = (values: readonly number[]): Histogram => {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  return histogram;
};

test('an empty histogram has zeros', () => {
  const empty = new Histogram();
  assert.equal(empty.mean, 0);
  assert.deepEqual(empty.quantiles(), { p50Ns: 0, p99Ns: 0, p999Ns: 0, maxNs: 0 });
});

test('values below 32 are exact', () => {
  for (let value = 0; value < 32; value++) assert.equal(histogramOf([value, 1000]).quantile(0.5), value);
});

test('a value is known to 3.2 %, up to 18 minutes', () => {
  for (let value = 32; value < 2 ** 40; value = Math.ceil(value * 1.037)) {
    // The larger second value keeps the quantile from being capped by the largest record.
    const seen = histogramOf([value, 2 ** 41]).quantile(0.5);
    assert.ok(Math.abs(seen - value) <= 0.032 * value, `${value} is seen as ${seen}`);
  }
});

test('quantiles never exceed the largest record and never fall', () => {
  const histogram = histogramOf(Array.from({ length: 1000 }, (_, i) => 100 + i * i));
  const { p50Ns, p99Ns, p999Ns, maxNs } = histogram.quantiles();
  assert.ok(p50Ns <= p99Ns && p99Ns <= p999Ns && p999Ns <= maxNs);
  assert.equal(maxNs, 100 + 999 * 999);
  assert.equal(histogramOf([5_000_003]).quantile(0.999), histogramOf([5_000_003]).quantile(0.5));
  assert.ok(histogramOf([5_000_003]).quantile(0.5) <= 5_000_003);
});

test('a quantile has its share of the records below it', () => {
  const histogram = histogramOf(Array.from({ length: 10_000 }, (_, i) => 1000 + i));
  for (const q of [0.01, 0.25, 0.5, 0.9, 0.99]) {
    const exact = 1000 + q * 10_000;
    assert.ok(
      Math.abs(histogram.quantile(q) - exact) <= 0.032 * exact,
      `quantile ${q} is ${histogram.quantile(q)}, not ${exact}`,
    );
  }
});

test('merging is recording everything in one', () => {
  const [a, b] = [
    [3, 70, 900_000],
    [12, 70, 1.5e12],
  ];
  const merged = histogramOf(a);
  // As it crosses threads: a clone of plain data.
  merged.merge(structuredClone(histogramOf(b).data()));
  const all = histogramOf([...a, ...b]);
  assert.deepEqual(merged.data(), all.data());
  assert.equal(merged.mean, all.mean);
});

test('values out of range land in the outermost buckets', () => {
  assert.equal(histogramOf([-5, 1]).quantile(0.5), 0);
  assert.equal(histogramOf([1e30]).max, 1e30);
  assert.ok(histogramOf([1e30]).quantile(0.5) >= 2 ** 39);
});

test('total adds a function of the records up', () => {
  const histogram = histogramOf([10, 20, 20, 5000]);
  assert.equal(
    histogram.total(() => 1),
    4,
  );
  assert.ok(Math.abs(histogram.total((value) => value) - 5050) < 0.032 * 5050);
});
