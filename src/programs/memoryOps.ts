/** The system calls that change an address space, and fork and exit. */
import { get } from '../arena/access.ts';
import { EBADF, EEXIST, EINVAL } from '../arena/errno.ts';
import { OpenFile, type Process } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { mmapDeviceFile } from '../drivers/dmirror/mmapFile.ts';
import { madviseCollapse } from '../mm/syscalls/collapse.ts';
import { type Advice, madvise, madviseDontneed } from '../mm/syscalls/madvise.ts';
import { mlock, munlock } from '../mm/syscalls/mlock.ts';
import { mmapAnonymous, mmapRegion, munmap } from '../mm/syscalls/mmap.ts';
import { mprotect } from '../mm/syscalls/mprotect.ts';
import { mremap } from '../mm/syscalls/mremap.ts';
import { mmapReadLock, mmapReadUnlock } from '../mm/vma/mmapLock.ts';
import { VM_EXEC, VM_HUGETLB, VM_READ, VM_SHARED, VM_WRITE, vmasIn } from '../mm/vma/vma.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { type Answer, errorOf } from './answer.ts';
import type { Machine } from './machine.ts';
import { fdget, fdput } from './openFiles.ts';
import { addressAt, numberAt, type Operation, textAt, vpnOf } from './operation.ts';
import { deviceSlot, exitGroup, fileSlot, forkProcess, mmOf } from './processes.ts';

/** `r`, `rw`, `-` as VM_* bits. */
function accessOf(text: string): number {
  return (text.includes('r') ? VM_READ : 0) | (text.includes('w') ? VM_WRITE : 0) | (text.includes('x') ? VM_EXEC : 0);
}

/** First page and length of an operation on a range. */
const rangeOf = (machine: Machine, op: Operation): readonly [start: Vpn, pages: number] => [
  vpnOf(machine, addressAt(op, 0)),
  numberAt(op, 1),
];

export function* mmap(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  const [start, pages] = rangeOf(machine, op);
  if (op.name === 'mmapx') {
    yield* mmapReadLock(task, mm);
    const isTaken = vmasIn(arena, mm, start, start + pages).length > 0;
    yield* mmapReadUnlock(task, mm);
    if (isTaken) return { e: EEXIST };
  }
  const access = accessOf(textAt(op, 2));
  switch (textAt(op, 3)) {
    case 'anon':
      return errorOf(yield* mmapAnonymous(task, mm, start, pages, access));
    case 'sanon':
      return errorOf(yield* mmapAnonymous(task, mm, start, pages, access | VM_SHARED));
    case 'huge':
      return errorOf(yield* mmapAnonymous(task, mm, start, pages, access | VM_HUGETLB));
    case 'dev':
      return yield* mmapDevice(task, machine, process, op);
    default:
      return yield* mmapFile(task, machine, process, op);
  }
}

function* mmapDevice(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const file = fdget(machine, deviceSlot(process, numberAt(op, 4)));
  if (file === 0) return { e: EBADF };
  const [start, pages] = rangeOf(machine, op);
  const error = yield* mmapDeviceFile(task, mmOf(task.arena, process), start, pages, accessOf(textAt(op, 2)));
  yield* fdput(task, machine, file);
  return errorOf(error);
}

function* mmapFile(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const file = fdget(machine, fileSlot(process, numberAt(op, 4)));
  if (file === 0) return { e: EBADF };
  const [start, pages] = rangeOf(machine, op);
  const flags = accessOf(textAt(op, 2)) | (textAt(op, 3) === 'fshared' ? VM_SHARED : 0);
  const backing = { mapping: get(task.arena, file + OpenFile.object), pgoff: numberAt(op, 5) };
  const error = yield* mmapRegion(task, mmOf(task.arena, process), start, pages, { flags, backing });
  yield* fdput(task, machine, file);
  return errorOf(error);
}

export function* unmap(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  return errorOf(yield* munmap(task, mmOf(task.arena, process), ...rangeOf(machine, op)));
}

export function* protect(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  return errorOf(yield* mprotect(task, mmOf(task.arena, process), ...rangeOf(machine, op), accessOf(textAt(op, 2))));
}

export function* lock(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const mm = mmOf(task.arena, process);
  const [start, pages] = rangeOf(machine, op);
  return errorOf(op.name === 'mlock' ? yield* mlock(task, mm, start, pages) : yield* munlock(task, mm, start, pages));
}

export function* remap(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const [from, pages] = rangeOf(machine, op);
  const to = vpnOf(machine, addressAt(op, 2));
  const how = { pages: numberAt(op, 3), to, keep: textAt(op, 4) === 'keep' };
  return errorOf(yield* mremap(task, mmOf(task.arena, process), from, pages, how));
}

export function* resize(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  return errorOf(yield* mremap(task, mmOf(task.arena, process), ...rangeOf(machine, op), { pages: numberAt(op, 2) }));
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

export function* advise(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const mm = mmOf(task.arena, process);
  const [start, pages] = rangeOf(machine, op);
  const advice = textAt(op, 2);
  if (advice === 'dontneed') return errorOf(yield* madviseDontneed(task, mm, start, pages));
  if (advice === 'collapse') return errorOf(yield* madviseCollapse(task, mm, start, pages));
  const known = isAdvice(advice) ? advice : numbered[advice];
  return known === undefined ? { e: EINVAL } : errorOf(yield* madvise(task, mm, start, pages, known));
}

export function* fork(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  return errorOf(yield* forkProcess(task, machine, process, numberAt(op, 0)));
}

/** What the process has goes with the last operation of it that is under way: see processes.ts. */
export function* exit(task: Task, _machine: Machine, process: Process): Steps<Answer> {
  exitGroup(task.arena, process);
  return { e: 0 };
}
