/** A livelock is explained by its round, and shown with the round once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetRound, load, observed, store } from '../../src/arena/access.ts';
import { executorOf, explore, replay } from '../../src/engines/explore/explore.ts';
import { Budget } from '../../src/engines/explore/failure/budget.ts';
import { roundOf, shortestRound } from '../../src/engines/explore/failure/round.ts';
import { outcomeOf, UNFINISHED } from '../../src/engines/explore/failure/run.ts';
import { readToken } from '../../src/engines/explore/failure/token.ts';
import { exploreText } from '../../src/report/exploreText.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X, Y, Z } from './words.ts';

const options = { strategy: 'search', seconds: 60, schedules: 1e6, preemptions: Number.POSITIVE_INFINITY, seed: 1, settings: {} };

/** Holds a lock until somebody sets X; whoever would do that wants the lock. */
const scenario = wordScenario({
  *A(task: Task): Steps<void> {
    yield* mutexLock(task, Y, LockClass.mmapLock);
    const mark = observed();
    for (;;) {
      yield Point.hmmWalk;
      if (load(task.arena, X) !== 0) break;
      yield Point.hmmWalkPte;
      forgetRound(mark);
    }
    yield* mutexUnlock(task, Y, LockClass.mmapLock);
  },
  *B(task: Task): Steps<void> {
    yield* mutexLock(task, Y, LockClass.mmapLock);
    store(task.arena, X, 1);
    yield* mutexUnlock(task, Y, LockClass.mmapLock);
  },
  *C({ arena }: Task): Steps<void> {
    yield Point.call;
    store(arena, Z, 1);
  },
});

test('names, steps, who waits, and what would have to change', () => {
  const result = explore(scenario, { ...options, explain: true });
  const { failure } = result;
  assert.equal(failure?.noProgress, 'livelock');
  const round = failure?.explanation?.round ?? assert.fail('no round');
  assert.deepEqual([round.actors, round.length, round.times], [['A'], 2, 1]);
  assert.deepEqual(round.steps.map(({ actor, from, to }) => `${actor} ${from} ${to}`).sort(), [
    'A hmmWalk hmmWalkPte',
    'A hmmWalkPte hmmWalk',
  ]);
  assert.equal(round.waiting.length, 1);
  assert.match(round.waiting[0] ?? '', /^B waits for .*, held by A$/);
  assert.deepEqual(round.looksAt, ['the machine: shared[0]']);
  // The rows before the round, and then those of the round, once.
  const at = failure?.table.indexOf('the round:') ?? -1;
  assert.ok(at > 0);
  assert.match(failure?.table[at + 1] ?? '', /2 to hmmWalk/);
  assert.equal(failure?.table.length, at + 3);
  const text = exploreText(result);
  assert.match(text, /The round: A makes the same 2 steps again and again:/);
  assert.match(text, /It ends only if something changes .*: the machine: shared\[0\]\./);
  assert.equal(replay(scenario, {}, readToken(failure?.token ?? '').schedule).failure?.message, failure?.message);
});

test('a round that was made many times is shown where it begins, and once', () => {
  const { failure } = explore(scenario, { ...options, explain: true });
  const { schedule } = readToken(failure?.token ?? '');
  const { start, length } = failure?.explanation?.round ?? assert.fail('no round');
  const executor = executorOf(scenario);
  const again = { start: start + 20 * length, length };
  const long = {
    schedule: [...schedule, ...Array<number>(20 * length).fill(schedule.at(-1) as number)],
    minimal: true,
    failure: { rule: 'I-PROG', kind: 'livelock', message: '', actor: -1, round: again } as const,
  };
  const short = shortestRound(executor, long, new Budget(60));
  assert.deepEqual([short.schedule, short.failure.round], [schedule, { start, length }]);
  assert.equal(shortestRound(executor, long, new Budget(60, { isStopped: () => true })), long);
  // Not cut, it is shown as a round that is made 21 times.
  const shown = roundOf(executor, long.schedule, long.failure, new Budget(60));
  assert.deepEqual([shown?.start, shown?.length, shown?.times], [start, length, 21]);
  // And without time there are its steps, but no lines, and nothing is said about what it looks at.
  const hasty = roundOf(executor, long.schedule, long.failure, new Budget(0));
  assert.deepEqual([hasty?.steps.length, hasty?.steps[0]?.source, hasty?.looksAt], [length, null, null]);
});

test('what has no end, and is no livelock that can be told, neither fails nor passes', () => {
  const endless = wordScenario({
    *A({ arena }: Task): Steps<void> {
      for (let i = 0; ; i++) {
        yield Point.call;
        store(arena, X, i * i);
      }
    },
  });
  assert.equal(outcomeOf(executorOf(endless), [{ actor: 0, steps: 3 }]), UNFINISHED);
  assert.equal(outcomeOf(executorOf(wordScenario({ *A() {} })), []), null);
});

/** Says that it wants, gives way if the other one wants too, and tries again. */
const polite = (own: number, other: number) =>
  function* ({ arena }: Task): Steps<void> {
    const mark = observed();
    for (;;) {
      yield Point.lock;
      store(arena, own, 1);
      yield Point.unlock;
      if (load(arena, other) === 0) break;
      store(arena, own, 0);
      forgetRound(mark);
    }
    store(arena, own, 0);
  };

test('a round of two: each row is a stretch, and two steps decide whether they meet', () => {
  const two = wordScenario({ A: polite(X, Y), B: polite(Y, X) });
  const result = explore(two, { ...options, explain: true });
  const { failure } = result;
  assert.equal(failure?.noProgress, 'livelock');
  const round = failure?.explanation?.round ?? assert.fail('no round');
  assert.deepEqual([round.actors, round.waiting, round.looksAt], [['A', 'B'], [], []]);
  const at = failure?.table.indexOf('the round:') ?? -1;
  const rows = failure?.table.slice(at + 1, -1) ?? [];
  const stretches = round.steps.filter(({ actor }, i) => actor !== round.steps[i - 1]?.actor).length;
  assert.deepEqual([rows.length, failure?.table.at(-1)], [stretches, 'and so on']);
  assert.match(exploreText(result), /only A or B can end it\./);
  assert.match(exploreText(result), /The round: A and B make the same \d+ steps again and again/);
});
