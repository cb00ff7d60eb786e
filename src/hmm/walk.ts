/** The page-table walk of hmm_range_fault: one case for each thing that can be found (table B7 of docs/model.md). */
import { get } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { PMD_ORDER } from '../arena/config.ts';
import { EAGAIN, EBUSY, EFAULT } from '../arena/errno.ts';
import { Mm } from '../arena/structures.ts';
import { pgmapOwner } from '../mm/devPagemap.ts';
import {
  EMPTY_LEAF,
  isDeviceExclusive,
  isDevicePrivate,
  isMigration,
  LEAF_DEVICE_PRIVATE_WRITE,
  LEAF_SWAP,
  leafKind,
  leafWritable,
  PTE_PRESENT,
  PTE_PROTNONE,
  PTE_WRITE,
  pieceEntry,
  ptePfn,
} from '../mm/pte.ts';
import { migrationEntryWait } from '../mm/softleaf.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, tableEnd } from '../mm/tables.ts';
import { findVma, VM_IO, VM_PFNMAP, VM_READ, vmaEnd, vmaFlags, vmaStart } from '../mm/vma.ts';
import { Point } from '../steps/points.ts';
import { pointsWatched, type Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import {
  HMM_PFN_ERROR,
  HMM_PFN_INOUT_FLAGS,
  HMM_PFN_ORDER_SHIFT,
  HMM_PFN_REQ_FAULT,
  HMM_PFN_REQ_WRITE,
  HMM_PFN_VALID,
  HMM_PFN_WRITE,
} from './pfn.ts';
import type { HmmRange } from './rangeFault.ts';

/** From PTE_WRITE to HMM_PFN_WRITE. */
const WRITE_TO_PFN_WRITE = 29;

export const NEED_FAULT = 1;
export const NEED_WRITE_FAULT = 2;

/** struct hmm_vma_walk. */
export interface Walk {
  /** First page whose word has not been overwritten: where the next round starts. */
  last: number;
  /** End of the chunk to fault. */
  end: number;
  /** What the chunk needs: NEED_* bits, or-ed over its pages. */
  need: number;
}

/** hmm_pte_need_fault: what a page needs, given its request word and what the CPU entry grants (VALID and WRITE bits). */
export function needFault(range: HmmRange, word: number, granted: number): number {
  const request = (word & range.pfnFlagsMask) | range.defaultFlags;
  if ((request & HMM_PFN_REQ_FAULT) === 0) return 0;
  if ((request & HMM_PFN_REQ_WRITE) !== 0 && (granted & HMM_PFN_WRITE) === 0) return NEED_FAULT | NEED_WRITE_FAULT;
  return (granted & HMM_PFN_VALID) === 0 ? NEED_FAULT : 0;
}

/** hmm_range_need_fault: or-ed over the words of [start, end), to all of which the CPU grants the same. */
function needFaultIn(range: HmmRange, start: number, end: number, granted = 0): number {
  if (((range.defaultFlags | range.pfnFlagsMask) & HMM_PFN_REQ_FAULT) === 0) return 0;
  let need = 0;
  for (let vpn = start; vpn < end && need !== (NEED_FAULT | NEED_WRITE_FAULT); vpn++) {
    need |= needFault(range, range.hmmPfns[vpn - range.start] as number, granted);
  }
  return need;
}

/** hmm_pfns_fill: sets every word of [start, end), keeping the sticky bits. */
function fill(range: HmmRange, start: number, end: number, value: number): number {
  const { hmmPfns } = range;
  for (let i = start - range.start; i < end - range.start; i++) {
    hmmPfns[i] = ((hmmPfns[i] as number) & HMM_PFN_INOUT_FLAGS) | value;
  }
  return 0;
}

/** Records a chunk to fault; the walk stops. -EAGAIN is the internal "fault pending". */
function pend(walk: Walk, start: number, end: number, need: number): number {
  walk.last = start;
  walk.end = end;
  walk.need = need;
  return -EAGAIN;
}

/** Nothing mapped in [start, end) of a VMA: report 0, or fault the whole chunk. */
function hole(range: HmmRange, walk: Walk, start: number, end: number): number {
  const need = needFaultIn(range, start, end);
  return need === 0 ? fill(range, start, end, 0) : pend(walk, start, end, need);
}

/** No VMA, or one that may not be looked at: report ERROR, or fail if anything was requested. */
function forbidden(range: HmmRange, start: number, end: number): number {
  return needFaultIn(range, start, end) === 0 ? fill(range, start, end, HMM_PFN_ERROR) : -EFAULT;
}

/** A non-present entry. 0 when its word has been stored, else the result of the walk. */
function* nonpresent(task: Task, mm: number, range: HmmRange, walk: Walk, pte: number, vpn: number, end: number): Steps<number> {
  const { arena } = task;
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
  if (pte === 0 || isDevicePrivate(pte) || isDeviceExclusive(pte) || leafKind(pte) === LEAF_SWAP)
    return pend(walk, vpn, end, need);
  if (isMigration(pte)) {
    walk.last = vpn;
    yield* migrationEntryWait(task, get(arena, mm + Mm.pgd), vpn);
    return -EBUSY;
  }
  return -EFAULT;
}

/** The word for a present entry; the sticky bits of the old word stay. */
const presentWord = (word: number, pte: number): number =>
  (word & HMM_PFN_INOUT_FLAGS) | (pte >>> 12) | HMM_PFN_VALID | ((pte & PTE_WRITE) << 29);

/**
 * Words for the entries from `vpn` on that are present and good enough, up to `end`; returns the page after them. Each entry
 * is one plain load (READ_ONCE): it is believed only after the caller's read-retry, whose lock orders it. One test an entry:
 * `mask` and `value` say what "present and good enough" is when every page has the same request.
 */
function copyPresent(arena: Arena, range: HmmRange, table: number, vpn: number, end: number): number {
  const { hmmPfns, defaultFlags } = range;
  const { words } = arena;
  const needsWrite = (defaultFlags & HMM_PFN_REQ_FAULT) !== 0 && (defaultFlags & HMM_PFN_REQ_WRITE) !== 0;
  const mask = PTE_PRESENT | PTE_PROTNONE | (needsWrite ? PTE_WRITE : 0);
  const value = PTE_PRESENT | (needsWrite ? PTE_WRITE : 0);
  const from = pteAt(arena, table, vpn);
  const to = vpn - range.start;
  const count = end - vpn;
  let i = 0;
  // Four at a time: one branch for four tests takes a quarter off the loop.
  for (; i + 3 < count; i += 4) {
    const p0 = words[from + i] as number;
    const p1 = words[from + i + 1] as number;
    const p2 = words[from + i + 2] as number;
    const p3 = words[from + i + 3] as number;
    if ((((p0 & mask) ^ value) | ((p1 & mask) ^ value) | ((p2 & mask) ^ value) | ((p3 & mask) ^ value)) !== 0) break;
    const at = to + i;
    hmmPfns[at] = presentWord(hmmPfns[at] as number, p0);
    hmmPfns[at + 1] = presentWord(hmmPfns[at + 1] as number, p1);
    hmmPfns[at + 2] = presentWord(hmmPfns[at + 2] as number, p2);
    hmmPfns[at + 3] = presentWord(hmmPfns[at + 3] as number, p3);
  }
  for (; i < count; i++) {
    const pte = words[from + i] as number;
    if ((pte & mask) !== value) break;
    hmmPfns[to + i] = presentWord(hmmPfns[to + i] as number, pte);
  }
  return vpn + i;
}

/** hmm_vma_handle_pte. 0 when its word has been stored. */
function* handlePte(task: Task, mm: number, range: HmmRange, walk: Walk, pte: number, vpn: number, end: number): Steps<number> {
  const { hmmPfns } = range;
  const at = vpn - range.start;
  const word = hmmPfns[at] as number;
  if ((pte & PTE_PRESENT) === 0) return yield* nonpresent(task, mm, range, walk, pte, vpn, end);
  const accessible = (pte & PTE_PROTNONE) === 0;
  const granted = accessible ? HMM_PFN_VALID | ((pte & PTE_WRITE) << WRITE_TO_PFN_WRITE) : 0;
  const need = needFault(range, word, granted);
  if (need !== 0) return pend(walk, vpn, end, need);
  // PROT_NONE is reported without VALID: the page is known and must not be used.
  hmmPfns[at] = (word & HMM_PFN_INOUT_FLAGS) | ptePfn(pte) | granted;
  return 0;
}

/** hmm_vma_walk_pmd for the entries of one last-level table, without its lock. */
function* walkTable(
  task: Task,
  mm: number,
  range: HmmRange,
  walk: Walk,
  table: number,
  start: number,
  end: number,
): Steps<number> {
  const { arena } = task;
  // Entries are handled one by one where each has its own request, or its own point; else as many at once as are alike.
  const alike = (range.pfnFlagsMask & HMM_PFN_REQ_FAULT) === 0 && (range.pfnFlagsMask & HMM_PFN_REQ_WRITE) === 0;
  let vpn = start;
  while (vpn < end) {
    yield Point.hmmWalkPte;
    if (alike && !pointsWatched()) {
      vpn = copyPresent(arena, range, table, vpn, end);
      if (vpn === end) return 0;
    }
    const result = yield* handlePte(task, mm, range, walk, get(arena, pteAt(arena, table, vpn)), vpn, end);
    if (result !== 0) return result;
    vpn++;
  }
  return 0;
}

/** hmm_vma_handle_pmd: a leaf, as far as the range goes. */
function* handleLeaf(
  task: Task,
  mm: number,
  range: HmmRange,
  walk: Walk,
  leaf: number,
  start: number,
  end: number,
): Steps<number> {
  const { arena } = task;
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

/** The populated and the empty stretches of [start, end), which lies in one readable VMA. */
function* walkVma(task: Task, mm: number, range: HmmRange, walk: Walk, start: number, end: number): Steps<number> {
  const { arena } = task;
  const pgd = get(arena, mm + Mm.pgd);
  let vpn = start;
  while (vpn < end) {
    const table = lookupTable(arena, pgd, vpn);
    const stop = table === 0 ? nextPopulated(arena, pgd, vpn, end) : tableEnd(vpn, end);
    const leaf = table === 0 ? EMPTY_LEAF : hugeLeaf(arena, table);
    const result =
      leaf === 0
        ? yield* walkTable(task, mm, range, walk, table, vpn, stop)
        : leaf === EMPTY_LEAF
          ? hole(range, walk, vpn, stop)
          : yield* handleLeaf(task, mm, range, walk, leaf, vpn, stop);
    if (result !== 0) return result;
    vpn = stop;
  }
  return 0;
}

/** walk_page_range from `walk.last` to the end of the range. 0, -EAGAIN (a fault is pending), -EBUSY (waited) or -EFAULT. */
export function* walkRange(task: Task, mm: number, range: HmmRange, walk: Walk): Steps<number> {
  const { arena } = task;
  let vpn = walk.last;
  while (vpn < range.end) {
    const vma = findVma(arena, mm, vpn);
    const start = vma === 0 ? range.end : Math.min(vmaStart(arena, vma), range.end);
    if (start > vpn) {
      const result = forbidden(range, vpn, start);
      if (result !== 0) return result;
      vpn = start;
      continue;
    }
    const end = Math.min(vmaEnd(arena, vma), range.end);
    const flags = vmaFlags(arena, vma);
    const readable = (flags & VM_READ) !== 0 && (flags & (VM_IO | VM_PFNMAP)) === 0;
    const result = readable ? yield* walkVma(task, mm, range, walk, vpn, end) : forbidden(range, vpn, end);
    if (result !== 0) return result;
    vpn = end;
  }
  return 0;
}
