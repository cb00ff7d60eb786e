/** What a CPU does: loads and stores. */
import { frameLoad, frameStore } from '../arena/access.ts';
import type { Mm, Process } from '../arena/structures.ts';
import type { FrameWord, Vpn } from '../arena/units.ts';
import { cpuBegin, cpuEnd, isFault, type MinusVmFault } from '../mm/fault/cpuAccess.ts';
import { VM_FAULT_OOM, VM_FAULT_SIGSEGV } from '../mm/table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock } from '../mm/vma/mmapLock.ts';
import { VM_ACCESS, VM_WRITE, vmaFlags, vmaLookup } from '../mm/vma/vma.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Answer } from './answer.ts';
import type { Machine } from './machine.ts';
import { addressAt, numberAt, type Operation, vpnOf } from './operation.ts';
import { mmOf } from './processes.ts';

/** The signal a failed access gets: SIGSEGV with MAPERR (no mapping, or a guard) or ACCERR, or SIGBUS with ADRERR. */
function* signal(task: Task, mm: Mm, vpn: Vpn, fault: number, write: boolean): Steps<string> {
  const { arena } = task;
  if ((fault & VM_FAULT_SIGSEGV) === 0) return 'BUS2';
  yield* mmapReadLock(task, mm);
  const vma = vmaLookup(arena, mm, vpn);
  const allowed = vma !== 0 && (vmaFlags(arena, vma) & (write ? VM_WRITE : VM_ACCESS)) !== 0;
  yield* mmapReadUnlock(task, mm);
  return vma === 0 || allowed ? 'SEGV1' : 'SEGV2';
}

/** How often a CPU tries again that has run out of memory; who gets none then would have been killed. */
const OOM_TRIES = 8;

/** Begins an access. Without memory for its fault it is tried again (pagefault_out_of_memory). */
function* begin(task: Task, mm: Mm, vpn: Vpn, write: boolean): Steps<FrameWord | MinusVmFault> {
  for (let tries = 1; ; tries++) {
    const at = yield* cpuBegin(task, mm, vpn, write);
    if (!isFault(at) || (-at & VM_FAULT_OOM) === 0 || tries === OOM_TRIES) return at;
  }
}

/** The first word of a page, or the signal. */
function* loadWord(task: Task, mm: Mm, vpn: Vpn): Steps<number | string> {
  const { arena } = task;
  const at = yield* begin(task, mm, vpn, false);
  if (isFault(at)) return yield* signal(task, mm, vpn, -at, false);
  const value = frameLoad(arena, at) >>> 0;
  cpuEnd(task);
  return value;
}

function* storeWord(task: Task, mm: Mm, vpn: Vpn, value: number): Steps<string> {
  const { arena } = task;
  const at = yield* begin(task, mm, vpn, true);
  if (isFault(at)) return yield* signal(task, mm, vpn, -at, true);
  frameStore(arena, at, value);
  cpuEnd(task);
  return 'ok';
}

/** N pages from P on, each `stride` after the one before. */
export function* cpuRead(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const [start, pages, stride] = [vpnOf(machine, addressAt(op, 0)), numberAt(op, 1), numberAt(op, 2, 1)];
  const mm = mmOf(task.arena, process);
  const v: (number | string)[] = [];
  for (let i = 0; i < pages; i++) v.push(yield* loadWord(task, mm, start + i * stride));
  return { e: 0, v };
}

export function* cpuWrite(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const [start, pages, stride] = [vpnOf(machine, addressAt(op, 0)), numberAt(op, 1), numberAt(op, 3, 1)];
  const mm = mmOf(task.arena, process);
  const results: string[] = [];
  for (let i = 0; i < pages; i++) results.push(yield* storeWord(task, mm, start + i * stride, numberAt(op, 2) + i));
  return { e: 0, v: results.every((result) => result === 'ok') ? [] : results };
}
