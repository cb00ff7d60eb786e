/** What is left out because it comes to the same: the verdict, the ends and what is reached stay as they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from '../../src/engines/explore/explore.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { UsageError } from '../../src/input/usageError.ts';
import { doesTheSame } from './reduced.ts';

/** Small ones, with two and three actors, like ones, in-step checks, ends and places as covers; the others are in orders.long.test.ts. */
const names = [
  'mini-hmm',
  'device-fault-vs-munmap',
  'device-fault-vs-dontneed',
  'device-write-vs-discard',
  'device-write-vs-migration',
  'device-fault-vs-cow',
  'evict-vs-device-write',
  'exclusive-vs-munmap',
];

for (const name of names) {
  test(`${name}: the same with fewer orders`, () => {
    assert.equal(doesTheSame(scenarioNamed(name), 20_000), 'finished');
  });
}

test('fewer states, and far fewer steps', () => {
  const counts = [false, true].map((orders) => {
    const executor = new Executor(scenarioNamed('device-fault-vs-munmap'), null);
    return search(executor, { preemptions: Number.POSITIVE_INFINITY, enough: () => false, orders });
  });
  const [all, fewer] = counts;
  assert.ok(all !== undefined && fewer !== undefined);
  assert.ok(2 * fewer.states < all.states && 3 * fewer.transitions < all.transitions);
  assert.ok(all.allOrders && !fewer.allOrders);
});

test('within a bound on preemptions no order is left out', () => {
  const counts = [false, true].map((orders) => {
    const executor = new Executor(scenarioNamed('device-fault-vs-munmap'), null);
    const { states, transitions, allOrders } = search(executor, { preemptions: 2, enough: () => false, orders });
    return { states, transitions, allOrders };
  });
  assert.deepEqual(counts[0], counts[1]);
});

const options = {
  strategy: 'search',
  seconds: 60,
  schedules: 1e9,
  preemptions: Number.POSITIVE_INFINITY,
  seed: 1,
  settings: {},
};

test('explore leaves out what it is told to', () => {
  const found = ['none', 'orders', 'all'].map((reduction) => explore(scenarioNamed('mini-hmm'), { ...options, reduction }));
  assert.deepEqual(
    found.map(({ verdict, reduction }) => [verdict, reduction]),
    [
      ['proved', 'none'],
      ['proved', 'orders'],
      ['proved', 'all'],
    ],
  );
  const [none, orders, all] = found.map(({ states }) => states) as [number, number, number];
  assert.ok(none > orders && orders > all);
  assert.match(found[0]?.basis ?? '', /every interleaving were reached;/);
  assert.match(found[1]?.basis ?? '', /not counting those that only other orders of independent steps pass\)/);
  assert.throws(
    () => explore(scenarioNamed('mini-hmm'), { ...options, reduction: 'some' }),
    (error: unknown) =>
      error instanceof UsageError && /unknown reduction 'some', allowed are none, orders, all/.test(error.message),
  );
});

test('a failure is found with as few preemptions whatever is left out', () => {
  const shown = ['none', 'orders', 'all'].map((reduction) => {
    const { failure } = explore(scenarioNamed('device-fault-vs-munmap', { retryCheck: 'none' }), { ...options, reduction });
    return [failure?.oracle, failure?.preemptions, failure?.minimal];
  });
  assert.deepEqual(shown, [shown[0], shown[0], shown[0]]);
  assert.deepEqual(shown[0], ['I-STALE', 1, true]);
});
