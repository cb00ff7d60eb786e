/** Pages of one VMA are brought in before anybody asks for them (mm/gup.c). mmap_lock is held, and stays held. */

import { get } from '../../arena/access.ts';
import { EINVAL } from '../../arena/errno.ts';
import { type Mm, Vma } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { putPage } from '../page/zone.ts';
import { mmOf } from '../vma/mmStruct.ts';
import { VM_ACCESS, VM_READ, VM_SHARED, VM_SPECIAL, VM_WRITE, vmaFlags } from '../vma/vma.ts';
import { FOLL_WRITE, getUserPage } from './gup.ts';

/** Faults pages in, one after another. 0, or what the first page is refused for: -EFAULT or -ENOMEM. */
function* faultIn(task: Task, mm: Mm, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  for (let vpn = start; vpn < end; vpn++) {
    const pfn = yield* getUserPage(task, mm, vpn, write ? FOLL_WRITE : 0);
    if (pfn < 0) return pfn;
    yield* putPage(task, pfn);
  }
  return 0;
}

/**
 * For memory that is locked: what is missing comes in, as if for writing where that is private memory one may write.
 *
 * @returns 0, or what the first page is refused for: -EFAULT or -ENOMEM.
 * @kernel mm/gup.c populate_vma_page_range
 */
export function* populateVmaPageRange(task: Task, mm: Mm, vma: Vma, start: Vpn, end: Vpn): Steps<Errno> {
  const flags = vmaFlags(task.arena, vma);
  if ((flags & VM_SPECIAL) !== 0) return 0;
  // What may be done at all is enough, whatever it is. Of memory for code alone the model has nothing to fault in.
  if ((flags & VM_ACCESS) !== 0 && (flags & (VM_READ | VM_WRITE)) === 0) return 0;
  const write = (flags & VM_READ) === 0 || (flags & (VM_WRITE | VM_SHARED)) === VM_WRITE;
  return yield* faultIn(task, mm, start, end, write);
}

/**
 * MADV_POPULATE_READ and _WRITE.
 *
 * @returns 0, -EINVAL (not allowed by the VMA), -EFAULT or -ENOMEM.
 * @kernel mm/gup.c faultin_page_range
 */
export function* faultinPageRange(task: Task, vma: Vma, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  const mm = mmOf(task.arena, get(task.arena, vma + Vma.mm));
  const flags = vmaFlags(task.arena, vma);
  if ((flags & (write ? VM_WRITE : VM_READ)) === 0 || (flags & VM_SPECIAL) !== 0) return -EINVAL;
  return yield* faultIn(task, mm, start, end, write);
}
