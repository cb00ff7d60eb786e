/** What a process asks of the system by special files: event log, userfaultfd, /proc/PID/clear_refs, huge pages in debugfs and sysfs. */
import { get, load, set } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { PMD_ORDER } from '../arena/config.ts';
import { EBADF, EBUSY, EINVAL, ENOENT } from '../arena/errno.ts';
import { deref } from '../arena/pool.ts';
import { Header, OpenFile, Process } from '../arena/structures.ts';
import { userfaultfdCopy, userfaultfdOf, userfaultfdRegister } from '../mm/fault/userfaultfd.ts';
import { clearRefs } from '../mm/syscalls/clearRefs.ts';
import { splitHugePages } from '../mm/syscalls/splitHugePages.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { type Answer, errorOf } from './answer.ts';
import { openLog, readLog } from './events.ts';
import type { Machine } from './machine.ts';
import { watchMissing } from './missing.ts';
import { FileKind, install, openFileAlloc } from './openFiles.ts';
import { addressAt, numberAt, type Operation, textAt, vpnOf } from './operation.ts';
import { mmOf } from './processes.ts';

export function* openEvents(task: Task, _machine: Machine, process: Process): Steps<Answer> {
  const { arena } = task;
  if (load(arena, process + Process.log) !== 0) return { e: EBUSY, busy: 1 };
  const sub = yield* openLog(task, mmOf(arena, process));
  install(arena, process + Process.log, openFileAlloc(arena, FileKind.log, sub));
  return { e: 0 };
}

export function* readEvents(_task: Task, machine: Machine, process: Process): Steps<Answer> {
  const { arena } = machine;
  const handle = load(arena, process + Process.log);
  if (handle === 0) return { e: EBADF };
  return { e: 0, ev: readLog(machine, get(arena, deref(arena, arena.pools.openFile, handle) + OpenFile.object)) };
}

/** Soft-dirty bits are the one kind whose reset changes entries; the others are about age. */
const CLEAR_REFS_SOFT_DIRTY = 4;
const CLEAR_REFS_LAST = 5;

export function* clearReferences(task: Task, _machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const kind = numberAt(op, 0);
  if (kind < 1 || kind > CLEAR_REFS_LAST) return { e: EINVAL };
  if (kind === CLEAR_REFS_SOFT_DIRTY) yield* clearRefs(task, mmOf(task.arena, process));
  return { e: 0 };
}

/** split_huge_pages of debugfs. */
export function* splitPages(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const start = vpnOf(machine, addressAt(op, 0));
  yield* splitHugePages(task, mmOf(task.arena, process), start, start + numberAt(op, 1), numberAt(op, 2));
  return { e: 0 };
}

/** Of a page, in KiB. */
const PAGE_KB = 4;

/** hugepages-*kB/enabled in sysfs, for everybody. What inherits has the setting of the machine, which is madvise; so has a whole huge page. */
export function* switchHugeSize({ arena }: Task, _machine: Machine, _process: Process, op: Operation): Steps<Answer> {
  const order = Math.log2(numberAt(op, 0) / PAGE_KB);
  if (!Number.isInteger(order) || order < 2 || order >= PMD_ORDER) return { e: ENOENT };
  const switched = textAt(op, 1);
  const advised = switched === 'madvise' || switched === 'inherit';
  setBit(arena, Header.anonOrders, order, switched === 'always');
  setBit(arena, Header.anonOrdersAdvised, order, advised);
  return { e: 0 };
}

const setBit = (arena: Arena, word: number, bit: number, on: boolean): void =>
  set(arena, word, on ? get(arena, word) | (1 << bit) : get(arena, word) & ~(1 << bit));

/** A thread of the process fills what is missing in a range. */
export function* userfaultfd(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const range = { mm: mmOf(task.arena, process), start: vpnOf(machine, addressAt(op, 0)), pages: numberAt(op, 1) };
  return errorOf(yield* watchMissing(task, machine, { ...range, first: numberAt(op, 2) }));
}

/** The same without a thread that fills anything. */
export function* registerMissing(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const [start, pages] = [vpnOf(machine, addressAt(op, 0)), numberAt(op, 1)];
  return errorOf(Math.min(0, yield* userfaultfdRegister(task, mmOf(task.arena, process), start, pages)));
}

/** UFFDIO_COPY of page after page, up to one that cannot be filled. */
export function* copyMissing(task: Task, machine: Machine, process: Process, op: Operation): Steps<Answer> {
  const { arena } = task;
  const mm = mmOf(arena, process);
  const context = userfaultfdOf(arena, mm);
  if (context === 0) return { e: EBADF };
  const [start, pages] = [vpnOf(machine, addressAt(op, 0)), numberAt(op, 1)];
  for (let i = 0; i < pages; i++) {
    const error = yield* userfaultfdCopy(task, context, mm, start + i, numberAt(op, 2) + i);
    if (error !== 0) return errorOf(error);
  }
  return { e: 0 };
}
