/** mmap_lock: writers change the VMA tree, readers may rely on it. */

import { Mm } from '../../arena/structures.ts';
import type { Errno } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import {
  downgradeWrite,
  downRead,
  downReadKillable,
  downReadTrylock,
  downWrite,
  isReadLocked,
  isWriteLockedBy,
  upRead,
  upWrite,
} from '../../sync/rwsem.ts';
import type { Task } from '../../sync/task.ts';

/** @kernel include/linux/mmap_lock.h mmap_read_lock */
export function* mmapReadLock(task: Task, mm: Mm): Steps<void> {
  yield* downRead(task, mm + Mm.mmapLock, LockClass.mmapLock);
}
/** 0, or -EINTR when a fatal signal is pending. */
export function* mmapReadLockKillable(task: Task, mm: Mm): Steps<Errno> {
  return yield* downReadKillable(task, mm + Mm.mmapLock, LockClass.mmapLock);
}
export function* mmapReadTrylock(task: Task, mm: Mm): Steps<boolean> {
  return yield* downReadTrylock(task, mm + Mm.mmapLock, LockClass.mmapLock);
}
export function* mmapReadUnlock(task: Task, mm: Mm): Steps<void> {
  yield* upRead(task, mm + Mm.mmapLock, LockClass.mmapLock);
}
/** @kernel include/linux/mmap_lock.h mmap_write_lock */
export function* mmapWriteLock(task: Task, mm: Mm): Steps<void> {
  yield* downWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
}
export function* mmapWriteUnlock(task: Task, mm: Mm): Steps<void> {
  yield* upWrite(task, mm + Mm.mmapLock, LockClass.mmapLock);
}
export function* mmapWriteDowngrade(task: Task, mm: Mm): Steps<void> {
  yield* downgradeWrite(task, mm + Mm.mmapLock);
}

/** mmap_assert_locked. */
export function mmapAssertLocked(task: Task, mm: Mm): void {
  if (!isReadLocked(task, mm + Mm.mmapLock)) throw new Violation('I-LOCK', `actor ${task.id} needs mmap_lock here`);
}
/** mmap_assert_write_locked. */
export function mmapAssertWriteLocked(task: Task, mm: Mm): void {
  if (!isWriteLockedBy(task, mm + Mm.mmapLock))
    throw new Violation('I-LOCK', `actor ${task.id} needs mmap_lock for writing here`);
}
