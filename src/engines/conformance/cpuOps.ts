/** What a CPU does: loads, stores, and the system calls that take user pages (process_vm, vmsplice, gup_test). */
import { frameLoad, frameStore } from '../../arena/access.ts';
import type { FrameWord } from '../../arena/units.ts';
import { cpuBegin, cpuEnd, isFault, type MinusVmFault } from '../../mm/fault/cpuAccess.ts';
import { VM_FAULT_OOM, VM_FAULT_SIGSEGV } from '../../mm/table/vmFault.ts';
import { VM_ACCESS, VM_WRITE, vmaFlags, vmaLookup } from '../../mm/vma/vma.ts';
import { run } from '../../steps/steps.ts';
import type { Machine, Process } from './machine.ts';
import { addressAt, numberAt, type Operation, vpnOf } from './operation.ts';
import type { Answer } from './recording.ts';

/** The signal a failed access gets: SIGSEGV with MAPERR (no mapping, or a guard) or ACCERR, or SIGBUS with ADRERR. */
function signal({ arena }: Machine, { mm }: Process, vpn: number, fault: number, write: boolean): string {
  if ((fault & VM_FAULT_SIGSEGV) === 0) return 'BUS2';
  const vma = vmaLookup(arena, mm, vpn);
  const allowed = vma !== 0 && (vmaFlags(arena, vma) & (write ? VM_WRITE : VM_ACCESS)) !== 0;
  return vma === 0 || allowed ? 'SEGV1' : 'SEGV2';
}

/** How often a CPU tries again that has run out of memory; who gets none then would have been killed. */
const OOM_TRIES = 8;

/** Begins an access. Without memory for its fault it is tried again (pagefault_out_of_memory). */
function begin({ task }: Machine, { mm }: Process, vpn: number, write: boolean): FrameWord | MinusVmFault {
  for (let tries = 1; ; tries++) {
    const at = run(cpuBegin(task, mm, vpn, write));
    if (!isFault(at) || (-at & VM_FAULT_OOM) === 0 || tries === OOM_TRIES) return at;
  }
}

/** The first word of a page, or the signal. */
function loadWord(machine: Machine, process: Process, vpn: number): number | string {
  const { arena, task } = machine;
  const at = begin(machine, process, vpn, false);
  if (isFault(at)) return signal(machine, process, vpn, -at, false);
  const value = frameLoad(arena, at) >>> 0;
  cpuEnd(task);
  return value;
}

function storeWord(machine: Machine, process: Process, vpn: number, value: number): string {
  const { arena, task } = machine;
  const at = begin(machine, process, vpn, true);
  if (isFault(at)) return signal(machine, process, vpn, -at, true);
  frameStore(arena, at, value);
  cpuEnd(task);
  return 'ok';
}

/** N pages from P on, each `stride` after the one before. */
function pagesOf(op: Operation, stride: number): number[] {
  const start = vpnOf(addressAt(op, 0));
  return Array.from({ length: numberAt(op, 1) }, (_, i) => start + i * stride);
}

export function cpuRead(machine: Machine, process: Process, op: Operation): Answer {
  return { e: 0, v: pagesOf(op, numberAt(op, 2, 1)).map((vpn) => loadWord(machine, process, vpn)) };
}

export function cpuWrite(machine: Machine, process: Process, op: Operation): Answer {
  const results = pagesOf(op, numberAt(op, 3, 1)).map((vpn, i) => storeWord(machine, process, vpn, numberAt(op, 2) + i));
  return { e: 0, v: results.every((result) => result === 'ok') ? [] : results };
}
