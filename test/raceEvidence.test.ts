/** What a race must have seen before it may call itself clean. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createArena } from '../src/arena/arena.ts';
import { CounterTotals } from '../src/engines/race/counterTotals.ts';
import { evidenceOf, type Grounds, overlapGauge } from '../src/engines/race/evidence.ts';
import { raceResult } from '../src/engines/race/result.ts';
import { makeVitals, Vitals } from '../src/engines/race/vitals.ts';
import { race, raceOptions } from '../src/index.ts';

const valid = { gauge: 0.8, observed: 80, expected: 100, coresUsed: 1.9, required: 0.25, valid: true };
const turns = { ...valid, gauge: 0.01, coresUsed: 0.5, valid: false };
const hitsOf = (windows: number, each: number): Grounds['windows'] => ({
  total: 54,
  hit: windows,
  hits: Object.fromEntries(Array.from({ length: windows }, (_, i) => [`p${i}`, each])),
});
const enough: Grounds = {
  operations: { cpu0: 900, device0: 100 },
  windows: hitsOf(10, 10),
  overlap: valid,
  shaken: false,
  onlyCpus: false,
  huge: null,
};

test('just enough is enough', () => {
  assert.deepEqual(evidenceOf(enough), {
    sufficient: true,
    why: null,
    operations: { seen: 1000, required: 1000 },
    windows: { seen: 10, required: 10 },
    hits: { seen: 100, required: 100 },
  });
});

/** One thing less each time, and what is said. */
const tooLittle: readonly (readonly [string, Partial<Grounds>, RegExp])[] = [
  ['operations', { operations: { cpu0: 899, device0: 100 } }, /^999 operations were done, at least 1000 are needed$/],
  ['one operation', { operations: { cpu0: 1, device0: 0 } }, /^1 operation was done, .*; device0 ended no operation$/],
  ['an actor', { operations: { cpu0: 5000, device0: 0, cpu1: 0 } }, /^device0, cpu1 ended no operation$/],
  [
    'overlap',
    { overlap: turns },
    /^the actors hardly ran at the same time: the overlap gauge is 0\.010, .* 0\.5 cores were used, at least 1 is needed$/,
  ],
  ['windows', { windows: hitsOf(9, 100) }, /^9 windows were hit by somebody else's invalidation, at least 10 are needed$/],
  ['hits', { windows: hitsOf(11, 9) }, /^windows were hit 99 times, at least 100 are needed$/],
  ['huge pages', { huge: 99 }, /^huge pages came by a fault, moved or were split 99 times, at least 100 are needed$/],
  ['windows though shaken', { overlap: turns, shaken: true, windows: hitsOf(1, 100) }, /^1 window was hit/],
];
for (const [what, less, why] of tooLittle) {
  test(`too little: ${what}`, () => {
    const { sufficient, why: said } = evidenceOf({ ...enough, ...less });
    assert.equal(sufficient, false);
    assert.match(said ?? '', why);
  });
}

test('actors that were shaken need no overlap, and one actor needs nobody', () => {
  assert.equal(evidenceOf({ ...enough, overlap: turns, shaken: true }).sufficient, true);
  assert.equal(evidenceOf({ ...enough, operations: { cpu0: 1000 }, windows: hitsOf(0, 0), huge: 2 }).sufficient, true);
  // CPU threads alone invalidate nothing: they need cores of their own, and shaking is no help.
  const onlyCpus = { ...enough, windows: hitsOf(0, 0), onlyCpus: true };
  assert.equal(evidenceOf(onlyCpus).sufficient, true);
  assert.match(evidenceOf({ ...onlyCpus, overlap: turns, shaken: true }).why ?? '', /^the actors hardly ran at the same time/);
});

test('the gauge from what actors say of themselves in shared memory', () => {
  const buffer = makeVitals(2);
  const [first, second] = [new Vitals(buffer, 0), new Vitals(buffer, 1)] as const;
  // Operations of a millisecond, in which the other one does ten things: nearly all of them should be disturbed.
  for (let i = 0; i < 500; i++) {
    first.operated(1e6, 10, i % 2 === 0);
    second.operated(1e6, 10, false);
  }
  const seen = [new Vitals(buffer, 0), new Vitals(buffer, 1)];
  assert.deepEqual(
    seen.map(({ operations, events, overlapped }) => [operations, events, overlapped]),
    [
      [500, 5000, 250],
      [500, 5000, 0],
    ],
  );
  const { gauge, observed, expected, valid: together } = overlapGauge(seen, 0.5, 1);
  assert.equal(observed, 250);
  assert.ok(expected > 990 && expected <= 1000, `${expected}`);
  assert.equal(overlapGauge(seen, 0.5, 0.9, 1).valid, together, 'one that always wants a core may leave it to the others');
  assert.equal(overlapGauge(seen, 0.1, 0.9, 2).valid, false, 'two on one core take turns');
  assert.equal(overlapGauge(seen, 0.5, 1.6, 2).valid, true);
  assert.ok(gauge > 0.24 && gauge < 0.26 && together === gauge >= 0.25);
});

test('a race of a thousandth of a second passes nothing and has no numbers', async () => {
  const result = await race(raceOptions({ seconds: 0.001, pages: 64 }));
  assert.equal(result.verdict, 'invalid');
  assert.match(result.evidence.why ?? '', /operations? (was|were) done, at least 1000 are needed/);
  assert.equal(result.retry, null);
  assert.deepEqual(result.latency, {});
  assert.equal(result.confidence.boundPerOperation, null);
});

test('a race that is interrupted before it has seen enough has no numbers', async () => {
  const result = await race(raceOptions({ seconds: 30, pages: 64 }), { signal: AbortSignal.abort() });
  assert.equal(result.verdict, 'interrupted');
  assert.equal(result.evidence.sufficient, false);
  assert.equal(result.retry, null);
  assert.deepEqual(result.latency, {});
  assert.equal(result.confidence.boundPerOperation, null);
});

test('what was found counts for more than a Ctrl-C, and has no numbers either when too little was seen', () => {
  const arena = createArena({ systemPages: 16, devicePages: 0, devices: 0, tables: 4, actors: 2, frameWords: 16 });
  const found = { rule: 'I-DATA', message: 'wrong', actor: 'cpu0', operation: 'cpuRead', points: [], held: [] };
  const outcome = {
    options: raceOptions(),
    counters: new CounterTotals(arena).read(),
    names: ['cpu0', 'cpu1'],
    vitals: [0, 1].map((actor) => new Vitals(makeVitals(2), actor)),
    reports: [],
    log: [],
    seconds: 1,
    coresUsed: 2,
    wanting: 2,
    shaken: null,
    interrupted: true,
  };
  const result = raceResult({ ...outcome, violations: [found] });
  assert.equal(result.verdict, 'violation');
  assert.equal(result.retry, null);
  assert.equal(raceResult({ ...outcome, violations: [] }).verdict, 'interrupted');
});
