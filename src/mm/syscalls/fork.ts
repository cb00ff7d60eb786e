/** fork: a child shares the parent's pages, read-only on both sides until somebody writes. */

import { get } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import type { Errno } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { joinMemcg } from '../page/memcg.ts';
import { linkFile } from '../rmap/rmapFile.ts';
import { flushTlbMm } from '../table/flush.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import { mmAlloc } from '../vma/mmStruct.ts';
import {
  VM_DONTCOPY,
  VM_LOCKED,
  VM_UFFD_MISSING,
  VM_WIPEONFORK,
  vmaAlloc,
  vmaEnd,
  vmaFlags,
  vmaInsert,
  vmaStart,
  vmasIn,
} from '../vma/vma.ts';
import { anonVmaFork } from '../vma/vmaRmap.ts';
import { copyPageRange } from './copyPageRange.ts';
import { mmput } from './exit.ts';

/** dup_mmap. */
function* dupMmap(task: Task, parent: Mm, child: Mm): Steps<Errno> {
  const { arena } = task;
  for (const vma of vmasIn(arena, parent, 0, VPN_LIMIT)) {
    const flags = vmaFlags(arena, vma);
    if ((flags & VM_DONTCOPY) !== 0) continue;
    const copy = vmaAlloc(arena, flags & ~(VM_LOCKED | VM_UFFD_MISSING), get(arena, vma + Vma.pgoff));
    if (copy === 0) return -ENOMEM;
    vmaInsert(arena, child, copy, vmaStart(arena, vma), vmaEnd(arena, vma));
    // Linked before the entries are copied: an rmap walk that has passed the parent will meet the child.
    yield* linkFile(task, copy, get(arena, vma + Vma.mapping));
    if ((flags & VM_WIPEONFORK) !== 0) continue;
    yield* anonVmaFork(task, copy, vma);
    const error = yield* copyPageRange(task, parent, child, vma);
    if (error !== 0) return error;
  }
  return 0;
}

/**
 * fork: a new address space that shares every private page copy-on-write. The child's contents are those at the one TLB
 * flush at the end, not at the moment each entry was write-protected.
 *
 * @returns the child, with one user; or -ENOMEM: out of memory, or a device holds the lock of a device-exclusive page.
 * @kernel kernel/fork.c dup_mmap
 */
export function* forkMm(task: Task, parent: Mm): Steps<number> {
  const { arena } = task;
  const child = mmAlloc(arena);
  if (child === 0) return -ENOMEM;
  joinMemcg(arena, child, get(arena, parent + Mm.memcg));
  yield* mmapWriteLock(task, parent);
  yield* mmapWriteLock(task, child);
  yield Point.forkBegin;
  const error = yield* dupMmap(task, parent, child);
  yield* flushTlbMm(task, parent);
  yield* mmapWriteUnlock(task, child);
  yield* mmapWriteUnlock(task, parent);
  if (error === 0) return child;
  yield* mmput(task, child);
  return -ENOMEM;
}
