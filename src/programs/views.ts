/** What /proc shows of an address space: pagemap, maps, smaps. */
import { get } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { PTRS_PER_TABLE, ZERO_PFN } from '../arena/config.ts';
import { Mm, type Process, Vma } from '../arena/structures.ts';
import { isOlder, Older } from '../kernels/older.ts';
import { isHugetlb } from '../mm/huge/compound.ts';
import { leafOf } from '../mm/huge/splitHugePmd.ts';
import { pgmapOwner } from '../mm/page/devPagemap.ts';
import { compoundHead, isDevicePage, PG_FILE, pageFlags, pageMapcount } from '../mm/page/page.ts';
import {
  isDeviceExclusive,
  isDevicePrivate,
  isGuard,
  LEAF_DEVICE_EXCLUSIVE,
  LEAF_DEVICE_PRIVATE_WRITE,
  leafKind,
  mapsPage,
  PTE_SPECIAL,
  ptePfn,
  ptePresent,
} from '../mm/table/pte.ts';
import { readPte } from '../mm/table/tables.ts';
import { mmapReadLock, mmapReadUnlock } from '../mm/vma/mmapLock.ts';
import {
  VM_EXEC,
  VM_HUGEPAGE,
  VM_NOHUGEPAGE,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
  vmaEnd,
  vmaFlags,
  vmaStart,
  vmasIn,
} from '../mm/vma/vma.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Answer } from './answer.ts';
import type { Machine } from './machine.ts';
import { addressAt, numberAt, type Operation, vpnOf } from './operation.ts';
import { mmOf } from './processes.ts';

/** `c2`, `c3`: page of a coherent device; nothing for a system page. */
const coherentMark = (arena: Arena, pfn: number): string => (isDevicePage(arena, pfn) ? `c${pgmapOwner(arena, pfn) - 1}` : '');

/** `h`: piece of a huge page, `H`: of a hugetlb page. */
const hugeMark = (arena: Arena, pfn: number): string => (isHugetlb(arena, pfn) ? 'H' : compoundHead(arena, pfn) !== 0 ? 'h' : '');

/** `f`: not anonymous; `x`: mapped once. Under a leaf that is asked of its first page, for all of them. */
function flagsOf(arena: Arena, pfn: number, isLeaf: boolean): string {
  const file = (pageFlags(arena, pfn) & PG_FILE) !== 0 ? 'f' : '';
  const asked = isLeaf ? compoundHead(arena, pfn) : pfn;
  return `${hugeMark(arena, pfn)}${file}${pageMapcount(arena, asked) === 1 ? 'x' : ''}`;
}

/** The state of one page in the letters of the recordings. */
function kindOf(arena: Arena, pte: number, isLeaf: boolean): string {
  if (pte === 0) return '-';
  const pfn = ptePfn(pte);
  if (ptePresent(pte)) {
    if ((pte & PTE_SPECIAL) !== 0) return pfn === ZERO_PFN ? 'z' : 'zh';
    return `${coherentMark(arena, pfn) || 's'}${flagsOf(arena, pfn, isLeaf)}`;
  }
  if (isDevicePrivate(pte)) {
    const flags = isOlder(arena, Older.pagemapMarksDevice) ? flagsOf(arena, pfn, isLeaf) : '';
    return `${leafKind(pte) === LEAF_DEVICE_PRIVATE_WRITE ? 'dw' : 'dr'}${flags}`;
  }
  if (isGuard(pte)) return 'g';
  // The kernel of the recordings counts no mapping for an exclusive entry.
  if (isDeviceExclusive(pte)) {
    return `${leafKind(pte) === LEAF_DEVICE_EXCLUSIVE ? 'ew' : 'er'}${coherentMark(arena, pfn)}${hugeMark(arena, pfn)}`;
  }
  return 'm';
}

export function* pagemap({ arena }: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const [mm, start] = [mmOf(arena, process), vpnOf(machine, addressAt(op, 0))];
  const k: string[] = [];
  const n: number[] = [];
  for (let i = 0; i < numberAt(op, 1); i++) {
    const pte = readPte(arena, get(arena, mm + Mm.pgd), start + i);
    k.push(kindOf(arena, pte, leafOf(arena, mm, start + i) !== 0));
    n.push(pte === 0 || isGuard(pte) ? 0 : ptePfn(pte));
  }
  return { e: 0, k, n };
}

function permissions(flags: number): string {
  const letter = (bit: number, name: string): string => ((flags & bit) !== 0 ? name : '-');
  return `${letter(VM_READ, 'r')}${letter(VM_WRITE, 'w')}${letter(VM_EXEC, 'x')}${(flags & VM_SHARED) !== 0 ? 's' : 'p'}`;
}

export function* maps(task: Task, { base, end }: Machine, process: Process): Steps<Answer> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  yield* mmapReadLock(task, mm);
  const m = vmasIn(arena, mm, base, end).map((vma) => {
    const file = get(arena, vma + Vma.mapping) !== 0;
    const offset = file ? get(arena, vma + Vma.pgoff) : 0;
    return [vmaStart(arena, vma) - base, vmaEnd(arena, vma) - base, permissions(vmaFlags(arena, vma)), offset, file ? 1 : 0];
  });
  yield* mmapReadUnlock(task, mm);
  return { e: 0, m };
}

/** What one VMA maps: all pages, those of leaves of huge pages of its own, and the anonymous ones. */
function residency(arena: Arena, mm: Mm, vma: Vma): readonly [rss: number, leaves: number, anonymous: number] {
  let rss = 0;
  let leaves = 0;
  let anonymous = 0;
  for (let vpn = vmaStart(arena, vma); vpn < vmaEnd(arena, vma); vpn++) {
    const pte = readPte(arena, get(arena, mm + Mm.pgd), vpn);
    if (!mapsPage(pte) || isHugetlb(arena, ptePfn(pte))) continue;
    rss++;
    if ((pageFlags(arena, ptePfn(pte)) & PG_FILE) === 0) anonymous++;
    if (vpn % PTRS_PER_TABLE === 0 && leafOf(arena, mm, vpn) !== 0) leaves++;
  }
  return [rss, leaves, anonymous];
}

function advised(flags: number): string {
  if ((flags & VM_HUGEPAGE) !== 0) return 'hg';
  return (flags & VM_NOHUGEPAGE) !== 0 ? 'nh' : '';
}

export function* smaps(task: Task, { base, end: last }: Machine, process: Process): Steps<Answer> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  yield* mmapReadLock(task, mm);
  const sm = vmasIn(arena, mm, base, last).map((vma) => {
    const flags = vmaFlags(arena, vma);
    const [rss, leaves, anonymous] = residency(arena, mm, vma);
    const [start, end] = [vmaStart(arena, vma) - base, vmaEnd(arena, vma) - base];
    return [start, end, permissions(flags), rss, leaves, advised(flags), anonymous];
  });
  yield* mmapReadUnlock(task, mm);
  return { e: 0, sm };
}
