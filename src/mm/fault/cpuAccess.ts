/** What a CPU does with an address: translate through the TLB and the page table, fault if need be, access. */

import { forgetRound, frameLoad, frameStore, get, observed } from '../../arena/access.ts';
import { Counter } from '../../arena/counters.ts';
import { frameAt } from '../../arena/frames.ts';
import { Mm } from '../../arena/structures.ts';
import type { Flavour, FrameWord, VmFault, Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { count, fatalSignalPending, type Task } from '../../sync/task.ts';
import { hardwareWalk } from '../table/hardwareWalk.ts';
import { PTE_DIRTY, PTE_WRITE, ptePfn } from '../table/pte.ts';
import { beginAccess, CPU, endAccess, tlbFill, tlbLookup, tlbRevive, tlbTake } from '../table/tlb.ts';
import {
  FAULT_FLAG_ALLOW_RETRY,
  FAULT_FLAG_KILLABLE,
  FAULT_FLAG_TRIED,
  FAULT_FLAG_USER,
  FAULT_FLAG_WRITE,
  VM_FAULT_COMPLETED,
  VM_FAULT_ERROR,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGSEGV,
} from '../table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock } from '../vma/mmapLock.ts';
import { VM_ACCESS, VM_WRITE, vmaFlags, vmaLookup } from '../vma/vma.ts';
import { handleMmFault } from './fault.ts';

/** Minus the VM_FAULT bits with which an access ended: below 0, and no errno. */
export type MinusVmFault = Flavour<'minus VM_FAULT bits'>;

/** Did {@link cpuBegin} fail? */
export const isFault = (begun: FrameWord | MinusVmFault): begun is MinusVmFault => begun < 0;

/** Faults in a row on one access after which something is wrong. */
const FAULT_LIMIT = 1_000_000;

/** The translation for an access, through the TLB; 0 means fault. Inside an access. */
function translate(task: Task, mm: Mm, vpn: Vpn, write: boolean): number {
  const cached = tlbLookup(task, CPU, mm, vpn);
  if (cached !== 0 && (!write || (cached & (PTE_WRITE | PTE_DIRTY)) === (PTE_WRITE | PTE_DIRTY))) return cached;
  tlbRevive(task, CPU);
  const pte = hardwareWalk(task.arena, get(task.arena, mm + Mm.pgd), vpn, write);
  if (pte !== 0) tlbFill(task, tlbTake(task, CPU, mm, vpn), pte);
  return pte;
}

/**
 * do_user_addr_fault: one page fault of a user access. 0, or the VM_FAULT error bits the access ends with.
 *
 * @kernel arch/x86/mm/fault.c do_user_addr_fault
 */
export function* cpuFault(task: Task, mm: Mm, vpn: Vpn, write: boolean): Steps<VmFault> {
  const { arena } = task;
  let flags = FAULT_FLAG_USER | FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_KILLABLE | (write ? FAULT_FLAG_WRITE : 0);
  for (;;) {
    yield* mmapReadLock(task, mm);
    const vma = vmaLookup(arena, mm, vpn);
    const vm = vma === 0 ? 0 : vmaFlags(arena, vma);
    if ((vm & (write ? VM_WRITE : VM_ACCESS)) === 0) {
      yield* mmapReadUnlock(task, mm);
      return VM_FAULT_SIGSEGV;
    }
    const result = yield* handleMmFault(task, mm, vma, vpn, flags);
    if ((result & VM_FAULT_RETRY) !== 0) {
      if (fatalSignalPending(task)) return VM_FAULT_SIGSEGV;
      flags |= FAULT_FLAG_TRIED;
      continue;
    }
    if ((result & VM_FAULT_COMPLETED) === 0) yield* mmapReadUnlock(task, mm);
    return (result & VM_FAULT_ERROR) as VmFault;
  }
}

/**
 * Begins an access of the running thread to page `vpn` of `mm`. On success an access is under way, and the caller
 * touches the frame and then calls {@link cpuEnd} without waiting for anything in between.
 *
 * @returns the index of the frame's first word in `arena.frames`; or minus the VM_FAULT bits, with no access under way.
 */
export function* cpuBegin(task: Task, mm: Mm, vpn: Vpn, write: boolean): Steps<FrameWord | MinusVmFault> {
  const { arena } = task;
  const mark = observed();
  for (let faults = 0; faults < FAULT_LIMIT; faults++) {
    yield Point.cpuAccess;
    beginAccess(task, CPU);
    const pte = translate(task, mm, vpn, write);
    if (pte !== 0) {
      const pfn = ptePfn(pte);
      if (get(arena, arena.page.refcount + pfn) <= 0) {
        throw new Violation('I-FREE', `actor ${task.id} reaches page ${pfn} through address page ${vpn} after it was freed`);
      }
      yield Point.cpuTranslated;
      return frameAt(arena, pfn);
    }
    endAccess(task, CPU);
    count(task, Counter.cpuFaults);
    const error = yield* cpuFault(task, mm, vpn, write);
    if (error !== 0) return -error;
    task.watch?.refaulted?.(task, 'the access', vpn, faults + 1);
    forgetRound(mark, faults);
  }
  throw new Violation('I-PROG', `actor ${task.id} faulted ${FAULT_LIMIT} times in a row on address page ${vpn}`);
}

/** Ends the access begun by {@link cpuBegin}. */
export function cpuEnd(task: Task): void {
  endAccess(task, CPU);
}

/** Reads one word. The value, or null when the access faulted for good. */
export function* cpuLoad(task: Task, mm: Mm, vpn: Vpn, word: number): Steps<number | null> {
  const at = yield* cpuBegin(task, mm, vpn, false);
  if (at < 0) return null;
  const value = frameLoad(task.arena, at + word);
  cpuEnd(task);
  return value;
}

/** Writes one word. 0, or minus the VM_FAULT bits. */
export function* cpuStore(task: Task, mm: Mm, vpn: Vpn, word: number, value: number): Steps<0 | MinusVmFault> {
  const at = yield* cpuBegin(task, mm, vpn, true);
  if (at < 0) return at as MinusVmFault;
  frameStore(task.arena, at + word, value);
  cpuEnd(task);
  return 0;
}

/** Names of VM_FAULT error bits, for messages: `SIGSEGV`, `SIGBUS`, `OOM`. */
export function faultName(bits: number): string {
  if ((bits & VM_FAULT_SIGSEGV) !== 0) return 'SIGSEGV';
  return (bits & VM_FAULT_OOM) !== 0 ? 'OOM' : 'SIGBUS';
}
