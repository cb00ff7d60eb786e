/** Classic notifiers: failing starts, release, grace periods. Windows E23 and E25. */

import { add, get, load, store } from '../../arena/access.ts';
import { EAGAIN } from '../../arena/errno.ts';
import { poolAlloc, poolFree } from '../../arena/pool.ts';
import { type ClassicSub, Header, Mm } from '../../arena/structures.ts';
import type { PageNumber } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { oomReap } from '../../mm/syscalls/madvise.ts';
import { ptePfn } from '../../mm/table/pte.ts';
import { readPte } from '../../mm/table/tables.ts';
import { mmuNotifierPut, mmuNotifierRegister, mmuNotifierUnregister } from '../../notifier/classic.ts';
import { mmuIntervalNotifierInsert } from '../../notifier/interval.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { type ClassicOps, type IntervalOps, registerClassicOps, registerIntervalOps } from '../../notifier/ops.ts';
import { MMU_NOTIFY_CLEAR, notifierRange } from '../../notifier/range.ts';
import { mmuIntervalSetSeq } from '../../notifier/sequence.ts';
import type { Finding } from '../../oracles/finding.ts';
import { Point } from '../../steps/points.ts';
import { run } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { downRead, downWrite, upRead, upWrite } from '../../sync/rwsem.ts';
import { mutexLock, mutexTryLock, mutexUnlock } from '../../sync/spinlock.ts';
import { discards, type Operation } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { meets, stands } from '../kit/reach.ts';
import { FIRST, fillPage, type SmallMachine } from '../kit/smallMachine.ts';

/** The words of these drivers: a count of open invalidations, a lock, the page a secondary mapping names. */
const COUNT = Header.shared;
const LOCK = Header.shared + 1;
const MAPPED = Header.shared + 2;
/** A semaphore: state, then the writer. */
const SEMAPHORE = Header.shared + 4;

/** First id of these operations; those of drivers are small. */
const IDS = 10_000;

/** The same id each time: the set-up must leave the same words. */
const idOf = (ops: ClassicOps): number => IDS + [counting, refusing, mapping, lasting, readLocking].indexOf(ops);

/** Registers a notifier with these operations during the set-up. Returns its address. */
function subscribe(m: SmallMachine, ops: ClassicOps): number {
  const sub = poolAlloc(m.arena, m.arena.pools.classic);
  const id = idOf(ops);
  registerClassicOps(id, ops);
  run(mmuNotifierRegister(m.task, sub, m.mm, id));
  return sub;
}

/** Counts the invalidations that are open. */
const counting: ClassicOps = {
  *invalidateRangeStart(task) {
    add(task.arena, COUNT, 1);
    return 0;
  },
  *invalidateRangeEnd(task) {
    add(task.arena, COUNT, -1);
  },
};

/** Refuses when its lock is not to be had and it must not wait; so it has no end. */
const refusing: ClassicOps = {
  *invalidateRangeStart(task, _sub, range) {
    if (range.blockable) yield* mutexLock(task, LOCK, LockClass.updateLock);
    else if (!(yield* mutexTryLock(task, LOCK, LockClass.updateLock))) return -EAGAIN;
    yield* mutexUnlock(task, LOCK, LockClass.updateLock);
    return 0;
  },
};

/** A slow fault handler: holds the lock of {@link refusing} for a while. */
const holdsLock: Operation = function* (task) {
  yield* mutexLock(task, LOCK, LockClass.updateLock);
  yield Point.driverSnapshot;
  yield* mutexUnlock(task, LOCK, LockClass.updateLock);
};

/** An interval that refuses as {@link refusing} does. */
const refusingInterval: IntervalOps = {
  *invalidate(task, sub, range, curSeq) {
    if (range.blockable) yield* mutexLock(task, LOCK, LockClass.updateLock);
    else if (!(yield* mutexTryLock(task, LOCK, LockClass.updateLock))) return false;
    mmuIntervalSetSeq(task, sub, curSeq);
    yield* mutexUnlock(task, LOCK, LockClass.updateLock);
    return true;
  },
};

/** An interval with two passes, the second of which waits for what the first has started. */
const twoPasses: IntervalOps = {
  *invalidateStart(task, sub, _range, curSeq) {
    mmuIntervalSetSeq(task, sub, curSeq);
    add(task.arena, COUNT, 1);
    return { ok: true, finish: sub };
  },
  *invalidateFinish(task) {
    yield Point.driverInvalidate;
    add(task.arena, COUNT, -1);
  },
};

/** An interval over one page of the region. Those of earlier pages are called first. */
function subscribeInterval(m: SmallMachine, ops: IntervalOps, page: PageNumber): void {
  const sub = poolAlloc(m.arena, m.arena.pools.interval);
  const id = IDS + [refusingInterval, twoPasses].indexOf(ops);
  registerIntervalOps(id, ops);
  run(mmuIntervalNotifierInsert(m.task, sub, m.mm, { start: FIRST + page, length: 1, ops: id, owner: 0 }));
}

/** Nothing that was begun is left open. */
const allEnded = ({ arena }: SmallMachine): Finding[] =>
  load(arena, COUNT) === 0
    ? []
    : [{ rule: 'I-PAIR', message: `a notifier counts ${load(arena, COUNT)} open invalidations at the end` }];

/** The reaper finds the lock of a notifier held. */
const refused: Plan['covers'] = [{ actor: 'A', point: 'done', while: { actor: 'B', point: 'driverSnapshot' } }];

/** Has mapped a page; lets go of it on release. The page must still be in use then. */
const mapping: ClassicOps = {
  *release(task) {
    const pfn = load(task.arena, MAPPED);
    if (pfn !== 0 && get(task.arena, task.arena.page.refcount + pfn) <= 0) {
      throw new Violation('I-FREE', `page ${pfn} was freed while a secondary mapping still named it`);
    }
    yield Point.driverInvalidate;
    store(task.arena, MAPPED, 0);
    yield Point.driverLooked;
  },
};

/** Looks at its own subscription after a while: it must not have been freed. */
const lasting: ClassicOps = {
  *invalidateRangeStart(task, sub) {
    yield Point.driverInvalidate;
    if (get(task.arena, sub) <= 0) throw new Violation('I-UAF', `notifier ${sub} was freed while its callback ran`);
    return 0;
  },
};

/** RDMA's way: a semaphore, read for the callbacks of a range, written by whoever changes the set of regions. */
const readLocking: ClassicOps = {
  *invalidateRangeStart(task) {
    yield* downRead(task, SEMAPHORE, LockClass.umemRwsem);
    yield Point.driverInvalidate;
    yield* upRead(task, SEMAPHORE, LockClass.umemRwsem);
    return 0;
  },
};

/** Another notifier comes to the list. */
const subscribes = (m: SmallMachine, ops: ClassicOps): Operation =>
  function* (task) {
    const sub = poolAlloc(m.arena, m.arena.pools.classic);
    const id = idOf(ops);
    registerClassicOps(id, ops);
    yield* mmuNotifierRegister(task, sub, m.mm, id);
  };

/** A notifier goes, and its memory with it. */
const unsubscribes = (m: SmallMachine, sub: ClassicSub): Operation =>
  function* (task) {
    yield* mmuNotifierUnregister(task, sub);
    poolFree(m.arena, m.arena.pools.classic, sub);
  };

/** A split inside a larger change, as the kernel nests them. */
const nestedBrackets = (m: SmallMachine): Operation =>
  function* (task) {
    const outer = notifierRange(MMU_NOTIFY_CLEAR, m.mm, FIRST, FIRST + 2);
    const inner = notifierRange(MMU_NOTIFY_CLEAR, m.mm, FIRST, FIRST + 1);
    yield* mmuNotifierInvalidateRangeStart(task, outer);
    yield* mmuNotifierInvalidateRangeStart(task, inner);
    yield* mmuNotifierInvalidateRangeEnd(task, inner);
    yield* mmuNotifierInvalidateRangeEnd(task, outer);
  };

const changesRegions: Operation = function* (task) {
  yield* downWrite(task, SEMAPHORE, LockClass.umemRwsem);
  yield Point.driverSnapshot;
  yield* upWrite(task, SEMAPHORE, LockClass.umemRwsem);
};

/** The reaper meets two intervals, in this order. */
const oomVsTwoIntervals = (name: string, title: string, intervals: readonly IntervalOps[]): Plan => ({
  name,
  title,
  windows: 'E23',
  machine: { pages: 2, devices: 0 },
  setup(m) {
    fillPage(m, 0, 1);
    fillPage(m, 1, 1);
    subscribe(m, counting);
    for (const [page, ops] of intervals.entries()) subscribeInterval(m, ops, page);
  },
  actors: (m) => ({ A: [(task) => oomReap(task, m.mm)], B: [holdsLock] }),
  check: allEnded,
  covers: refused,
});

export const classicPlans: readonly Plan[] = [
  {
    name: 'oom-vs-two-notifiers',
    title: 'the OOM reaper meets one notifier that counts and one whose lock is held',
    windows: 'E23',
    machine: { pages: 1, devices: 0 },
    setup(m) {
      fillPage(m, 0, 1);
      subscribe(m, refusing);
      subscribe(m, counting);
    },
    actors: (m) => ({ A: [(task) => oomReap(task, m.mm)], B: [holdsLock] }),
    check: allEnded,
    covers: refused,
  },
  {
    name: 'oom-vs-two-notifiers-turned',
    title: 'the same with the one that may refuse registered last, so that it is called first',
    windows: 'E23',
    machine: { pages: 1, devices: 0 },
    setup(m) {
      fillPage(m, 0, 1);
      subscribe(m, counting);
      subscribe(m, refusing);
    },
    actors: (m) => ({ A: [(task) => oomReap(task, m.mm)], B: [holdsLock] }),
    check: allEnded,
    covers: refused,
  },
  oomVsTwoIntervals(
    'oom-vs-two-intervals',
    'the OOM reaper meets an interval with two passes, then one whose lock is held, and a notifier that counts',
    [twoPasses, refusingInterval],
  ),
  oomVsTwoIntervals(
    'oom-vs-two-intervals-turned',
    'the same with the one that may refuse in front, so that the other is not called any more',
    [refusingInterval, twoPasses],
  ),
  {
    name: 'unregister-vs-exit',
    title: 'a notifier with a secondary mapping is unregistered while the process exits',
    windows: 'E25',
    covers: [stands('B', 'driverInvalidate'), stands('A', 'driverInvalidate')],
    machine: { pages: 1, devices: 0 },
    setup(m) {
      fillPage(m, 0, 1);
      store(m.arena, MAPPED, ptePfn(readPte(m.arena, get(m.arena, m.mm + Mm.pgd), FIRST)));
      return subscribe(m, mapping);
    },
    actors: (m, sub) => ({ B: [(task) => mmuNotifierUnregister(task, sub)], A: [(task) => mmput(task, m.mm)] }),
  },
  {
    name: 'put-vs-bracket',
    title: 'the last user of a notifier goes while its callback runs',
    windows: 'E25',
    covers: [meets('A', 'driverInvalidate', 'B', 'wait')],
    machine: { pages: 1, devices: 0 },
    setup(m) {
      fillPage(m, 0, 1);
      return subscribe(m, lasting);
    },
    actors: (m, sub) => ({ B: [(task) => mmuNotifierPut(task, sub)], A: [discards(m, 0)] }),
  },
  {
    name: 'register-vs-unregister',
    title:
      'a notifier is registered, and hears of an invalidation, while the one before it on the list is unregistered and freed',
    windows: 'E25',
    covers: [meets('B', 'mmuNotifierUnregister', 'A', 'lock'), stands('A', 'driverInvalidate')],
    machine: { pages: 1, devices: 0 },
    setup(m) {
      fillPage(m, 0, 1);
      return subscribe(m, counting);
    },
    actors: (m, sub) => ({ A: [subscribes(m, lasting), discards(m, 0)], B: [unsubscribes(m, sub)] }),
  },
  {
    name: 'nested-ranges-vs-writer',
    title: 'nested invalidations of a notifier with a read lock, against a writer of that lock',
    windows: 'E22',
    covers: [meets('A', 'driverInvalidate', 'B', 'wait')],
    machine: { pages: 1, devices: 0 },
    setup(m) {
      fillPage(m, 0, 1);
      subscribe(m, readLocking);
    },
    actors: (m) => ({ A: [nestedBrackets(m)], B: [changesRegions] }),
  },
];
