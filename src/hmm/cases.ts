/** What hmm_range_fault makes of each thing it can find: a word, a fault to be made, a wait or an error (table B7 of docs/model.md). */

import { get } from '../arena/access.ts';
import { PMD_ORDER } from '../arena/config.ts';
import { EAGAIN, EBUSY, EFAULT } from '../arena/errno.ts';
import { Mm } from '../arena/structures.ts';
import type { Errno, HmmPfn, Pte, Vpn } from '../arena/units.ts';
import { migrationEntryWait } from '../mm/fault/softleaf.ts';
import { pgmapOwner } from '../mm/page/devPagemap.ts';
import {
  isDeviceExclusive,
  isDevicePrivate,
  isGuard,
  isMigration,
  isSwap,
  LEAF_DEVICE_PRIVATE_WRITE,
  leafKind,
  leafWritable,
  PTE_PRESENT,
  PTE_PROTNONE,
  PTE_WRITE,
  pieceEntry,
  ptePfn,
} from '../mm/table/pte.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { HmmRange } from './hmmRange.ts';
import {
  HMM_PFN_ERROR,
  HMM_PFN_INOUT_FLAGS,
  HMM_PFN_ORDER_SHIFT,
  HMM_PFN_REQ_FAULT,
  HMM_PFN_REQ_WRITE,
  HMM_PFN_VALID,
  HMM_PFN_WRITE,
} from './pfn.ts';

/** From PTE_WRITE to HMM_PFN_WRITE. */
const WRITE_TO_PFN_WRITE = 29;

export const NEED_FAULT = 1;
export const NEED_WRITE_FAULT = 2;

/** struct hmm_vma_walk. */
export interface Walk {
  readonly mm: Mm;
  readonly range: HmmRange;
  /** First page whose word has not been overwritten: where the next round starts. */
  last: Vpn;
  /** End of the chunk to fault. */
  end: Vpn;
  /** What the chunk needs: NEED_* bits, or-ed over its pages. */
  need: number;
}

/**
 * hmm_pte_need_fault: what a page needs, given its request word and what the CPU entry grants (VALID and WRITE bits).
 *
 * @kernel mm/hmm.c hmm_pte_need_fault
 */
export function needFault(range: HmmRange, word: HmmPfn, granted: number): number {
  const request = (word & range.pfnFlagsMask) | range.defaultFlags;
  if ((request & HMM_PFN_REQ_FAULT) === 0) return 0;
  if ((request & HMM_PFN_REQ_WRITE) !== 0 && (granted & HMM_PFN_WRITE) === 0) return NEED_FAULT | NEED_WRITE_FAULT;
  return (granted & HMM_PFN_VALID) === 0 ? NEED_FAULT : 0;
}

/**
 * hmm_range_need_fault: or-ed over the words of [start, end), to all of which the CPU grants the same.
 *
 * @kernel mm/hmm.c hmm_range_need_fault
 */
function needFaultIn(range: HmmRange, start: Vpn, end: Vpn, granted = 0): number {
  if (((range.defaultFlags | range.pfnFlagsMask) & HMM_PFN_REQ_FAULT) === 0) return 0;
  let need = 0;
  for (let vpn = start; vpn < end && need !== (NEED_FAULT | NEED_WRITE_FAULT); vpn++) {
    need |= needFault(range, range.hmmPfns[vpn - range.start] as number, granted);
  }
  return need;
}

/**
 * hmm_pfns_fill: sets every word of [start, end), keeping the sticky bits.
 *
 * @kernel mm/hmm.c hmm_pfns_fill
 */
function fill(range: HmmRange, start: Vpn, end: Vpn, value: number): Errno {
  const { hmmPfns } = range;
  for (let i = start - range.start; i < end - range.start; i++) {
    hmmPfns[i] = ((hmmPfns[i] as number) & HMM_PFN_INOUT_FLAGS) | value;
  }
  return 0;
}

/** Records a chunk to fault; the walk stops. -EAGAIN is the internal "fault pending". */
function pend(walk: Walk, start: Vpn, end: Vpn, need: number): Errno {
  walk.last = start;
  walk.end = end;
  walk.need = need;
  return -EAGAIN;
}

/**
 * Nothing mapped in [start, end) of a VMA: report 0, or fault the whole chunk.
 *
 * @kernel mm/hmm.c hmm_vma_walk_hole
 */
export function hole(walk: Walk, start: Vpn, end: Vpn): Errno {
  const { range } = walk;
  const need = needFaultIn(range, start, end);
  return need === 0 ? fill(range, start, end, 0) : pend(walk, start, end, need);
}

/** No VMA, or one that may not be looked at: report ERROR, or fail if anything was requested. */
export function forbidden(range: HmmRange, start: Vpn, end: Vpn): Errno {
  return needFaultIn(range, start, end) === 0 ? fill(range, start, end, HMM_PFN_ERROR) : -EFAULT;
}

/** A non-present entry. 0 when its word has been stored, else the result of the walk. */
function* nonpresent(task: Task, walk: Walk, pte: Pte, vpn: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  const { mm, range } = walk;
  const at = vpn - range.start;
  const word = range.hmmPfns[at] as number;
  const sticky = word & HMM_PFN_INOUT_FLAGS;
  if (isDevicePrivate(pte) && range.devPrivateOwner !== 0 && pgmapOwner(arena, ptePfn(pte)) === range.devPrivateOwner) {
    // Our own device memory is reported as it is, whatever was requested: a write request may come back without WRITE.
    const write = leafKind(pte) === LEAF_DEVICE_PRIVATE_WRITE ? HMM_PFN_WRITE : 0;
    range.hmmPfns[at] = sticky | ptePfn(pte) | HMM_PFN_VALID | write;
    return 0;
  }
  const need = needFault(range, word, 0);
  if (need === 0) {
    range.hmmPfns[at] = sticky;
    return 0;
  }
  if (pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte) || isSwap(pte) || isGuard(pte))
    return pend(walk, vpn, end, need);
  if (isMigration(pte)) {
    walk.last = vpn;
    yield* migrationEntryWait(task, get(arena, mm + Mm.pgd), vpn);
    return -EBUSY;
  }
  return -EFAULT;
}

/**
 * hmm_vma_handle_pte. 0 when its word has been stored.
 *
 * @kernel mm/hmm.c hmm_vma_handle_pte
 */
export function* handlePte(task: Task, walk: Walk, pte: Pte, vpn: Vpn, end: Vpn): Steps<Errno> {
  const { range } = walk;
  const { hmmPfns } = range;
  const at = vpn - range.start;
  const word = hmmPfns[at] as number;
  if ((pte & PTE_PRESENT) === 0) return yield* nonpresent(task, walk, pte, vpn, end);
  const accessible = (pte & PTE_PROTNONE) === 0;
  const granted = accessible ? HMM_PFN_VALID | ((pte & PTE_WRITE) << WRITE_TO_PFN_WRITE) : 0;
  const need = needFault(range, word, granted);
  if (need !== 0) return pend(walk, vpn, end, need);
  // PROT_NONE is reported without VALID: the page is known and must not be used.
  hmmPfns[at] = (word & HMM_PFN_INOUT_FLAGS) | ptePfn(pte) | granted;
  return 0;
}

/**
 * hmm_vma_handle_pmd: a leaf, as far as the range goes.
 *
 * @kernel mm/hmm.c hmm_vma_handle_pmd
 */
export function* handleLeaf(task: Task, walk: Walk, leaf: Pte, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  const { mm, range } = walk;
  const order = PMD_ORDER << HMM_PFN_ORDER_SHIFT;
  if (isMigration(leaf) && needFaultIn(range, start, end) !== 0) {
    walk.last = start;
    yield* migrationEntryWait(task, get(arena, mm + Mm.pgd), start);
    return -EBUSY;
  }
  const own = isDevicePrivate(leaf) && range.devPrivateOwner !== 0 && pgmapOwner(arena, ptePfn(leaf)) === range.devPrivateOwner;
  // Device memory of somebody else, or a page on its way, that is not asked for: the kernel says ERROR here, other than for entries.
  if (!own && (leaf & PTE_PRESENT) === 0 && needFaultIn(range, start, end) === 0) return fill(range, start, end, HMM_PFN_ERROR);
  const accessible = own || (leaf & (PTE_PRESENT | PTE_PROTNONE)) === PTE_PRESENT;
  const granted = accessible ? HMM_PFN_VALID | order | (leafWritable(leaf) ? HMM_PFN_WRITE : 0) : 0;
  const need = needFaultIn(range, start, end, granted);
  // Our own device memory is reported as it is, whatever was requested.
  if (need !== 0 && !own) return pend(walk, start, end, need);
  for (let vpn = start; vpn < end; vpn++) {
    const at = vpn - range.start;
    range.hmmPfns[at] = ((range.hmmPfns[at] as number) & HMM_PFN_INOUT_FLAGS) | ptePfn(pieceEntry(leaf, vpn)) | granted;
  }
  return 0;
}
