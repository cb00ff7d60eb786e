/** Page requests (PRI): what a device asks for that found no translation, or a weak one. A fault in the name of the mm, and an answer. */
import { EFAULT } from '../../arena/errno.ts';
import type { Mirror, Mm } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { handleMmFault } from '../../mm/fault/fault.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { FAULT_FLAG_REMOTE, FAULT_FLAG_USER, FAULT_FLAG_WRITE, VM_FAULT_ERROR } from '../../mm/table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { VM_READ, VM_WRITE, vmaFlags, vmaLookup } from '../../mm/vma/vma.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { getMirror, mirrorMm, putMirror } from '../base/mirror.ts';
import { hasPasid } from './iotlb.ts';

/** The fault under mmap_lock: no retry is allowed, so the lock stays held. 0, or -EFAULT: IOMMU_PAGE_RESP_INVALID. */
function* faultIn(task: Task, mm: Mm, vpn: Vpn, write: boolean): Steps<Errno> {
  const { arena } = task;
  yield* mmapReadLock(task, mm);
  const vma = vmaLookup(arena, mm, vpn);
  let result = -EFAULT;
  if (vma !== 0 && (vmaFlags(arena, vma) & (write ? VM_WRITE : VM_READ)) !== 0) {
    const flags = FAULT_FLAG_REMOTE | FAULT_FLAG_USER | (write ? FAULT_FLAG_WRITE : 0);
    const answer = yield* handleMmFault(task, mm, vma, vpn, flags);
    if ((answer & VM_FAULT_ERROR) === 0) result = 0;
  }
  yield* mmapReadUnlock(task, mm);
  return result;
}

/**
 * Handles one page request. The device has asked before it is unbound or not at all: who unbinds waits for the requests under way. After
 * 0 the device walks again, and may find that what it asked for has gone since.
 *
 * @returns 0, or -EFAULT: no such mapping, it does not allow the access, the process has exited, or the device is unbound.
 * @kernel drivers/iommu/iommu-sva.c iommu_sva_handle_mm
 */
export function* handlePageRequest(task: Task, mirror: Mirror, vpn: Vpn, write: boolean): Steps<Errno> {
  const { arena } = task;
  if ((yield* getMirror(task, () => (hasPasid(arena, mirror) ? mirror : 0))) === 0) return -EFAULT;
  const mm = mirrorMm(arena, mirror);
  let result = -EFAULT;
  if (mmgetNotZero(arena, mm)) {
    result = yield* faultIn(task, mm, vpn, write);
    yield* mmput(task, mm);
  }
  putMirror(arena, mirror);
  return result;
}
