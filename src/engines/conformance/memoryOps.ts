/** The system calls that change an address space, and fork and exit. */
import { EBADF, EEXIST, EINVAL } from '../../arena/errno.ts';
import { mmapDeviceFile } from '../../drivers/dmirror/mmapFile.ts';
import { madviseCollapse } from '../../mm/syscalls/collapse.ts';
import { forkMm } from '../../mm/syscalls/fork.ts';
import { type Advice, madvise, madviseDontneed } from '../../mm/syscalls/madvise.ts';
import { mlock, munlock } from '../../mm/syscalls/mlock.ts';
import { mmapAnonymous, mmapRegion, munmap } from '../../mm/syscalls/mmap.ts';
import { mprotect } from '../../mm/syscalls/mprotect.ts';
import { mremap } from '../../mm/syscalls/mremap.ts';
import { VM_EXEC, VM_HUGETLB, VM_READ, VM_SHARED, VM_WRITE, vmasIn } from '../../mm/vma/vma.ts';
import { run } from '../../steps/steps.ts';
import { exitProcess, forkProcess, type Machine, type Process } from './machine.ts';
import { addressAt, numberAt, type Operation, textAt, vpnOf } from './operation.ts';
import type { Answer } from './recording.ts';

/** `r`, `rw`, `-` as VM_* bits. */
function accessOf(text: string): number {
  return (text.includes('r') ? VM_READ : 0) | (text.includes('w') ? VM_WRITE : 0) | (text.includes('x') ? VM_EXEC : 0);
}

const answer = (result: number): Answer => ({ e: result < 0 ? -result : 0 });

/** First page and length of an operation on a range. */
const rangeOf = (op: Operation): readonly [start: number, pages: number] => [vpnOf(addressAt(op, 0)), numberAt(op, 1)];

export function mmap({ arena, task }: Machine, { mm, files, devices }: Process, op: Operation): Answer {
  const [start, pages] = rangeOf(op);
  if (op.name === 'mmapx' && vmasIn(arena, mm, start, start + pages).length > 0) return { e: EEXIST };
  const access = accessOf(textAt(op, 2));
  const kind = textAt(op, 3);
  if (kind === 'anon') return answer(run(mmapAnonymous(task, mm, start, pages, access)));
  if (kind === 'sanon') return answer(run(mmapAnonymous(task, mm, start, pages, access | VM_SHARED)));
  const slot = numberAt(op, 4);
  if (kind === 'dev') {
    return devices.has(slot) ? answer(run(mmapDeviceFile(task, mm, start, pages, access))) : { e: EBADF };
  }
  if (kind === 'huge') return answer(run(mmapAnonymous(task, mm, start, pages, access | VM_HUGETLB)));
  const file = files.get(slot);
  if (file === undefined) return { e: EBADF };
  const flags = access | (kind === 'fshared' ? VM_SHARED : 0);
  return answer(run(mmapRegion(task, mm, start, pages, { flags, backing: { mapping: file.mapping, pgoff: numberAt(op, 5) } })));
}

export function unmap({ task }: Machine, { mm }: Process, op: Operation): Answer {
  return answer(run(munmap(task, mm, ...rangeOf(op))));
}

export function protect({ task }: Machine, { mm }: Process, op: Operation): Answer {
  return answer(run(mprotect(task, mm, ...rangeOf(op), accessOf(textAt(op, 2)))));
}

export function lock({ task }: Machine, { mm }: Process, op: Operation): Answer {
  return answer(run(op.name === 'mlock' ? mlock(task, mm, ...rangeOf(op)) : munlock(task, mm, ...rangeOf(op))));
}

export function remap({ task }: Machine, { mm }: Process, op: Operation): Answer {
  const [from, pages] = rangeOf(op);
  const to = vpnOf(addressAt(op, 2));
  return answer(run(mremap(task, mm, from, pages, { pages: numberAt(op, 3), to, keep: textAt(op, 4) === 'keep' })));
}

export function resize({ task }: Machine, { mm }: Process, op: Operation): Answer {
  return answer(run(mremap(task, mm, ...rangeOf(op), { pages: numberAt(op, 2) })));
}

const advices: ReadonlySet<string> = new Set<Advice>([
  'free',
  'remove',
  'dontfork',
  'dofork',
  'willneed',
  'hugepage',
  'nohugepage',
  'wipeonfork',
  'keeponfork',
  'cold',
  'pageout',
  'popread',
  'popwrite',
]);

/** Advice that is recorded by number. */
const numbered: Readonly<Record<string, Advice>> = { 102: 'guardInstall', 103: 'guardRemove' };

const isAdvice = (text: string): text is Advice => advices.has(text);

export function advise({ task }: Machine, { mm }: Process, op: Operation): Answer {
  const advice = textAt(op, 2);
  if (advice === 'dontneed') return answer(run(madviseDontneed(task, mm, ...rangeOf(op))));
  if (advice === 'collapse') return answer(run(madviseCollapse(task, mm, ...rangeOf(op))));
  const known = isAdvice(advice) ? advice : numbered[advice];
  return known === undefined ? { e: EINVAL } : answer(run(madvise(task, mm, ...rangeOf(op), known)));
}

export function fork(machine: Machine, process: Process, op: Operation): Answer {
  const child = run(forkMm(machine.task, process.mm));
  if (child < 0) return { e: -child };
  machine.processes.set(numberAt(op, 0), forkProcess(process, child));
  return { e: 0 };
}

export function exit(machine: Machine, process: Process, op: Operation): Answer {
  exitProcess(machine, op.worker, process);
  return { e: 0 };
}
