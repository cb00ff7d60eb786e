/** The page-table walk of hmm_range_fault: VMA by VMA, table by table, entry by entry. */

import { get } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { Mm } from '../arena/structures.ts';
import type { Errno, HmmPfn, PageTable, Pte, Vpn } from '../arena/units.ts';
import { EMPTY_LEAF, isHuge, PTE_PRESENT, PTE_PROTNONE, PTE_WRITE } from '../mm/table/pte.ts';
import { hugeLeaf, lookupTable, nextPopulated, pteAt, tableEnd } from '../mm/table/tables.ts';
import { findVma, VM_IO, VM_PFNMAP, VM_READ, vmaEnd, vmaFlags, vmaStart } from '../mm/vma/vma.ts';
import { Point } from '../steps/points.ts';
import { pointsWatched, type Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { forbidden, handleLeaf, handlePte, hole, type Walk } from './cases.ts';
import type { HmmRange } from './hmmRange.ts';
import { HMM_PFN_INOUT_FLAGS, HMM_PFN_REQ_FAULT, HMM_PFN_REQ_WRITE, HMM_PFN_VALID } from './pfn.ts';

/** The word for a present entry; the sticky bits of the old word stay. */
const presentWord = (word: HmmPfn, pte: Pte): HmmPfn =>
  (word & HMM_PFN_INOUT_FLAGS) | (pte >>> 12) | HMM_PFN_VALID | ((pte & PTE_WRITE) << 29);

/**
 * Words for the entries from `vpn` on that are present and good enough, up to `end`; returns the page after them. Each entry
 * is one plain load (READ_ONCE): it is believed only after the caller's read-retry, whose lock orders it. One test an entry:
 * `mask` and `value` say what "present and good enough" is when every page has the same request.
 */
function copyPresent(arena: Arena, range: HmmRange, table: PageTable, vpn: Vpn, end: Vpn): Vpn {
  const { hmmPfns, defaultFlags } = range;
  const { words } = arena;
  const needsWrite = (defaultFlags & HMM_PFN_REQ_FAULT) !== 0 && (defaultFlags & HMM_PFN_REQ_WRITE) !== 0;
  const mask = PTE_PRESENT | PTE_PROTNONE | (needsWrite ? PTE_WRITE : 0);
  const value = PTE_PRESENT | (needsWrite ? PTE_WRITE : 0);
  const from = pteAt(arena, table, vpn);
  const to = vpn - range.start;
  const count = end - vpn;
  let i = 0;
  // Eight at a time: one branch and one mask for eight tests.
  for (; i + 7 < count; i += 8) {
    const entry = from + i;
    const p0 = words[entry] as number;
    const p1 = words[entry + 1] as number;
    const p2 = words[entry + 2] as number;
    const p3 = words[entry + 3] as number;
    const p4 = words[entry + 4] as number;
    const p5 = words[entry + 5] as number;
    const p6 = words[entry + 6] as number;
    const p7 = words[entry + 7] as number;
    const low = (p0 ^ value) | (p1 ^ value) | (p2 ^ value) | (p3 ^ value);
    const high = (p4 ^ value) | (p5 ^ value) | (p6 ^ value) | (p7 ^ value);
    if (((low | high) & mask) !== 0) break;
    const at = to + i;
    hmmPfns[at] = presentWord(hmmPfns[at] as number, p0);
    hmmPfns[at + 1] = presentWord(hmmPfns[at + 1] as number, p1);
    hmmPfns[at + 2] = presentWord(hmmPfns[at + 2] as number, p2);
    hmmPfns[at + 3] = presentWord(hmmPfns[at + 3] as number, p3);
    hmmPfns[at + 4] = presentWord(hmmPfns[at + 4] as number, p4);
    hmmPfns[at + 5] = presentWord(hmmPfns[at + 5] as number, p5);
    hmmPfns[at + 6] = presentWord(hmmPfns[at + 6] as number, p6);
    hmmPfns[at + 7] = presentWord(hmmPfns[at + 7] as number, p7);
  }
  for (; i < count; i++) {
    const pte = words[from + i] as number;
    if ((pte & mask) !== value) break;
    hmmPfns[to + i] = presentWord(hmmPfns[to + i] as number, pte);
  }
  return vpn + i;
}

/**
 * hmm_vma_walk_pmd for the entries of one last-level table, without its lock.
 *
 * @kernel mm/hmm.c hmm_vma_walk_pmd
 */
function* walkTable(task: Task, walk: Walk, table: PageTable, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  const { range } = walk;
  // Entries are handled one by one where each has its own request, or its own point; else as many at once as are alike.
  const alike = (range.pfnFlagsMask & HMM_PFN_REQ_FAULT) === 0 && (range.pfnFlagsMask & HMM_PFN_REQ_WRITE) === 0;
  let vpn = start;
  while (vpn < end) {
    yield Point.hmmWalkPte;
    if (alike && !pointsWatched()) {
      vpn = copyPresent(arena, range, table, vpn, end);
      if (vpn === end) return 0;
    }
    // A table that became a leaf since, or nothing, had no entries any more by then.
    const pte = get(arena, pteAt(arena, table, vpn));
    const result = yield* handlePte(task, walk, isHuge(pte) ? 0 : pte, vpn, end);
    if (result !== 0) return result;
    vpn++;
  }
  return 0;
}

/** The populated and the empty stretches of [start, end), which lies in one readable VMA. */
function* walkVma(task: Task, walk: Walk, start: Vpn, end: Vpn): Steps<Errno> {
  const { arena } = task;
  const pgd = get(arena, walk.mm + Mm.pgd);
  let vpn = start;
  while (vpn < end) {
    const table = lookupTable(arena, pgd, vpn);
    if (table === 0) yield Point.hmmWalkPte;
    const stop = table === 0 ? nextPopulated(arena, pgd, vpn, end) : tableEnd(vpn, end);
    const leaf = table === 0 ? EMPTY_LEAF : hugeLeaf(arena, table);
    const result =
      leaf === 0
        ? yield* walkTable(task, walk, table, vpn, stop)
        : leaf === EMPTY_LEAF
          ? hole(walk, vpn, stop)
          : yield* handleLeaf(task, walk, leaf, vpn, stop);
    if (result !== 0) return result;
    vpn = stop;
  }
  return 0;
}

/**
 * walk_page_range from `last` of the walk to the end of its range. 0, -EAGAIN (a fault is pending), -EBUSY (waited) or -EFAULT.
 *
 * @kernel mm/hmm.c hmm_vma_walk_test
 */
export function* walkRange(task: Task, walk: Walk): Steps<Errno> {
  const { arena } = task;
  const { mm, range } = walk;
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
    const result = readable ? yield* walkVma(task, walk, vpn, end) : forbidden(range, vpn, end);
    if (result !== 0) return result;
    vpn = end;
  }
  return 0;
}
