/** What /proc shows of an address space: pagemap, maps, smaps. */
import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Mm, Vma } from '../../arena/structures.ts';
import { pgmapOwner } from '../../mm/devPagemap.ts';
import { isDevicePage, PG_FILE, pageFlags, pageMapcount } from '../../mm/page.ts';
import {
  isDeviceExclusive,
  isDevicePrivate,
  LEAF_DEVICE_EXCLUSIVE,
  LEAF_DEVICE_PRIVATE_WRITE,
  leafKind,
  PTE_SPECIAL,
  ptePfn,
  ptePresent,
} from '../../mm/pte.ts';
import { readPte } from '../../mm/tables.ts';
import { VM_EXEC, VM_READ, VM_SHARED, VM_WRITE, vmaEnd, vmaFlags, vmaStart, vmasIn } from '../../mm/vma.ts';
import type { Machine, Process } from './machine.ts';
import { ARENA_VPN, addressAt, numberAt, type Operation, vpnOf } from './operation.ts';
import type { Answer } from './recording.ts';

/** `c2`, `c3`: page of a coherent device; nothing for a system page. */
const coherentMark = (arena: Arena, pfn: number): string => (isDevicePage(arena, pfn) ? `c${pgmapOwner(arena, pfn) - 1}` : '');

/** `f`: not anonymous; `x`: mapped once. */
function flagsOf(arena: Arena, pfn: number): string {
  const file = (pageFlags(arena, pfn) & PG_FILE) !== 0 ? 'f' : '';
  return `${file}${pageMapcount(arena, pfn) === 1 ? 'x' : ''}`;
}

/** The state of one page in the letters of the recordings. */
function kindOf(arena: Arena, pte: number): string {
  if (pte === 0) return '-';
  const pfn = ptePfn(pte);
  if (ptePresent(pte)) {
    if ((pte & PTE_SPECIAL) !== 0) return 'z';
    return `${coherentMark(arena, pfn) || 's'}${flagsOf(arena, pfn)}`;
  }
  if (isDevicePrivate(pte)) return `${leafKind(pte) === LEAF_DEVICE_PRIVATE_WRITE ? 'dw' : 'dr'}${flagsOf(arena, pfn)}`;
  // The kernel of the recordings counts no mapping for an exclusive entry.
  if (isDeviceExclusive(pte)) return `${leafKind(pte) === LEAF_DEVICE_EXCLUSIVE ? 'ew' : 'er'}${coherentMark(arena, pfn)}`;
  return 'm';
}

export function pagemap({ arena }: Machine, { mm }: Process, op: Operation): Answer {
  const start = vpnOf(addressAt(op, 0));
  const k: string[] = [];
  const n: number[] = [];
  for (let i = 0; i < numberAt(op, 1); i++) {
    const pte = readPte(arena, get(arena, mm + Mm.pgd), start + i);
    k.push(kindOf(arena, pte));
    n.push(pte === 0 ? 0 : ptePfn(pte));
  }
  return { e: 0, k, n };
}

function permissions(flags: number): string {
  const letter = (bit: number, name: string): string => ((flags & bit) !== 0 ? name : '-');
  return `${letter(VM_READ, 'r')}${letter(VM_WRITE, 'w')}${letter(VM_EXEC, 'x')}${(flags & VM_SHARED) !== 0 ? 's' : 'p'}`;
}

const ARENA_END = ARENA_VPN * 2;

export function maps({ arena }: Machine, { mm }: Process): Answer {
  const m = vmasIn(arena, mm, ARENA_VPN, ARENA_END).map((vma) => {
    const file = get(arena, vma + Vma.mapping) !== 0;
    const offset = file ? get(arena, vma + Vma.pgoff) : 0;
    return [
      vmaStart(arena, vma) - ARENA_VPN,
      vmaEnd(arena, vma) - ARENA_VPN,
      permissions(vmaFlags(arena, vma)),
      offset,
      file ? 1 : 0,
    ];
  });
  return { e: 0, m };
}
