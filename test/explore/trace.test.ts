/** From stress to trace, given a violation as a race records it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fittingScenarios } from '../../src/engines/reproduce/fitting.ts';
import { reproduce } from '../../src/engines/reproduce/reproduce.ts';

const words = (text: string): string[] => text.split(' ');
const entry = (actor: string, operation: string, points: string) => ({ actor, operation, points: words(points), held: [] });

/** Recorded from `stress --driver dmirror:retryCheck=none`. */
const deviceWrite = entry(
  'device0',
  'deviceWrite',
  'unlock mmuIntervalReadBegin lock hmmWalk hmmWalkPte hmmWalkPte unlock driverSnapshot lock driverChecked setPte setPte',
);
const protects = entry('disturber0', 'mprotect', 'lock mprotectPte setPte flushTlb unlock invalidateRangeEnd lock unlock');
const evicts = entry('migrator0', 'evict', 'migratePfn driverCopied driverCommitted migrateRemove lock setPte unlock unlockPage');

test('the scenarios most like a race come first, with those that see the witness', async () => {
  const order = await fittingScenarios({ rule: 'I-PERM', actor: 'device0', log: [protects, deviceWrite] });
  const first = order.slice(0, 25);
  assert.ok(first.includes('device-fault-vs-mprotect'), first.join(' '));
  // Nobody there does what the device does.
  assert.ok(!first.includes('two-cpu-faults') && !order.includes('mini-hmm'));
  const others = await fittingScenarios({ rule: 'I-TLB', actor: 'migrator0', log: [evicts] });
  assert.ok(
    others.slice(0, others.length / 2).some((name) => name.startsWith('evict-')),
    others.join(' '),
  );
  assert.deepEqual([...others].sort(), [...order].sort());
  const withSwap = await fittingScenarios({ rule: 'I-TLB', actor: 'migrator0', log: [evicts] }, { swap: true });
  assert.ok(withSwap.includes('migration-vs-reclaim') && !others.includes('migration-vs-reclaim'));
});

const settings = { retryCheck: 'none' };

test('the same rule is preferred to another', async () => {
  const scenarios = ['device-fault-vs-munmap', 'device-fault-vs-mprotect', 'device-fault-vs-dontneed'];
  const doing: string[] = [];
  const onProgress = (progress: { readonly doing: string }): void => {
    doing.push(progress.doing);
  };
  const result = await reproduce({ rule: 'I-PERM', scenarios, settings, seconds: 60 }, { onProgress });
  assert.deepEqual(
    result.explored.map(({ scenario, rule }) => [scenario, rule]),
    [
      ['device-fault-vs-munmap', 'I-STALE'],
      ['device-fault-vs-mprotect', 'I-PERM'],
      ['device-fault-vs-dontneed', null],
    ],
  );
  const { found } = result;
  assert.deepEqual([found?.scenario, found?.sameRule, found?.failure.oracle], ['device-fault-vs-mprotect', true, 'I-PERM']);
  assert.ok(found?.failure.explanation !== null && found?.failure.minimal === true && result.interrupted === false);
  // Progress is told ten times a second: which of the scenarios it tells of depends on how long each takes.
  const told = /^(starting|[1-3] of 3 scenarios with [01] preemptions|looking into the failure)$/;
  assert.ok(doing.length > 0 && doing.every((text) => told.test(text)), doing.join(', '));
});

test('another rule is better than none, and none is said', async () => {
  const one = ['device-fault-vs-munmap'];
  const other = await reproduce({ rule: 'I-DATA', scenarios: one, settings, seconds: 60 });
  assert.deepEqual([other.found?.sameRule, other.found?.failure.oracle], [false, 'I-STALE']);
  const none = await reproduce({ rule: 'I-STALE', scenarios: one, settings: {}, seconds: 60 });
  assert.deepEqual([none.found, none.explored[0]?.bound, none.explored[0]?.rule], [null, 2, null]);
});

test('time up, and Ctrl-C: nothing more is explored', async () => {
  const options = { rule: 'I-STALE', scenarios: ['device-fault-vs-munmap'], settings: {}, seconds: 60 };
  assert.deepEqual((await reproduce({ ...options, seconds: 0 })).explored, []);
  const stopped = await reproduce(options, { signal: AbortSignal.abort() });
  assert.deepEqual([stopped.explored, stopped.interrupted, stopped.found], [[], true, null]);
});
