/** First registration in an address space, and mm_take_all_locks. */

import { load, set, store } from '../arena/access.ts';
import { VPN_LIMIT } from '../arena/config.ts';
import { EINTR, ENOMEM } from '../arena/errno.ts';
import { firstOverlap, nextOverlap } from '../arena/intervalTree.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../arena/pool.ts';
import { serialBegin } from '../arena/serials.ts';
import { AddressSpace, AnonVma, Mm, Subscriptions, Vma } from '../arena/structures.ts';
import type { Errno, Word } from '../arena/units.ts';
import type { Steps } from '../steps/steps.ts';
import { LockClass } from '../sync/lockClass.ts';
import { downWrite, upWrite } from '../sync/rwsem.ts';
import { fatalSignalPending, type Task } from '../sync/task.ts';
import { subscriptionsOf } from './sequence.ts';

/** The sequence starts even and above any "one in the past". */
const FIRST_SEQ = 2;

/** A lock that a walk of the reverse mapping takes. */
interface RmapLock {
  readonly lock: Word;
  readonly kind: LockClass;
}

/** Those of an mm: of the files it maps, then of its anon_vmas; each once, in address order so that two takers agree on the order. */
function rmapLocksOf(task: Task, mm: Mm): RmapLock[] {
  const { arena } = task;
  const { addressSpace, anonVma } = arena.pools;
  const files = new Set<number>();
  const anonVmas = new Set<number>();
  const root = mm + Mm.vmaRoot;
  for (let node = firstOverlap(arena, root, 0, VPN_LIMIT); node !== 0; node = nextOverlap(arena, root, node, 0, VPN_LIMIT)) {
    const vma = node - Vma.node;
    const file = load(arena, vma + Vma.mapping);
    if (file !== 0) files.add(deref(arena, addressSpace, file) + AddressSpace.lock);
    const anon = load(arena, vma + Vma.anonVma);
    if (anon !== 0) anonVmas.add(deref(arena, anonVma, anon) + AnonVma.lock);
  }
  const sorted = (locks: ReadonlySet<number>, kind: LockClass): RmapLock[] =>
    [...locks].sort((one, other) => one - other).map((lock) => ({ lock, kind }));
  return [...sorted(files, LockClass.fileMapping), ...sorted(anonVmas, LockClass.anonVma)];
}

/**
 * mm_take_all_locks: with mmap_lock held for writing, takes every rmap lock too. Then no bracket is open in this mm: the
 * mmap_lock keeps out everybody but the rmap walkers, and the rmap locks keep out those, of a file that is cut as well.
 *
 * @kernel mm/mmu_notifier.c mm_take_all_locks
 */
export function* mmTakeAllLocks(task: Task, mm: Mm): Steps<RmapLock[] | null> {
  if (fatalSignalPending(task)) return null;
  const taken = rmapLocksOf(task, mm);
  for (const { lock, kind } of taken) yield* downWrite(task, lock, kind);
  return taken;
}

export function* mmDropAllLocks(task: Task, taken: readonly RmapLock[]): Steps<void> {
  for (const { lock, kind } of taken.toReversed()) yield* upWrite(task, lock, kind);
}

/**
 * Makes the subscriptions object exist, and with `itree` interval-capable; mmap_lock is held for writing. 0, -ENOMEM or
 * -EINTR.
 */
export function* registerSubscriptionsLocked(task: Task, mm: Mm, itree: boolean): Steps<Errno> {
  const { arena } = task;
  let subs = subscriptionsOf(task, mm);
  if (subs !== 0 && (!itree || load(arena, subs + Subscriptions.hasItree) !== 0)) return 0;
  const fresh = subs === 0;
  if (fresh) {
    subs = poolAlloc(arena, arena.pools.subscriptions);
    if (subs === 0) return -ENOMEM;
    set(arena, subs + Subscriptions.mm, handleOf(arena, arena.pools.mm, mm));
    serialBegin(arena, subs + Subscriptions.invalidateSeq, FIRST_SEQ, true);
  }
  const taken = yield* mmTakeAllLocks(task, mm);
  if (taken === null) {
    if (fresh) poolFree(arena, arena.pools.subscriptions, subs);
    return -EINTR;
  }
  if (itree) store(arena, subs + Subscriptions.hasItree, 1);
  // Publishes the object; pairs with the load in subscriptionsOf.
  if (fresh) store(arena, mm + Mm.subscriptions, handleOf(arena, arena.pools.subscriptions, subs));
  yield* mmDropAllLocks(task, taken);
  return 0;
}

/**
 * As {@link registerSubscriptionsLocked} for an interval; takes mmap_lock itself, and only if there is something to do.
 *
 * @kernel mm/mmu_notifier.c __mmu_notifier_register
 */
export function* registerSubscriptions(task: Task, mm: Mm): Steps<Errno> {
  const { arena } = task;
  const subs = subscriptionsOf(task, mm);
  if (subs !== 0 && load(arena, subs + Subscriptions.hasItree) !== 0) return 0;
  yield* downWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
  const error = yield* registerSubscriptionsLocked(task, mm, true);
  yield* upWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
  return error;
}
