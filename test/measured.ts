/** Repetitions and rows for tests, made by hand. */

import type { CellConfig, Repetition, StoredHistogram } from '../src/engines/cell/cellTypes.ts';
import type { AxisValue } from '../src/engines/measure/axes.ts';
import { type Row, rowOf } from '../src/engines/measure/row.ts';
import { Histogram } from '../src/engines/shared/histogram.ts';

/** A histogram of these values, as repetitions have it. */
export function stored(values: readonly number[]): StoredHistogram {
  const histogram = new Histogram();
  for (const value of values) histogram.record(value);
  const counts: [number, number][] = [];
  histogram.counts.forEach((records, bucket) => {
    if (records > 0) counts.push([bucket, records]);
  });
  return { counts, count: histogram.count, sum: histogram.sum, max: histogram.max };
}

/** Ten faults of one pass and 1 us each, but for what is said. */
export const repetition = (own: Partial<Repetition> = {}): Repetition => ({
  ns: 1e9,
  done: 10,
  timedOut: 0,
  failed: 0,
  rounds: 10,
  unfinished: 0,
  stable: 10,
  passes: 10,
  lost: 0,
  lostNs: 0,
  faultNs: 10_000,
  invalidations: 0,
  usedPages: 0,
  remote: 0,
  arrived: 0,
  evicted: 0,
  evictions: 0,
  naps: 0,
  attempts: stored(new Array(10).fill(1)),
  timeToStable: stored(new Array(10).fill(1000)),
  raw: stored(new Array(10).fill(1000)),
  corrected: stored(new Array(10).fill(1000)),
  steps: 100,
  overlap: null,
  coresUsed: null,
  coresTaken: null,
  violation: null,
  ...own,
});

export const config = (own: Partial<CellConfig> = {}): CellConfig =>
  ({ engine: 'simulate', invalidations: 0, seed: 1, repetitions: 1, ...own }) as CellConfig;

/** The row of a cell with one such repetition. */
export const row = (cell: number, axes: Readonly<Record<string, AxisValue>>, own: Partial<Repetition> = {}): Row =>
  rowOf(cell, axes, config(), [repetition(own)], null);
