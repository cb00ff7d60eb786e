import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { get, load, store } from '../../src/arena/access.ts';
import { poolAlloc, poolFree } from '../../src/arena/pool.ts';
import { Subscriptions } from '../../src/arena/structures.ts';
import { mmuIntervalNotifierInsert } from '../../src/notifier/interval.ts';
import { registerIntervalOps } from '../../src/notifier/ops.ts';
import type { NotifierRange } from '../../src/notifier/range.ts';
import {
  invEnd,
  mmuIntervalCheckRetry,
  mmuIntervalReadBegin,
  mmuIntervalReadRetry,
  mmuIntervalSetSeq,
  subscriptionsOf,
} from '../../src/notifier/sequence.ts';
import { Point } from '../../src/steps/points.ts';
import { run, type Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { spinLock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { close, deferred, inTree, numbers, open } from './brackets.ts';
import { machine, soloTask } from './machine.ts';
import { record } from './recorder.ts';
import { actor, steppedOnly } from './schedule.ts';
import { violates } from './violates.ts';

/** Callbacks that only set the sequence. */
const OPS = 900;
registerIntervalOps(OPS, {
  *invalidate(task: Task, sub: number, _range: NotifierRange, seq: number): Steps<boolean> {
    mmuIntervalSetSeq(task, sub, seq);
    return true;
  },
});

function scene() {
  const { arena, task, mm } = machine();
  /** Subscribes pages [start, start + length). */
  const insert = (start: number, length: number): number => {
    const sub = poolAlloc(arena, arena.pools.interval);
    assert.equal(run(mmuIntervalNotifierInsert(task, sub, mm, { start, length, ops: OPS })), 0);
    return sub;
  };
  return { arena, task, mm, insert, t: soloTask(arena, 1), v: soloTask(arena, 2), reader: soloTask(arena, 3) };
}

test('the numbers of the worked example: insertion, brackets and readers one after another', () => {
  const { task, mm, insert, t, v, reader } = scene();
  const one = insert(10, 4);
  assert.deepEqual(numbers(task, mm, one), [0, 2, 1]);
  const token = run(mmuIntervalReadBegin(reader, one));
  assert.deepEqual([token, ...numbers(task, mm, one)], [1, 0, 2, 1]);
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
  assert.equal(run(mmuIntervalReadBegin(reader, one)), 3);
  const second = open(v, mm, 10, 12);
  assert.deepEqual(numbers(task, mm, one, two), [1, 5, 5, 3]);
  assert.equal(mmuIntervalReadRetry(reader, one, 3), true);
  close(v, second);
});

test('a reader sleeps until the last bracket ends, not only the one it met', steppedOnly, () => {
  const { arena, task, mm, insert, t, v } = scene();
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
  const { arena, mm, insert, v } = scene();
  const sub = insert(10, 4);
  const hit = open(v, mm, 10, 12);
  const begin = actor(arena, 4, (reader: Task) => mmuIntervalReadBegin(reader, sub));
  assert.equal(begin.go(), 'waits');
  close(v, hit);
  open(v, mm, 10, 12);
  assert.equal(begin.go(), 'done');
  assert.equal(begin.result(), 3);
  assert.equal(mmuIntervalCheckRetry(begin.task, sub, 3), true);
});

test('an invalidation whose callback has not come to an interval yet does not stop its readers', steppedOnly, () => {
  const { arena, task, mm } = scene();
  const [first, second] = [record(task, mm, 10, 4), record(task, mm, 12, 4)];
  const reader = soloTask(arena, 3);
  const answers: (number | boolean)[] = [];
  first.during = () => {
    const token = run(mmuIntervalReadBegin(reader, second.sub));
    answers.push(token, mmuIntervalReadRetry(reader, second.sub, token));
    second.during = () => answers.push(mmuIntervalReadRetry(reader, second.sub, token));
  };
  close(task, open(task, mm, 10, 20));
  assert.deepEqual(answers, [1, false, true]);
});

test('two brackets over one range: the first end does not let readers in', () => {
  const { task, mm, insert, t, v, reader } = scene();
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
  const { task, mm, insert, t } = scene();
  const sub = insert(10, 4);
  const outer = open(t, mm, 0, 100);
  close(t, open(t, mm, 10, 11));
  assert.deepEqual(numbers(task, mm, sub), [1, 3, 3]);
  close(t, outer);
  assert.deepEqual(numbers(task, mm, sub), [0, 4, 3]);
});

test('a token survives an invalidation elsewhere', () => {
  const { mm, insert, t, reader } = scene();
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
  const { arena, task, mm, insert, t } = scene();
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
  const { task, mm, insert, t } = scene();
  insert(10, 4);
  const range = open(t, mm, 10, 11);
  close(t, range);
  violates('I-PAIR', /ends that never began/, () => run(invEnd(t, subscriptionsOf(task, mm))));
});

test('read-begin is not called under a spin lock or from a callback', () => {
  const { arena, task, mm } = scene();
  const { sub, ...recorder } = record(task, mm, 10, 4);
  assert.equal(recorder.heard.length, 0);
  const inside = record(task, mm, 30, 4);
  inside.during = (caller) => run(mmuIntervalReadBegin(caller, sub));
  violates('I-LOCK', /takes a second invalidateRangeStart/, () => open(task, mm, 30, 31));
  const spinning = soloTask(arena, 5);
  run(spinLock(spinning, inside.sub + 2, LockClass.ptl));
  violates('I-LOCK', /may sleep in mmuIntervalReadBegin/, () => run(mmuIntervalReadBegin(spinning, sub)));
  run(mmuIntervalReadBegin(soloTask(arena, 6), sub));
});

test('an interval is not read after it was freed', () => {
  const { arena, insert, reader } = scene();
  const sub = insert(10, 4);
  run(mmuIntervalReadBegin(reader, sub));
  poolFree(arena, arena.pools.interval, sub);
  violates('I-UAF', /mm handle/, () => run(mmuIntervalReadBegin(reader, sub)));
});

test('the wake-up comes after the lock, and who came before it is not lost', steppedOnly, () => {
  const { arena, mm, insert, v } = scene();
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

/** What the tables of the sequence design say, on plain values. */
function shadow() {
  const own = new Map<number, number>();
  const members = new Set<number>();
  const state = { active: 0, seq: 2, own, members, waiting: [] as number[] };
  return Object.assign(state, {
    open(hits: readonly number[]) {
      state.active++;
      if (hits.length > 0) state.seq |= 1;
      for (const sub of hits) own.set(sub, state.seq);
    },
    close() {
      state.active--;
      if (state.active > 0 || state.seq % 2 === 0) return;
      state.seq++;
      for (const sub of state.waiting.splice(0)) members.add(sub);
    },
    insert(sub: number) {
      if (state.active === 0) own.set(sub, state.seq - 1);
      else if (state.seq % 2 === 0) own.set(sub, ++state.seq);
      else {
        own.set(sub, state.seq);
        state.waiting.unshift(sub);
        return;
      }
      members.add(sub);
    },
  });
}

const PAGES = 24;
const span = fc.record({ start: fc.nat(PAGES), length: fc.integer({ min: 1, max: 6 }) });
const event = fc.oneof(
  fc.record({ what: fc.constant('open' as const), span }),
  fc.record({ what: fc.constant('close' as const), which: fc.nat(5) }),
  fc.record({ what: fc.constant('insert' as const), span }),
);

test('any mixture of brackets and insertions moves the numbers as designed', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const { arena, task, mm, insert } = scene();
      const expected = shadow();
      const spans = new Map<number, [number, number]>();
      const brackets: NotifierRange[] = [];
      const first = insert(0, 2);
      spans.set(first, [0, 2]);
      expected.insert(first);
      for (const e of events) {
        if (e.what === 'insert') {
          const sub = insert(e.span.start, e.span.length);
          spans.set(sub, [e.span.start, e.span.start + e.span.length]);
          expected.insert(sub);
        } else if (e.what === 'open') {
          const [start, end] = [e.span.start, e.span.start + e.span.length];
          brackets.push(open(task, mm, start, end));
          expected.open([...expected.members].filter((sub) => (spans.get(sub)?.[0] ?? end) < end && (spans.get(sub)?.[1] ?? 0) > start));
        } else {
          const [range] = brackets.splice(e.which, 1);
          if (range === undefined) continue;
          close(task, range);
          expected.close();
        }
        const subs = [...spans.keys()];
        assert.deepEqual(numbers(task, mm, ...subs), [expected.active, expected.seq, ...subs.map((sub) => expected.own.get(sub))]);
        assert.deepEqual(new Set(inTree(task, mm)), expected.members);
        assert.deepEqual(deferred(task, mm), expected.waiting);
        if (expected.active === 0) assert.equal(get(arena, subscriptionsOf(task, mm) + Subscriptions.invalidateSeq) & 1, 0);
      }
    }),
    { numRuns: 200 },
  );
});
