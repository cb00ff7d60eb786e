/** svm_range_evict_svm_bo_worker: device memory is wanted for something else, and a worker brings home what is on the device. */
import { get, load } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { Mirror, Mm } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { MIGRATE_VMA_SELECT_DEVICE_PRIVATE } from '../../migrate/migratePfn.ts';
import { migrateVma } from '../../migrate/migrateVma.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { vmaEnd, vmaStart, vmasIn } from '../../mm/vma/vma.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import type { Task } from '../../sync/task.ts';
import type { Work } from '../../sync/workqueue.ts';
import { mirrorMm } from '../base/mirror.ts';
import { moveToSystem } from '../dmirror/toSystem.ts';

/** Everything of the process that is on the device goes home. mmap_lock is taken here: somebody must use the address space. */
function* migrateAll(task: Task, mirror: Mirror, mm: Mm): Steps<void> {
  const { arena } = task;
  yield* mmapReadLock(task, mm);
  if (load(arena, mm + Mm.users) === 0)
    throw new Violation('I-UAF', `actor ${task.id} works on the address space of a process that has exited`);
  const pgmapOwner = get(arena, mirror + Mirror.device);
  for (const vma of vmasIn(arena, mm, 0, VPN_LIMIT)) {
    const [start, end] = [vmaStart(arena, vma), vmaEnd(arena, vma)];
    const migrate = migrateVma({ mm, vma, start, end, pgmapOwner, flags: MIGRATE_VMA_SELECT_DEVICE_PRIVATE });
    yield* moveToSystem(task, mirror, migrate);
  }
  yield* mmapReadUnlock(task, mm);
}

/** The pages of a process that has exited are gone already. */
function* evict(task: Task, mirror: Mirror): Steps<void> {
  const mm = mirrorMm(task.arena, mirror);
  if (!mmgetNotZero(task.arena, mm)) return;
  yield* migrateAll(task, mirror, mm);
  yield* mmput(task, mm);
}

export const evictionWork: Work = { bit: 2, cls: LockClass.evictionWork, run: evict };
