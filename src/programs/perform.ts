/** The one interpreter of operations: whatever runs a program, an operation is done here. */
import { get } from '../arena/access.ts';
import { Counter } from '../arena/counters.ts';
import { Actor, type Process } from '../arena/structures.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { Answer } from './answer.ts';
import { cpuRead, cpuWrite } from './cpuOps.ts';
import { badCommand, close, command, flagsCommand, nullCommand, open, unbind } from './deviceOps.ts';
import { createFile, punch, readFile, truncate, writeFile } from './fileOps.ts';
import { reapProcess, reclaim, runWork, swapOff } from './kernelThreads.ts';
import type { Machine } from './machine.ts';
import { advise, exit, fork, lock, mmap, protect, remap, resize, unmap } from './memoryOps.ts';
import type { Operation, OperationName } from './operation.ts';
import { enterProcess, leaveProcess } from './processes.ts';
import {
  clearReferences,
  copyMissing,
  openEvents,
  readEvents,
  registerMissing,
  splitPages,
  switchHugeSize,
  userfaultfd,
} from './systemFiles.ts';
import { gupTest, longtermPin, longtermUnpin, processVmRead, processVmWrite, splice, unsplice } from './userPages.ts';
import { maps, pagemap, smaps } from './views.ts';

type Handler = (task: Task, machine: Machine, process: Process, op: Operation) => Steps<Answer>;

const handlers: Readonly<Record<OperationName, Handler>> = {
  open,
  close,
  unbind,
  mmap,
  mmapx: mmap,
  munmap: unmap,
  mprotect: protect,
  mlock: lock,
  munlock: lock,
  madvise: advise,
  mremap: remap,
  mresize: resize,
  cr: cpuRead,
  cw: cpuWrite,
  pvr: processVmRead,
  pvw: processVmWrite,
  pin: splice,
  unpin: unsplice,
  gup: gupTest,
  ltpin: longtermPin,
  ltunpin: longtermUnpin,
  uffd: userfaultfd,
  uregister: registerMissing,
  ucopy: copyMissing,
  file: createFile,
  ftrunc: truncate,
  fpunch: punch,
  fwrite: writeFile,
  fread: readFile,
  fork,
  exit,
  dread: command,
  dwrite: command,
  dmig: command,
  dsys: command,
  snap: command,
  excl: command,
  chk: command,
  rel: command,
  dunl: command,
  datomic: command,
  flags: flagsCommand,
  badioctl: badCommand,
  nullcmd: nullCommand,
  evopen: openEvents,
  ev: readEvents,
  clearrefs: clearReferences,
  split: splitPages,
  mthp: switchHugeSize,
  reclaim,
  swapoff: swapOff,
  oomreap: reapProcess,
  work: runWork,
  pm: pagemap,
  maps,
  smaps,
};

/** Of the kernel: they leave the process by themselves, and early. */
const LEAVING: ReadonlySet<OperationName> = new Set(['reclaim', 'swapoff', 'oomreap', 'work']);

/** Page faults of the task so far. */
const faultsOf = ({ arena, actor }: Task): number => get(arena, actor + Actor.counters + Counter.mmFaults);

/** Does one operation. A process that is not there answers ESRCH, and is `dead`. */
export function* perform(task: Task, machine: Machine, op: Operation): Steps<Answer> {
  const process = enterProcess(machine, op.worker);
  if (process === 0) return { e: 3, dead: 1 };
  const handler = handlers[op.name];
  const answer = yield* handler(task, machine, process, op);
  if (!LEAVING.has(op.name)) yield* leaveProcess(task, machine, process);
  return answer;
}

/** The same, and counts the page faults it took as `flt`. */
export function* performCounted(task: Task, machine: Machine, op: Operation): Steps<Answer> {
  const before = faultsOf(task);
  const answer = yield* perform(task, machine, op);
  return 'dead' in answer ? answer : { ...answer, flt: faultsOf(task) - before };
}
