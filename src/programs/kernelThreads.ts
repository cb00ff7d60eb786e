/** What the kernel does by itself: reclaim, swapoff, the OOM reaper, and the work that a driver has left to a queue. */
import { get } from '../arena/access.ts';
import { EBADF } from '../arena/errno.ts';
import { Mirror, Mm, OpenFile, type Process } from '../arena/structures.ts';
import { reclaimPage } from '../mm/swap/reclaim.ts';
import { oomReap } from '../mm/syscalls/madvise.ts';
import { swapoff } from '../mm/syscalls/swapoff.ts';
import { mapsPage, ptePfn, ptePresent } from '../mm/table/pte.ts';
import { readPte } from '../mm/table/tables.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { runPendingWork } from '../sync/workqueue.ts';
import { type Answer, errorOf } from './answer.ts';
import type { Machine } from './machine.ts';
import { fdget, fdput } from './openFiles.ts';
import { addressAt, numberAt, type Operation, vpnOf } from './operation.ts';
import { deviceSlot, mmOf } from './processes.ts';

/** Reclaim comes across what is mapped at each page when it gets to it. */
export function* reclaim(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  const [start, pages] = [vpnOf(machine, addressAt(op, 0)), numberAt(op, 1)];
  for (let i = 0; i < pages; i++) {
    const pte = readPte(arena, get(arena, mm + Mm.pgd), start + i);
    yield Point.getPage;
    if (ptePresent(pte) && mapsPage(pte)) yield* reclaimPage(task, ptePfn(pte));
  }
  return { e: 0 };
}

export function* swapOff(task: Task): Steps<Answer> {
  return errorOf(yield* swapoff(task));
}

/** The OOM reaper comes for the process: all that it has for itself goes, and whoever touches it gets SIGBUS. */
export function* reapProcess(task: Task, _machine: Machine, process: Process): Steps<Answer> {
  return errorOf(yield* oomReap(task, mmOf(task.arena, process)));
}

/** A worker does what the driver has left to the queue of a device file, if there is anything. */
export function* runWork(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const file = fdget(machine, deviceSlot(process, numberAt(op, 0)));
  if (file === 0) return { e: EBADF };
  const mirror = get(task.arena, file + OpenFile.object);
  yield* runPendingWork(task, mirror + Mirror.work, machine.driver.work ?? [], mirror);
  yield* fdput(task, machine, file);
  return { e: 0 };
}
