/**
 * clear_refs: the soft-dirty reset of /proc/PID/clear_refs. Every writable entry becomes read-only, so that the next write is
 * noticed. The model keeps no soft-dirty bit; what matters here is the SOFT_DIRTY bracket and the write faults that follow.
 */

import { and, get } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { Mm } from '../../arena/structures.ts';
import type { PageTable, Vpn } from '../../arena/units.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../notifier/invalidate.ts';
import { MMU_NOTIFY_SOFT_DIRTY, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { flushTlbMm } from '../table/flush.ts';
import { PTE_WRITE, ptePresent, pteWrite } from '../table/pte.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, ptlOf, tableEnd } from '../table/tables.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';

function* protectTable(task: Task, table: PageTable, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  const ptl = ptlOf(arena, table);
  yield* spinLock(task, ptl, LockClass.ptl);
  const leaf = hugeLeaf(arena, table);
  if (ptePresent(leaf)) and(arena, pteAt(arena, table, 0), ~PTE_WRITE);
  for (let vpn = start; leaf === 0 && vpn < end; vpn++) {
    const word = pteAt(arena, table, vpn);
    const pte = get(arena, word);
    if (!ptePresent(pte) || !pteWrite(pte)) continue;
    yield Point.setPte;
    // Only the write bit goes: the CPU may be setting accessed and dirty bits.
    and(arena, word, ~PTE_WRITE);
  }
  yield* spinUnlock(task, ptl, LockClass.ptl);
}

/**
 * Write-protects every entry of the address space, in one bracket, with mmap_lock held for writing and one flush at the end.
 *
 * @kernel fs/proc/task_mmu.c clear_refs_write
 */
export function* clearRefs(task: Task, mm: Mm): Steps<void> {
  const { arena } = task;
  const range = notifierRange(MMU_NOTIFY_SOFT_DIRTY, mm, 0, VPN_LIMIT);
  yield* mmapWriteLock(task, mm);
  yield* mmuNotifierInvalidateRangeStart(task, range);
  const pgd = get(arena, mm + Mm.pgd);
  for (let vpn = nextPopulated(arena, pgd, 0, VPN_LIMIT); vpn < VPN_LIMIT; vpn = nextPopulated(arena, pgd, vpn, VPN_LIMIT)) {
    const stop = tableEnd(vpn, VPN_LIMIT);
    yield* protectTable(task, lookupTable(arena, pgd, vpn), vpn, stop);
    vpn = stop;
  }
  yield* flushTlbMm(task, mm);
  yield* mmuNotifierInvalidateRangeEnd(task, range);
  yield* mmapWriteUnlock(task, mm);
}
