/** What is left out because it comes to the same: the verdict, the ends and what is reached stay as they are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { Header } from '../../src/arena/structures.ts';
import { explore } from '../../src/engines/explore/explore.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { UsageError } from '../../src/input/usageError.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { doesTheSame } from './reduced.ts';
import { wordScenario, X } from './words.ts';

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

function* nested(task: Task, locks: readonly (readonly [word: number, cls: LockClass])[]): Steps<void> {
  for (const [word, cls] of locks) yield* mutexLock(task, word, cls);
  for (const [word, cls] of [...locks].reverse()) yield* mutexUnlock(task, word, cls);
}

test('who fails is not put off for ever by one that goes round', () => {
  const [outer, inner] = [LockClass.driverLock1, LockClass.driverLock2];
  const [a, b, c, d] = [1, 2, 3, 4].map((i) => Header.shared + i) as [number, number, number, number];
  const round = wordScenario({
    *A(task) {
      yield* nested(task, [
        [a, outer],
        [b, inner],
      ]);
      do yield Point.call;
      while (load(task.arena, X) === 0);
    },
    // No lock of A is among these, so that nothing tells the two apart but the order of classes.
    B: (task) =>
      nested(task, [
        [c, inner],
        [d, outer],
      ]),
  });
  for (const orders of [false, true]) {
    const enough = (): boolean => false;
    const executor = new Executor(round, null);
    const { failure, schedule } = search(executor, { preemptions: Number.POSITIVE_INFINITY, enough, orders });
    assert.equal(failure?.rule, 'I-LOCK');
    executor.reset();
    assert.deepEqual([...schedule].map((actor) => executor.step(actor)).at(-1), failure);
  }
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
