/** Flags and results of a page fault, and what describes one under way (struct vm_fault). */

import { get } from '../../arena/access.ts';
import { Mm, MmFlag, type Vma } from '../../arena/structures.ts';
import type { PageTable, Pfn, Pte, VmFault, Vpn, Word } from '../../arena/units.ts';
import type { Task } from '../../sync/task.ts';
import { ptlOf } from './tables.ts';

export const FAULT_FLAG_WRITE = 0x1;
export const FAULT_FLAG_ALLOW_RETRY = 0x4;
export const FAULT_FLAG_KILLABLE = 0x10;
export const FAULT_FLAG_TRIED = 0x20;
export const FAULT_FLAG_USER = 0x40;
export const FAULT_FLAG_REMOTE = 0x80;
/** For a read pin: make the page exclusive, without making the entry writable. */
export const FAULT_FLAG_UNSHARE = 0x400;

export const VM_FAULT_OOM = 0x1 as VmFault;
export const VM_FAULT_SIGBUS = 0x2 as VmFault;
export const VM_FAULT_HWPOISON = 0x10 as VmFault;
export const VM_FAULT_SIGSEGV = 0x40 as VmFault;
/** mmap_lock was dropped; look everything up again. */
export const VM_FAULT_RETRY = 0x400 as VmFault;
/** A leaf cannot answer the fault: entries are needed. Stays within the fault handler. */
export const VM_FAULT_FALLBACK = 0x800 as VmFault;
/** Done, and mmap_lock was dropped. */
export const VM_FAULT_COMPLETED = 0x4000 as VmFault;
export const VM_FAULT_ERROR = (VM_FAULT_OOM | VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV | VM_FAULT_HWPOISON) as VmFault;

/** struct vm_fault: one fault under way, private to its thread. */
export interface Fault {
  readonly mm: Mm;
  readonly vma: Vma;
  readonly vpn: Vpn;
  readonly flags: number;
  /** Last-level table that holds the entry. */
  readonly table: PageTable;
  /** Word of the entry. */
  readonly pte: Word;
  /** Value of the entry, read without a lock: everybody checks again under the page-table lock. */
  readonly orig: Pte;
  /** The page the fault is about, once it is found: of a file, locked and referenced; or the device page, for migrateToRam. */
  page: Pfn;
}

export const faultPtl = (task: Task, fault: Fault): Word => ptlOf(task.arena, fault.table);

/** check_stable_address_space: the OOM reaper has not begun. Under the page-table lock. */
export const isUnstable = (task: Task, mm: Mm): boolean => (get(task.arena, mm + Mm.flags) & MmFlag.unstable) !== 0;
