import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, set, store } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Header } from '../../src/arena/structures.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import type { Failure, NoProgress } from '../../src/engines/explore/machine/failure.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { RandomWalk } from '../../src/engines/explore/sampling/strategies.ts';
import { conclude } from '../../src/engines/explore/search/conclude.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { AGAIN, type Scenario, type Script } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { downRead, downWrite, upRead, upWrite } from '../../src/sync/rwsem.ts';
import { mutexLock, mutexTryLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { waitUntil, waitWhile, wake } from '../../src/sync/wait.ts';

const [A, B, C] = [Header.shared, Header.shared + 1, Header.shared + 2];

/** A scenario over three shared words. */
function scenario(actors: readonly Script[], setup: (arena: Arena) => void = () => {}): Scenario {
  return {
    name: 'test',
    title: '',
    windows: '',
    prepare() {
      const arena = wordArena(actors.length);
      setup(arena);
      return { arena, actors, check: () => [] };
    },
  };
}

type Operation = (task: Task) => Steps<unknown>;

/** An actor for each operation. */
const each = (operations: readonly Operation[]): Script[] =>
  operations.map((operation, i) => ({ name: 'XYZ'[i] as string, operations: [operation] }));

/** The failure that a search of all interleavings finds, if any. It must fail again when its schedule is run again. */
function found(what: Scenario): Failure | null {
  const executor = new Executor(what, null);
  const result = search(executor, { preemptions: Number.POSITIVE_INFINITY, enough: () => false });
  if (result.failure === null) assert.ok(result.complete && result.cut === 0 && result.long === 0);
  else {
    executor.reset();
    let again: Failure | null = null;
    for (const actor of result.schedule) again = executor.step(actor);
    assert.deepEqual(again ?? conclude(executor), result.failure);
  }
  return result.failure;
}

function verdict(kind: NoProgress, message: RegExp, what: Scenario): void {
  const failure = found(what);
  assert.equal(failure?.kind, kind);
  assert.match(failure?.message ?? '', message);
}

/** Takes two locks. The class nests, so that only a deadlock is wrong. */
const takes = (first: number, second: number): Operation =>
  function* (task) {
    yield* mutexLock(task, first, LockClass.mmapLock);
    yield* mutexLock(task, second, LockClass.mmapLock);
    yield* mutexUnlock(task, second, LockClass.mmapLock);
    yield* mutexUnlock(task, first, LockClass.mmapLock);
  };

test('deadlock: who waits for whom is said; the same locks in one order are fine', () => {
  const waits = (who: string, holder: string): string => `${who} \\(holds mmapLock\\) waits for word \\d+, held by ${holder}`;
  verdict(
    'deadlock',
    new RegExp(`^deadlock: ${waits('X', 'Y')}; ${waits('Y', 'X')}$`),
    scenario(each([takes(A, B), takes(B, A)])),
  );
  assert.equal(found(scenario(each([takes(A, B), takes(A, B)]))), null);
});

test('deadlock: of three, and of who waits for something that nobody is left to do', () => {
  verdict(
    'deadlock',
    /^deadlock: X .* held by Y; Y .* held by Z; Z .* held by X$/,
    scenario(each([takes(A, B), takes(B, C), takes(C, A)])),
  );
  const keeps: Operation = (task) => waitWhile(task, A, 0);
  verdict('deadlock', /^deadlock: X waits for word \d+; nobody is left to end it$/, scenario(each([keeps])));
});

test('lock order: a cycle of lock classes is reported although nobody waits', () => {
  const nested = (outer: number, inner: number): Operation =>
    function* (task) {
      yield* mutexLock(task, A + outer, outer);
      yield* mutexLock(task, A + inner, inner);
      yield* mutexUnlock(task, A + inner, inner);
      yield* mutexUnlock(task, A + outer, outer);
    };
  const { migrateLock, updateLock } = LockClass;
  const both = (first: Operation, second: Operation): Script[] => [{ name: 'X', operations: [first, second] }];
  const failure = found(scenario(both(nested(migrateLock, updateLock), nested(updateLock, migrateLock))));
  assert.equal(failure?.rule, 'I-LOCK');
  assert.match(failure?.message ?? '', /^lock order: actor 0 takes migrateLock while it holds updateLock/);
  assert.equal(found(scenario(both(nested(migrateLock, updateLock), nested(migrateLock, updateLock)))), null);
});

test('lost wake-up: the word has changed and nobody wakes who waits for it', () => {
  const waits: Operation = (task) => waitWhile(task, A, 0);
  const changes = (wakes: boolean): Operation =>
    function* ({ arena }) {
      yield Point.unlock;
      store(arena, A, 1);
      yield Point.invEndWake;
      if (wakes) wake(arena, A);
    };
  verdict(
    'lost wake-up',
    /^lost wake-up: X waits for word \d+, which has changed; nobody wakes it$/,
    scenario(each([waits, changes(false)])),
  );
  assert.equal(found(scenario(each([waits, changes(true)]))), null);
});

/** Takes a lock and tries to take another; if that fails it lets go and begins again. */
const polite = (first: number, second: number): Operation =>
  function* (task) {
    yield* mutexLock(task, first, LockClass.mmapLock);
    const both = yield* mutexTryLock(task, second, LockClass.mmapLock);
    if (both) yield* mutexUnlock(task, second, LockClass.mmapLock);
    yield* mutexUnlock(task, first, LockClass.mmapLock);
    return both ? undefined : AGAIN;
  };

test('livelock: two actors that keep giving way to each other; not so in one order', () => {
  verdict(
    'livelock',
    /^livelock: X, Y can go round for ever: every \d+ steps the state is the same again/,
    scenario(each([polite(A, B), polite(B, A)])),
  );
  assert.equal(found(scenario(each([polite(A, B), takes(A, B)]))), null);
});

test('livelock: an actor alone that tries again and again, whatever it has read on the way', () => {
  const counts: Operation = function* ({ arena }) {
    for (let n = 0; load(arena, A) === 0; n++) {
      yield Point.cpuAccess;
      store(arena, B, n);
    }
  };
  const failure = found(scenario(each([counts])));
  assert.equal(failure?.kind, 'counting livelock');
  assert.match(
    failure?.message ?? '',
    /^counting livelock: X go round: 64 rounds of 1 steps were made, one like the other but for 1 words that count \(X@cpuAccess\)$/,
  );
  assert.equal(found(scenario(each([counts]), (arena) => store(arena, A, 1))), null);
});

test('a loop that looks at the same word for each of 512 pieces is no livelock; one that goes on is', () => {
  const looks = (times: number): Operation =>
    function* ({ arena }) {
      // The question is asked where the loop is on its way.
      for (let n = 0; n < 1700; n++) {
        yield Point.cpuAccess;
        store(arena, B, n * n);
      }
      for (let n = 0; n < times; n++) {
        yield Point.cpuAccess;
        load(arena, A);
      }
    };
  assert.equal(found(scenario(each([looks(512)]))), null);
  verdict('counting livelock', /64 rounds of 1 steps were made/, scenario(each([looks(Number.POSITIVE_INFINITY)])));
});

test('a spin that somebody else will end is no livelock: a fair scheduler lets that one run', () => {
  const spins: Operation = function* ({ arena }) {
    yield Point.cpuAccess;
    return load(arena, A) === 0 ? AGAIN : undefined;
  };
  const ends: Operation = function* ({ arena }) {
    yield Point.setPte;
    store(arena, A, 1);
  };
  assert.equal(found(scenario(each([spins, ends]))), null);
  verdict('livelock', /^livelock: X can go round/, scenario(each([spins])));
});

/** Somebody who wants a lock once, against somebody who takes it for ever. */
const against = (once: Operation, always: Operation): Script[] => [
  { name: 'X', operations: [once] },
  { name: 'Y', operations: [always], background: true },
];

test('starvation: nobody is kept from a lock that is queued or handed over; who only tries it can be', () => {
  const mutex: Operation = function* (task) {
    yield* mutexLock(task, A, LockClass.mmapLock);
    yield* mutexUnlock(task, A, LockClass.mmapLock);
  };
  const reads: Operation = function* (task) {
    yield* downRead(task, A, LockClass.mmapLock);
    yield* upRead(task, A, LockClass.mmapLock);
  };
  const writes: Operation = function* (task) {
    yield* downWrite(task, A, LockClass.mmapLock);
    yield* upWrite(task, A, LockClass.mmapLock);
  };
  const tries: Operation = function* (task) {
    if (!(yield* mutexTryLock(task, A, LockClass.mmapLock))) return AGAIN;
    yield* mutexUnlock(task, A, LockClass.mmapLock);
    return undefined;
  };
  verdict('starvation', /^starvation: X may never get on while Y does, again and again/, scenario(against(tries, mutex)));
  assert.equal(found(scenario(against(mutex, mutex))), null);
  assert.equal(found(scenario(against(reads, writes))), null);
  assert.equal(found(scenario(each([mutex, mutex]))), null, 'one round is not for ever');
});

test('samples meet the same verdicts', () => {
  const kinds = (what: Scenario): Set<string> => {
    const executor = new Executor(what, null);
    const runnable = new Uint8Array(executor.count);
    const random = new RandomWalk(1);
    return new Set(Array.from({ length: 200 }, () => runOnce(executor, random, runnable)?.kind ?? 'fine'));
  };
  const never: Operation = (task) => waitUntil(task, Point.cpuAccess, A, -1, 1);
  assert.deepEqual(kinds(scenario(each([takes(A, B), takes(B, A)]))), new Set(['fine', 'deadlock']));
  assert.deepEqual(kinds(scenario(each([never]))), new Set(['deadlock']));
  const spins: Operation = function* ({ arena }) {
    yield Point.cpuAccess;
    set(arena, B, 1 - load(arena, B));
    return AGAIN;
  };
  assert.deepEqual(kinds(scenario(each([spins, spins]))), new Set(['livelock']));
});
