/** What follows a release is a step of its own: whoever gets the lock may be through with it before. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { Header } from '../../src/arena/structures.ts';
import { Violation } from '../../src/arena/violation.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { downgradeWrite, downRead, downWrite, upRead, upWrite } from '../../src/sync/rwsem.ts';
import { mutexLock, mutexUnlock, spinLock, spinUnlock } from '../../src/sync/spinlock.ts';
import { srcuReadLock, srcuReadUnlock, synchronizeSrcu } from '../../src/sync/srcu.ts';
import type { Task } from '../../src/sync/task.ts';
import { flushWork, queueWork, runPendingWork, type Work } from '../../src/sync/workqueue.ts';

const [LOCK, FLAG, INSIDE, QUEUE] = [Header.shared, Header.shared + 2, Header.shared + 3, Header.shared + 4];
const PFN = 1;

type Operation = (task: Task) => Steps<unknown>;

const { updateLock, mmapLock, ptl, deferredListWork } = LockClass;

function* sets({ arena }: Task): Steps<void> {
  store(arena, FLAG, 1);
}

/** Takes, does something, releases; passes on what the middle returns. */
const under = (takes: Operation, inside: Operation, releases: Operation): Operation =>
  function* (task) {
    yield* takes(task);
    const result = yield* inside(task);
    yield* releases(task);
    return result;
  };

const spin = (inside: Operation): Operation =>
  under(
    (task) => spinLock(task, LOCK, ptl),
    inside,
    (task) => spinUnlock(task, LOCK, ptl),
  );
const mutex = (inside: Operation): Operation =>
  under(
    (task) => mutexLock(task, LOCK, updateLock),
    inside,
    (task) => mutexUnlock(task, LOCK, updateLock),
  );
const reads = (inside: Operation): Operation =>
  under(
    (task) => downRead(task, LOCK, mmapLock),
    inside,
    (task) => upRead(task, LOCK, mmapLock),
  );
const writes = (inside: Operation): Operation =>
  under(
    (task) => downWrite(task, LOCK, mmapLock),
    inside,
    (task) => upWrite(task, LOCK, mmapLock),
  );
const locksPage = (inside: Operation): Operation =>
  under(
    (task) => lockPage(task, PFN),
    inside,
    (task) => unlockPage(task, PFN),
  );
const section = (inside: Operation): Operation =>
  under(
    (task) => srcuReadLock(task),
    inside,
    (task) => srcuReadUnlock(task, 0),
  );
const worksOn = (inside: Operation): Operation =>
  function* (task) {
    let result: unknown;
    const work: Work = {
      bit: 0,
      cls: deferredListWork,
      *run(worker) {
        result = yield* inside(worker);
      },
    };
    yield Point.call;
    queueWork(task, QUEUE, work);
    yield* runPendingWork(task, QUEUE, [work], 0);
    return result;
  };

/** Sets the flag after it has waited for one that is inside. */
const after = (waits: Operation): Operation =>
  function* (task) {
    yield Point.call;
    if (load(task.arena, INSIDE) === 0) return;
    yield* waits(task);
    store(task.arena, FLAG, 1);
  };

const nothing: Work = { bit: 0, cls: deferredListWork, *run() {} };

/** How A guards its first look at the flag, and how B comes to set it: never while A is inside. */
const kinds: Record<string, readonly [guard: (inside: Operation) => Operation, other: Operation]> = {
  'a spin lock': [spin, spin(sets)],
  'a mutex': [mutex, mutex(sets)],
  'a semaphore held for reading': [reads, writes(sets)],
  'a semaphore held for writing': [writes, reads(sets)],
  'a page lock': [locksPage, locksPage(sets)],
  'a read section of SRCU': [section, after(synchronizeSrcu)],
  'a piece of work': [worksOn, after((task) => flushWork(task, QUEUE, nothing, 0))],
};

const looks: Operation = function* ({ arena }) {
  store(arena, INSIDE, 1);
  return load(arena, FLAG);
};

function lookAgain({ arena }: Task, saw: unknown): void {
  if (load(arena, FLAG) !== saw) throw new Violation('I-OUT', 'the flag has changed');
}

/** What goes wrong in some interleaving. */
function outcome(a: Operation, b: Operation): string | undefined {
  const scenario: Scenario = {
    name: 'release',
    title: '',
    windows: '',
    prepare() {
      const arena = wordArena(2);
      const actors = [
        { name: 'A', operations: [a] },
        { name: 'B', operations: [b] },
      ];
      return { arena, actors, check: () => [] };
    },
  };
  return search(new Executor(scenario, null), { preemptions: Number.POSITIVE_INFINITY, enough: () => false }).failure?.message;
}

for (const [kind, [guard, other]] of Object.entries(kinds)) {
  test(`another actor may run after the release of ${kind}, and not before`, () => {
    const inside = guard(function* (task) {
      const saw = yield* looks(task);
      yield Point.driverChecked;
      lookAgain(task, saw);
    });
    const outside: Operation = function* (task) {
      lookAgain(task, yield* guard(looks)(task));
    };
    assert.equal(outcome(inside, other), undefined);
    assert.equal(outcome(outside, other), 'the flag has changed');
  });
}

test('readers may come in when a writer becomes a reader, before it does anything else', () => {
  const downgrades: Operation = function* (task) {
    yield* downWrite(task, LOCK, mmapLock);
    const saw = yield* looks(task);
    yield* downgradeWrite(task, LOCK);
    lookAgain(task, saw);
    yield* upRead(task, LOCK, mmapLock);
  };
  assert.equal(outcome(downgrades, reads(sets)), 'the flag has changed');
  assert.equal(outcome(downgrades, writes(sets)), undefined);
});
