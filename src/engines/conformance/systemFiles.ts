/** What a process asks of the system by special files: event log, userfaultfd, /proc/PID/clear_refs, huge pages in debugfs and sysfs. */
import { EBADF, EINVAL } from '../../arena/errno.ts';
import { clearRefs } from '../../mm/syscalls/clearRefs.ts';
import { splitHugePages } from '../../mm/syscalls/splitHugePages.ts';
import { run } from '../../steps/steps.ts';
import { openLog, readLog } from './events.ts';
import type { Machine, Process } from './machine.ts';
import { watchMissing } from './missing.ts';
import { addressAt, numberAt, type Operation, vpnOf } from './operation.ts';
import type { Answer } from './recording.ts';

export function openEvents({ task }: Machine, process: Process): Answer {
  if (process.log !== null) return { e: 16, busy: 1 };
  process.log = openLog(task, process.mm);
  return { e: 0 };
}

export function readEvents({ task }: Machine, { log }: Process): Answer {
  return log === null ? { e: EBADF } : { e: 0, ev: readLog(task, log) };
}

/** Soft-dirty bits are the one kind whose reset changes entries; the others are about age. */
const CLEAR_REFS_SOFT_DIRTY = 4;
const CLEAR_REFS_LAST = 5;

export function clearReferences({ task }: Machine, { mm }: Process, op: Operation): Answer {
  const kind = numberAt(op, 0);
  if (kind < 1 || kind > CLEAR_REFS_LAST) return { e: EINVAL };
  if (kind === CLEAR_REFS_SOFT_DIRTY) run(clearRefs(task, mm));
  return { e: 0 };
}

/** split_huge_pages of debugfs. */
export function splitPages({ task }: Machine, { mm }: Process, op: Operation): Answer {
  const start = vpnOf(addressAt(op, 0));
  run(splitHugePages(task, mm, start, start + numberAt(op, 1)));
  return { e: 0 };
}

/** The switch of a size of huge pages in sysfs, for everybody. */
export function switchHugeSize(_machine: Machine, _process: Process, _op: Operation): Answer {
  return { e: 0 };
}

/** A thread of the process fills what is missing in a range. */
export function userfaultfd({ task }: Machine, process: Process, op: Operation): Answer {
  const [start, pages] = [vpnOf(addressAt(op, 0)), numberAt(op, 1)];
  return { e: -watchMissing(task, process, { start, pages, first: numberAt(op, 2) }) };
}
