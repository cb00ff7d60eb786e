/** One scenario that is to be proved: which search comes next, and what is said of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type JobResult, nothing, type SearchJob } from '../../src/engines/explore/plan/job.ts';
import { type Measured, Proof } from '../../src/engines/explore/plan/proof.ts';
import { proveResult } from '../../src/engines/explore/plan/proofResult.ts';

const ALL = Number.POSITIVE_INFINITY;
const clean: JobResult = { ...nothing, executions: 1, states: 10, transitions: 12, cut: 1 };
const failure = { rule: 'I-STALE', message: 'old', actor: 0 };
const facts = { misfits: [], seconds: 1, workers: 1, threads: 1, interrupted: false, part: null };

/** A proof of a scenario that can be set up; it has 8 s. */
function proof(scenario: string, covers: readonly string[] = []): Proof {
  const one = new Proof({ scenario, settings: {}, isLong: false }, { seconds: 8 });
  one.opened = { scenario, actors: ['A'], devices: 1, covers };
  return one;
}

const measured = (result: Partial<JobResult>): Measured => ({ result: { ...clean, ...result }, ms: 500, bytes: 3e6 });

/** Lets it do its next job, which comes to this. The bound of the job; null for the check that schedules repeat. */
function does(one: Proof, result: Partial<JobResult> = {}, now = 0): number | null {
  const job = one.next(now);
  assert.ok(job !== null);
  one.take(job, measured(result));
  return job.kind === 'search' ? job.preemptions : null;
}

test('first it is looked whether schedules repeat, then come all interleavings, with three quarters of the time', () => {
  const one = proof('one', ['D met A']);
  assert.deepEqual([one.next(1000)?.kind, one.next(1000)?.until], ['determinism', 9000], 'the time runs from when it is begun');
  does(one, {}, 1000);
  assert.deepEqual([(one.next(2000) as SearchJob).preemptions, one.next(2000)?.until], [ALL, 7000]);
  does(one, { reached: [0], interchangeable: 2 }, 2000);
  assert.equal(one.next(2500), null);
  const { verdict, basis, states, seconds, bytes, interchangeable, covers } = one.result();
  assert.deepEqual([verdict, states, seconds, bytes, interchangeable], ['proved', 10, 0.5, 3e6, 2]);
  assert.match(basis, /^all 10 states of every interleaving were reached; that two of them/);
  assert.deepEqual(covers, [{ what: 'D met A', reached: true }]);
});

test('a proof that never reached what the scenario is there for is vacuous', () => {
  const one = proof('one', ['D met A', 'A met D']);
  does(one);
  does(one, { reached: [1] });
  assert.deepEqual([one.result().verdict, one.isProved], ['vacuous', true]);
  assert.match(one.result().basis, /^never reached: D met A; all 10 states/);
});

test('where all interleavings are too many, those with few preemptions follow, up to the first that is not finished', () => {
  const one = proof('one');
  does(one);
  does(one, { complete: false, states: 700 });
  assert.deepEqual([does(one), does(one)], [0, 1]);
  assert.equal(does(one, { complete: false, states: 99 }), 2);
  assert.equal(one.next(0), null);
  const { verdict, bound, basis, states } = one.result();
  assert.deepEqual([verdict, bound, states], ['bounded', 1, 700]);
  assert.equal(
    basis,
    'every interleaving with at most 1 preemption; the search of all interleavings was not finished after 700 states',
  );
});

test('when time is up nothing more is begun', () => {
  const one = proof('one');
  does(one, {}, 100);
  does(one, { complete: false }, 200);
  assert.equal(does(one, {}, 8099), 0);
  assert.equal(one.next(8100), null);
  assert.deepEqual([one.result().verdict, one.result().bound], ['bounded', 0]);
});

test('paths that were left out are said, and are no proof', () => {
  const one = proof('one');
  does(one);
  does(one, { spins: 2 });
  assert.deepEqual([does(one), does(one, { spins: 1 }), does(one), does(one)], [0, 1, 2, 3]);
  const { verdict, bound, basis, leftOut } = one.result();
  assert.deepEqual([verdict, bound, leftOut], ['bounded', 0, { long: 0, spins: 2 }]);
  assert.match(basis, /^every interleaving with at most 0 preemptions; all interleavings: every interleaving but for 2 paths/);
});

test('a failure is looked for with fewer preemptions, and is minimal only if all with fewer were covered', () => {
  const [one, other] = [proof('one'), proof('other')];
  for (const each of [one, other]) {
    does(each);
    does(each, { failure, schedule: [0, 1, 0], complete: false });
    assert.deepEqual(each.found?.schedule, [0, 1, 0]);
  }
  does(one);
  does(one, { failure, schedule: [1], complete: false });
  assert.deepEqual([one.found?.schedule, one.found?.minimal, one.next(0)], [[1], true, null]);
  does(other, { complete: false });
  assert.deepEqual([other.next(0), other.found?.minimal, other.result().verdict], [null, false, 'violation']);
});

test('what random runs have met is looked for without the search of all interleavings; that they do not repeat is told at once', () => {
  const [met, changing] = [proof('met'), proof('changing')];
  does(met, { failure, schedule: [1, 0] });
  assert.equal(does(met), 0);
  assert.deepEqual([met.found?.schedule, met.result().states], [[1, 0], 0]);
  does(changing, { failure: { ...failure, rule: 'I-DETERM' } });
  assert.deepEqual([changing.next(0), changing.found?.failure.rule], [null, 'I-DETERM']);
});

test('the verdict on all is that of the worst; what was not begun is named', () => {
  const [done, half, not] = [proof('done'), proof('half'), proof('not')] as const;
  for (const each of [done, half]) does(each);
  does(done);
  does(half, { complete: false });
  does(half);
  const of = (...proofs: readonly Proof[]) => proveResult(proofs, facts);
  assert.deepEqual([of(done).verdict, of(done).bound], ['proved', -1]);
  assert.deepEqual([of(done, half).verdict, of(done, half).bound], ['bounded', 0]);
  const some = of(done, half, not);
  assert.deepEqual([some.verdict, some.left, some.proved, some.bounded], ['sampled', ['not'], 1, 1]);
  does(not, { failure, schedule: [1] });
  assert.deepEqual([of(done, half, not).verdict, of(done, not).violations], ['violation', 1]);
  half.giveUp('too large');
  assert.match(half.result().basis, /^too large; every interleaving with at most 0 preemptions/);
});
