import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Repetition } from '../src/engines/cell/cellTypes.ts';
import { answerOf } from '../src/engines/measure/answer.ts';
import { type Row, rowOf } from '../src/engines/measure/row.ts';
import { config, repetition, row, stored } from './measured.ts';

/** A row at a rate of invalidations where a stable window took so many passes. */
const at = (cell: number, invalidations: number, passes: number, more: Partial<Repetition> = {}, policy = 'window'): Row =>
  row(cell, { policy, invalidations }, { passes: 10 * passes, ...more });

const rate = ['invalidations'];
const both = ['policy', 'invalidations'];

test('the onset is interpolated between the rows on log scales', () => {
  const [first] = answerOf([at(0, 1000, 1), at(1, 10_000, 1.25), at(2, 100_000, 3.2)], rate);
  // ln(2 / 1.25) / ln(3.2 / 1.25) is a half: half way from 10k to 100k.
  assert.equal(first, 'A window takes 2 passes from about 32k invalidations a second on.');
});

test('rows may come in any order; the curve goes up', () => {
  const rows = [at(2, 100_000, 3.2), at(0, 1000, 1), at(1, 10_000, 1.25)];
  assert.equal(answerOf(rows, rate)[0], 'A window takes 2 passes from about 32k invalidations a second on.');
});

test('no onset, and no time-out: the slowest window in a hundred is named', () => {
  const slow = { timeToStable: stored([...new Array(98).fill(1000), 5000, 5000]) };
  assert.deepEqual(answerOf([at(0, 1000, 1), at(1, 10_000, 1.1, slow)], rate), [
    'Nowhere did a stable window take 2 passes or more.',
    'At 10k invalidations a second no fault ran out of time; one window in a hundred took longer than 5 us to become stable.',
  ]);
});

test('where no window became stable at all counts as beyond every level', () => {
  const none = { stable: 0, done: 0, timedOut: 10, lostNs: 5000 };
  assert.deepEqual(answerOf([at(0, 1000, 1), at(1, 10_000, 9, none)], rate), [
    'A window takes 2 passes from about 10k invalidations a second on.',
    'At 10k invalidations a second 100 % of all faults ran out of time, and 50.0 % of their time was wasted.',
  ]);
});

test('of several curves the first and the last are named, and one that never gets there', () => {
  const curve = (policy: string, passes: readonly number[], more: Partial<Repetition> = {}): Row[] =>
    passes.map((each, i) => at(i, 1000 * 10 ** i, each, more, policy));
  const early = curve('window', [1, 4, 8], { timedOut: 10, done: 10 });
  const late = curve('backoff', [1, 1, 4]);
  const [apart, worst] = answerOf([...early, ...late], both);
  assert.equal(
    apart,
    'A window takes 2 passes from about 3.2k invalidations a second on with policy=window, and only from 32k invalidations a second on with policy=backoff.',
  );
  assert.equal(
    worst,
    'At 100k invalidations a second 50.0 % of all faults ran out of time with policy=window, none with policy=backoff.',
  );
  assert.equal(
    answerOf([...early, ...curve('backoff', [1, 1, 1.5])], both)[0],
    'A window takes 2 passes from about 3.2k invalidations a second on with policy=window, and nowhere with policy=backoff.',
  );
  assert.equal(
    answerOf([...early, ...curve('backoff', [1, 4, 9])], both)[0],
    'A window takes 2 passes from about 3.2k invalidations a second on, whatever the rest.',
  );
});

test('without an axis of numbers there is a range, and no place', () => {
  const rows = [at(0, 1000, 1.5), at(1, 1000, 3, {}, 'backoff')];
  const [range, worst] = answerOf(rows, ['policy']);
  assert.equal(range, 'A stable window took 1.50 to 3.00 passes.');
  assert.match(worst, /^No fault ran out of time; one window in a hundred took longer than 1 us to become stable with policy=/);
  assert.equal(answerOf([at(0, 1000, 9, { stable: 0, timedOut: 10, done: 0 })], [])[0], 'No window became stable.');
});

test('rows that are not valid say nothing', () => {
  const invalid: Row = { ...at(1, 10_000, 50), verdict: 'invalid', why: 'busy', attempts: null };
  assert.deepEqual(answerOf([invalid], rate), ['There is no answer.', 'No cell could be measured; the table says why.']);
  assert.equal(answerOf([at(0, 1000, 1), invalid], rate)[0], 'Nowhere did a stable window take 2 passes or more.');
});

test('where devices have memory of their own, the answer is about evictions and what they cost', () => {
  const of = (cell: number, memory: number, arrived: number, throttle = 'none'): Row =>
    rowOf(
      cell,
      { 'device-memory': memory, throttle },
      config({ access: 'migrate' }),
      [repetition({ usedPages: 1000, arrived, evicted: arrived, evictions: arrived / 32 })],
      null,
    );
  const varied = ['device-memory', 'throttle'];
  assert.deepEqual(answerOf([of(0, 1, 0), of(1, 0.75, 250), of(2, 0.5, 500)], ['device-memory']), [
    'Blocks are evicted with device memory for 0.75 of the region and less, and none with 1.',
    'At device-memory 0.5 a page used cost 1.00 pages moved.',
  ]);
  assert.deepEqual(answerOf([of(0, 1, 0), of(1, 0.5, 500), of(2, 1, 0, 'pin'), of(3, 0.5, 50, 'pin')], varied), [
    'Blocks are evicted with device memory for 0.5 of the region and less, and none with 1.',
    'At device-memory 0.5 a page used cost 1.00 pages moved with throttle=none, 0.100 with throttle=pin.',
  ]);
  assert.equal(
    answerOf([of(0, 0.5, 500), of(1, 0.5, 500, 'pin')], varied.slice(1))[1],
    'There a page used cost 1.00 pages moved, whatever the rest.',
  );
  assert.equal(answerOf([of(0, 1, 0), of(1, 2, 0)], ['device-memory'])[0], 'Nothing was evicted.');
  assert.deepEqual(answerOf([of(0, 0.5, 500)], []), [
    'A page used cost 1.00 to 1.00 pages moved.',
    'There a page used cost 1.00 pages moved.',
  ]);
});
