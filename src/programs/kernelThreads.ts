/**
 * What the kernel does by itself: reclaim, swapoff, the OOM reaper, and the work that a driver has left to a queue. Nothing of it keeps
 * the process there that it is about: each looks up what it needs and leaves the process, which may exit meanwhile.
 */
import { get, load } from '../arena/access.ts';
import { EBADF } from '../arena/errno.ts';
import { Mirror, Mm, OpenFile, type Process } from '../arena/structures.ts';
import { reclaimPage } from '../mm/swap/reclaim.ts';
import { oomReap } from '../mm/syscalls/madvise.ts';
import { swapoff } from '../mm/syscalls/swapoff.ts';
import { mapsPage, ptePfn, ptePresent } from '../mm/table/pte.ts';
import { readPte } from '../mm/table/tables.ts';
import { mmdrop, mmgrab } from '../notifier/mmCount.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { runWork as runItem } from '../sync/workqueue.ts';
import { type Answer, errorOf } from './answer.ts';
import type { Machine } from './machine.ts';
import { stillOpen } from './openFiles.ts';
import { addressAt, numberAt, type Operation, vpnOf } from './operation.ts';
import { deviceSlot, leaveProcess, mmOf } from './processes.ts';

/** Reclaim comes across what is mapped at the pages. */
export function* reclaim(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  const [start, pages] = [vpnOf(machine, addressAt(op, 0)), numberAt(op, 1)];
  const entries = Array.from({ length: pages }, (_, i) => readPte(arena, get(arena, mm + Mm.pgd), start + i));
  yield* leaveProcess(task, machine, process);
  for (const pte of entries) {
    yield Point.getPage;
    if (ptePresent(pte) && mapsPage(pte)) yield* reclaimPage(task, ptePfn(pte));
  }
  return { e: 0 };
}

export function* swapOff(task: Task, machine: Machine, process: Process): Steps<Answer> {
  yield* leaveProcess(task, machine, process);
  return errorOf(yield* swapoff(task));
}

/** The OOM reaper comes for the process: all that it has for itself goes, and whoever touches it gets SIGBUS. It keeps the mm alone. */
export function* reapProcess(task: Task, machine: Machine, process: Process): Steps<Answer> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  mmgrab(arena, mm);
  yield* leaveProcess(task, machine, process);
  const answer = errorOf(yield* oomReap(task, mm));
  mmdrop(arena, mm);
  return answer;
}

/**
 * A worker does what the driver has left to the queue of a device file, if there is anything. It does not keep the file: a driver that is
 * closed waits for its work, or takes it back.
 */
export function* runWork(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena, driver } = machine;
  const handle = load(arena, deviceSlot(process, numberAt(op, 0)));
  yield* leaveProcess(task, machine, process);
  for (const work of driver.work ?? []) {
    const file = stillOpen(arena, handle);
    if (file === 0) break;
    const mirror = get(arena, file + OpenFile.object);
    yield* runItem(task, mirror + Mirror.work, work, mirror);
  }
  return { e: handle === 0 ? EBADF : 0 };
}
