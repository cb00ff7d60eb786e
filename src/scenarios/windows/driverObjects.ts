/** Objects that the threads of a driver share, in the smallest form: who drops the last reference, and who still looks. */
import { and, load, set, store, xchg } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { poolLive } from '../../arena/pool.ts';
import { Header } from '../../arena/structures.ts';
import { objectAlloc, objectPut, objectUse } from '../../drivers/base/driverObject.ts';
import type { Finding } from '../../oracles/finding.ts';
import { Point } from '../../steps/points.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import { queueWork, runPendingWork, type Work, waitForWork } from '../../sync/workqueue.ts';
import type { Operation } from '../kit/operations.ts';
import type { Plan } from '../kit/plan.ts';
import { meets, stands } from '../kit/reach.ts';

/** The words of these drivers: handle of an object, the lock that a callback takes, which parts are left, a work queue. */
const OBJECT = Header.shared;
const LOCK = Header.shared + 1;
const PARTS = Header.shared + 2;
const QUEUE = Header.shared + 3;

/** Objects that nobody has dropped. */
const leaked = (arena: Arena): Finding[] => {
  const live = poolLive(arena, arena.pools.driverObject);
  return live === 0 ? [] : [{ rule: 'I-QUIET', message: `${live} objects of the driver are left` }];
};

/** amdkfd: a callback and a migration home each let go of the buffer of a range, if nobody has. */
const dropsBuffer: Operation = function* ({ arena }) {
  const buffer = xchg(arena, OBJECT, 0);
  yield Point.driverCommitted;
  if (buffer !== 0) objectPut(arena, buffer);
};

/** amdgpu: a submission makes the description of its range, uses it, and frees it. */
const submits: Operation = function* ({ arena }) {
  const range = objectAlloc(arena);
  yield Point.driverSnapshot;
  objectUse(arena, range);
  yield Point.driverChecked;
  objectPut(arena, range);
};

/** mlx5: an invalidation updates the translations of a key. */
const updatesKey: Operation = function* (task) {
  yield* mutexLock(task, LOCK, LockClass.updateLock);
  const key = load(task.arena, OBJECT);
  yield Point.driverInvalidate;
  if (key !== 0) objectUse(task.arena, key);
  yield* mutexUnlock(task, LOCK, LockClass.updateLock);
};

/** mlx5: deregistration revokes the key, under the lock that the callback takes, and says so. */
const revokesKey: Operation = function* (task) {
  yield* mutexLock(task, LOCK, LockClass.updateLock);
  const key = load(task.arena, OBJECT);
  store(task.arena, OBJECT, 0);
  yield* mutexUnlock(task, LOCK, LockClass.updateLock);
  yield Point.driverCommitted;
  objectPut(task.arena, key);
};

/** mlx5: the destructor of a child of an implicit region. */
const destroy: Work = {
  bit: 0,
  cls: LockClass.destroyWork,
  *run({ arena }) {
    const child = load(arena, OBJECT + 1 + CHILD);
    yield Point.driverCommitted;
    objectPut(arena, child);
  },
};

/** Word behind {@link OBJECT} that the destructor finds its child by. */
const CHILD = 3;

/** An invalidation takes one of the two parts of a child away; with the last the child is destroyed, by the one who unlinks it. */
const takesPart = (part: number): Operation =>
  function* (task) {
    const { arena } = task;
    and(arena, PARTS, ~part);
    yield Point.driverInvalidate;
    if (load(arena, PARTS) !== 0) return;
    if (xchg(arena, OBJECT, 0) !== 0) queueWork(task, QUEUE, destroy);
  };

/** A worker, for as long as there may be something to do. */
const destroys: Operation = function* (task) {
  yield* waitForWork(task, QUEUE);
  yield* runPendingWork(task, QUEUE, [destroy], 0);
};

export const driverObjectPlans: readonly Plan[] = [
  {
    name: 'buffer-dropped-by-two',
    title: 'amdkfd: a callback and a migration home both let go of the buffer of a range',
    windows: 'F12',
    covers: [meets('A', 'driverCommitted', 'B', 'driverCommitted')],
    machine: { pages: 1, devices: 0 },
    setup: ({ arena }) => set(arena, OBJECT, objectAlloc(arena)),
    actors: () => ({ A: [dropsBuffer], B: [dropsBuffer] }),
    check: ({ arena }) => leaked(arena),
  },
  {
    name: 'two-submissions',
    title: 'amdgpu: two submissions of one object at once, each with its own description of the range',
    windows: 'E1',
    covers: [meets('A', 'driverSnapshot', 'B', 'driverChecked')],
    machine: { pages: 1, devices: 0 },
    actors: () => ({ A: [submits], B: [submits] }),
    check: ({ arena }) => leaked(arena),
  },
  {
    name: 'key-revoked-vs-invalidate',
    title: 'mlx5: a key is revoked while an invalidation updates it',
    windows: 'E24',
    covers: [meets('A', 'driverInvalidate', 'B', 'wait'), meets('B', 'driverCommitted', 'A', 'done')],
    machine: { pages: 1, devices: 0 },
    setup: ({ arena }) => set(arena, OBJECT, objectAlloc(arena)),
    actors: () => ({ B: [revokesKey], A: [updatesKey] }),
    check: ({ arena }) => leaked(arena),
  },
  {
    name: 'child-emptied-by-two',
    title: 'mlx5: two invalidations empty a child of an implicit region, and it is destroyed once',
    windows: 'E22',
    covers: [meets('A', 'driverInvalidate', 'B', 'driverInvalidate'), stands('W', 'driverCommitted')],
    machine: { pages: 1, devices: 0 },
    setup({ arena }) {
      const child = objectAlloc(arena);
      set(arena, OBJECT, child);
      set(arena, OBJECT + 1 + CHILD, child);
      set(arena, PARTS, 3);
    },
    actors: () => ({ A: [takesPart(1)], B: [takesPart(2)], W: [destroys] }),
    check: ({ arena }) => leaked(arena),
  },
];
