import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { poolFree } from '../../src/arena/pool.ts';
import { type Serial, serialText } from '../../src/arena/serials.ts';
import { Header, Subscriptions } from '../../src/arena/structures.ts';
import {
  invEnd,
  mmuIntervalCheckRetry,
  mmuIntervalReadBegin,
  mmuIntervalReadRetry,
  subscriptionsOf,
} from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { spinLock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { close, deferred, inTree, numbers, open } from './brackets.ts';
import { soloTask } from './machine.ts';
import { record } from './recorder.ts';
import { actor, steppedOnly } from './schedule.ts';
import { sequenceScene } from './sequenceScene.ts';
import { violates } from './violates.ts';

test('the numbers of the worked example: insertion, brackets and readers one after another', () => {
  const { task, mm, insert, t, v, reader } = sequenceScene();
  const one = insert(10, 4);
  assert.deepEqual(numbers(task, mm, one), [0, 2, 1]);
  const token = run(mmuIntervalReadBegin(reader, one));
  assert.deepEqual([serialText(token), ...numbers(task, mm, one)], ['1', 0, 2, 1]);
  const nobody = open(t, mm, 50, 60);
  assert.deepEqual(numbers(task, mm, one), [1, 2, 1]);
  const two = insert(20, 4);
  assert.deepEqual(numbers(task, mm, one, two), [1, 3, 1, 3]);
  violates('I-DEAD', /would wait for ever/, () => run(mmuIntervalReadBegin(soloTask(task.arena, 4), two)));
  assert.equal(mmuIntervalReadRetry(reader, one, token), false);
  const hit = open(v, mm, 10, 12);
  assert.deepEqual(numbers(task, mm, one, two), [2, 3, 3, 3]);
  assert.equal(mmuIntervalReadRetry(reader, one, token), true);
  const three = insert(30, 4);
  assert.deepEqual(numbers(task, mm, one, two, three), [2, 3, 3, 3, 3]);
  assert.deepEqual([inTree(task, mm), deferred(task, mm)], [[one, two], [three]]);
  close(t, nobody);
  assert.deepEqual(numbers(task, mm, one, two, three), [1, 3, 3, 3, 3]);
  violates('I-DEAD', /would wait for ever/, () => run(mmuIntervalReadBegin(soloTask(task.arena, 5), one)));
  close(v, hit);
  assert.deepEqual(numbers(task, mm, one, two, three), [0, 4, 3, 3, 3]);
  assert.deepEqual([inTree(task, mm), deferred(task, mm)], [[one, two, three], []]);
  const taken = run(mmuIntervalReadBegin(reader, one));
  assert.equal(serialText(taken), '3');
  const second = open(v, mm, 10, 12);
  assert.deepEqual(numbers(task, mm, one, two), [1, 5, 5, 3]);
  assert.equal(mmuIntervalReadRetry(reader, one, taken), true);
  close(v, second);
});

test('a reader sleeps until the last bracket ends, not only the one it met', steppedOnly, () => {
  const { arena, task, mm, insert, t, v } = sequenceScene();
  const sub = insert(10, 4);
  const hit = open(v, mm, 10, 12);
  const other = open(t, mm, 90, 91);
  const begin = actor(arena, 4, (reader: Task) => mmuIntervalReadBegin(reader, sub));
  assert.equal(begin.go(), 'waits');
  const waiters = subscriptionsOf(task, mm) + Subscriptions.waiters;
  assert.equal(load(arena, waiters), 1);
  close(v, hit);
  assert.equal(begin.go(), 'waits');
  close(t, other);
  assert.equal(begin.go(), 'done');
  assert.deepEqual([begin.result(), load(arena, waiters)], [3, 0]);
});

test('a reader does not loop: what it gets may be stale when it gets it', steppedOnly, () => {
  const { arena, mm, insert, v } = sequenceScene();
  const sub = insert(10, 4);
  const hit = open(v, mm, 10, 12);
  const begin = actor(arena, 4, (reader: Task) => mmuIntervalReadBegin(reader, sub));
  assert.equal(begin.go(), 'waits');
  close(v, hit);
  open(v, mm, 10, 12);
  assert.equal(begin.go(), 'done');
  const token = begin.result() as Serial;
  assert.equal(serialText(token), '3');
  assert.equal(mmuIntervalCheckRetry(begin.task, sub, token), true);
});

test('an invalidation whose callback has not come to an interval yet does not stop its readers', steppedOnly, () => {
  const { arena, task, mm } = sequenceScene();
  const [first, second] = [record(task, mm, 10, 4), record(task, mm, 12, 4)];
  const reader = soloTask(arena, 3);
  const answers: (string | boolean)[] = [];
  first.during = () => {
    const token = run(mmuIntervalReadBegin(reader, second.sub));
    answers.push(serialText(token), mmuIntervalReadRetry(reader, second.sub, token));
    second.during = () => answers.push(mmuIntervalReadRetry(reader, second.sub, token));
  };
  close(task, open(task, mm, 10, 20));
  assert.deepEqual(answers, ['1', false, true]);
});

test('two brackets over one range: the first end does not let readers in', () => {
  const { task, mm, insert, t, v, reader } = sequenceScene();
  const sub = insert(10, 4);
  const [outer, inner] = [open(v, mm, 10, 12), open(t, mm, 10, 12)];
  close(v, outer);
  assert.deepEqual(numbers(task, mm, sub), [1, 3, 3]);
  violates('I-DEAD', /would wait for ever/, () => run(mmuIntervalReadBegin(reader, sub)));
  close(t, inner);
  assert.deepEqual(numbers(task, mm, sub), [0, 4, 3]);
  assert.equal(run(mmuIntervalReadBegin(soloTask(task.arena, 4), sub)), 3);
});

test('brackets nest in one task', () => {
  const { task, mm, insert, t } = sequenceScene();
  const sub = insert(10, 4);
  const outer = open(t, mm, 0, 100);
  close(t, open(t, mm, 10, 11));
  assert.deepEqual(numbers(task, mm, sub), [1, 3, 3]);
  close(t, outer);
  assert.deepEqual(numbers(task, mm, sub), [0, 4, 3]);
});

test('a token survives an invalidation elsewhere', () => {
  const { mm, insert, t, reader } = sequenceScene();
  const [here, there] = [insert(10, 4), insert(20, 4)];
  const token = run(mmuIntervalReadBegin(reader, here));
  close(t, open(t, mm, 20, 24));
  close(t, open(t, mm, 14, 20));
  assert.deepEqual([mmuIntervalReadRetry(reader, here, token), mmuIntervalCheckRetry(reader, here, token)], [false, false]);
  assert.equal(mmuIntervalReadRetry(reader, there, token), true);
  close(t, open(t, mm, 13, 20));
  assert.equal(mmuIntervalReadRetry(reader, here, token), true);
});

test('the sequence wraps', () => {
  const { arena, task, mm, insert, t } = sequenceScene();
  const word = (sub: number) => numbers(task, mm, sub)[1];
  const sub = insert(10, 4);
  store(arena, subscriptionsOf(task, mm) + Subscriptions.invalidateSeq, -2);
  const range = open(t, mm, 10, 11);
  assert.equal(word(sub), -1);
  close(t, range);
  assert.equal(word(sub), 0);
  const late = insert(20, 4);
  assert.deepEqual(numbers(task, mm, sub, late), [0, 0, -1, -1]);
  store(arena, subscriptionsOf(task, mm) + Subscriptions.invalidateSeq, 0x7fff_fffe);
  close(t, open(t, mm, 10, 11));
  assert.deepEqual(numbers(task, mm, sub), [0, -0x8000_0000, 0x7fff_ffff]);
});

test('an end without a start is reported, one with a start is not', () => {
  const { task, mm, insert, t } = sequenceScene();
  insert(10, 4);
  const range = open(t, mm, 10, 11);
  close(t, range);
  violates('I-PAIR', /ends that never began/, () => run(invEnd(t, subscriptionsOf(task, mm))));
});

test('read-begin is not called under a spin lock or from a callback', () => {
  const { arena, task, mm } = sequenceScene();
  const { sub } = record(task, mm, 10, 4);
  const inside = record(task, mm, 30, 4);
  inside.during = (caller) => run(mmuIntervalReadBegin(caller, sub));
  violates('I-LOCK', /takes a second invalidateRangeStart/, () => open(task, mm, 30, 31));
  const spinning = soloTask(arena, 5);
  run(spinLock(spinning, Header.shared, LockClass.ptl));
  violates('I-LOCK', /may sleep in mmuIntervalReadBegin/, () => run(mmuIntervalReadBegin(spinning, sub)));
  run(mmuIntervalReadBegin(soloTask(arena, 6), sub));
});

test('an interval is not read after it was freed', () => {
  const { arena, insert, reader } = sequenceScene();
  const sub = insert(10, 4);
  run(mmuIntervalReadBegin(reader, sub));
  poolFree(arena, arena.pools.interval, sub);
  violates('I-UAF', /mm handle/, () => run(mmuIntervalReadBegin(reader, sub)));
});

test('the wake-up comes after the lock, and who came before it is not lost', steppedOnly, () => {
  const { arena, mm, insert, v } = sequenceScene();
  const sub = insert(10, 4);
  const hit = open(v, mm, 10, 12);
  const begin = actor(arena, 4, (reader: Task) => mmuIntervalReadBegin(reader, sub));
  const end = actor(arena, 5, function* (task: Task): Steps<void> {
    yield* invEnd(task, subscriptionsOf(task, hit.mm));
  });
  begin.to(Point.unlock);
  end.to(Point.lock);
  assert.equal(end.go(), 'waits');
  assert.equal(begin.go(), 'waits');
  end.to(Point.invEndWake);
  assert.equal(begin.go(), 'done');
  assert.equal(end.go(), 'done');
});
