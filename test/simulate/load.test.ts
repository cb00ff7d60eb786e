import assert from 'node:assert/strict';
import { test } from 'node:test';
import { arrivalKinds, arrivals } from '../../src/workload/arrivals.ts';
import { pattern } from '../../src/workload/patterns.ts';
import { randomStream } from '../../src/workload/random.ts';

/** Each is asked for at the time of the last one: the operations take no time. */
function take(next: (now: number) => number, count: number): number[] {
  const all: number[] = [];
  for (let i = 0; i < count; i++) all.push(next(all[i - 1] ?? 0));
  return all;
}

test('every kind of arrivals keeps its mean rate and never goes back', () => {
  for (const kind of arrivalKinds) {
    const times = take(arrivals(kind, 1000, randomStream(3, 0)), 100_000);
    const rate = times.length / ((times.at(-1) as number) / 1e9);
    assert.ok(Math.abs(rate - 1000) < 25, `${kind}: ${rate} a second`);
    assert.ok(
      times.every((time, i) => time >= (times[i - 1] ?? 0)),
      kind,
    );
  }
});

test('Poisson gaps are exponential: their deviation is their mean; periodic ones do not vary', () => {
  const variation = (kind: 'poisson' | 'periodic' | 'bursty'): number => {
    const times = take(arrivals(kind, 1e6, randomStream(5, 1)), 50_000);
    const gaps = times.slice(1).map((time, i) => time - (times[i] as number));
    const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
    return Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length) / mean;
  };
  assert.ok(Math.abs(variation('poisson') - 1) < 0.03);
  assert.ok(variation('periodic') < 1e-6);
  assert.ok(variation('bursty') > 2, 'bursts vary more than Poisson arrivals');
});

test('patterns: streaming runs on, a chase visits each slot once a round, Zipf has a hot slot, uniform has none', () => {
  const slots = 64;
  const streaming = take(pattern('streaming', slots, randomStream(1, 0)), 200);
  assert.ok(streaming.every((slot, i) => i === 0 || slot === ((streaming[i - 1] as number) + 1) % slots));
  const chase = take(pattern('chase', slots, randomStream(1, 0)), 2 * slots);
  assert.equal(new Set(chase.slice(0, slots)).size, slots);
  assert.deepEqual(chase.slice(0, slots), chase.slice(slots));
  const hottest = (kind: 'uniform' | 'zipf'): number => {
    const counts = new Array<number>(slots).fill(0);
    for (const slot of take(pattern(kind, slots, randomStream(2, 0)), 64_000)) counts[slot] = (counts[slot] ?? 0) + 1;
    return Math.max(...counts) / 64_000;
  };
  // The hottest of 64 slots at exponent 0.99 has a share of 1 / 4.77.
  assert.ok(Math.abs(hottest('zipf') - 0.2095) < 0.01);
  assert.ok(hottest('uniform') < 0.02);
});
