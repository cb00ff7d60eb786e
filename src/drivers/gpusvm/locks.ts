/** The locks of drm_gpusvm with xe: one for faults and binds, held for their whole length; one for migrations; and the notifier lock. */
import { Header, Mirror } from '../../arena/structures.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { downRead, downWrite, upRead, upWrite } from '../../sync/rwsem.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';

/** Words of the mirror: vm->lock, then notifier_lock with its writer. */
const VM_LOCK = Mirror.private;
const NOTIFIER_LOCK = Mirror.private + 1;

/** vm->lock for writing: one fault or collection at a time. Outside mmap_lock. */
export function* vmLock(task: Task, mirror: Mirror): Steps<void> {
  yield* mutexLock(task, mirror + VM_LOCK, LockClass.vmLock);
}
export function* vmUnlock(task: Task, mirror: Mirror): Steps<void> {
  yield* mutexUnlock(task, mirror + VM_LOCK, LockClass.vmLock);
}

/** driver_migrate_lock, one for all devices: a migration reads, and who has failed writes, to be alone. Between vm->lock and mmap_lock. */
export function* devmemLock(task: Task): Steps<void> {
  yield* downWrite(task, Header.devmemLock, LockClass.devmemLock);
}
export function* devmemUnlock(task: Task): Steps<void> {
  yield* upWrite(task, Header.devmemLock, LockClass.devmemLock);
}
export function* devmemLockShared(task: Task): Steps<void> {
  yield* downRead(task, Header.devmemLock, LockClass.devmemLock);
}
export function* devmemUnlockShared(task: Task): Steps<void> {
  yield* upRead(task, Header.devmemLock, LockClass.devmemLock);
}

/** notifier_lock: for writing in the callback, for reading around "check, then map or bind". */
export function* notifierLock(task: Task, mirror: Mirror): Steps<void> {
  yield* downWrite(task, mirror + NOTIFIER_LOCK, LockClass.updateLock);
}
export function* notifierUnlock(task: Task, mirror: Mirror): Steps<void> {
  yield* upWrite(task, mirror + NOTIFIER_LOCK, LockClass.updateLock);
}
export function* notifierLockShared(task: Task, mirror: Mirror): Steps<void> {
  yield* downRead(task, mirror + NOTIFIER_LOCK, LockClass.updateLock);
}
export function* notifierUnlockShared(task: Task, mirror: Mirror): Steps<void> {
  yield* upRead(task, mirror + NOTIFIER_LOCK, LockClass.updateLock);
}
