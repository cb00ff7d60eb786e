/** What a process asks of the system by special files: event log, userfaultfd, /proc/PID/clear_refs, huge pages in debugfs and sysfs. */
import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PMD_ORDER } from '../../arena/config.ts';
import { EBADF, EINVAL, ENOENT } from '../../arena/errno.ts';
import { Header } from '../../arena/structures.ts';
import { clearRefs } from '../../mm/syscalls/clearRefs.ts';
import { splitHugePages } from '../../mm/syscalls/splitHugePages.ts';
import { run } from '../../steps/steps.ts';
import { openLog, readLog } from './events.ts';
import type { Machine, Process } from './machine.ts';
import { watchMissing } from './missing.ts';
import { addressAt, numberAt, type Operation, textAt, vpnOf } from './operation.ts';
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
  run(splitHugePages(task, mm, start, start + numberAt(op, 1), numberAt(op, 2)));
  return { e: 0 };
}

/** Of a page, in KiB. */
const PAGE_KB = 4;

/** hugepages-*kB/enabled in sysfs, for everybody. What inherits has the setting of the machine, which is madvise; so has a whole huge page. */
export function switchHugeSize({ arena }: Machine, _process: Process, op: Operation): Answer {
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
export function userfaultfd({ task }: Machine, process: Process, op: Operation): Answer {
  const [start, pages] = [vpnOf(addressAt(op, 0)), numberAt(op, 1)];
  return { e: -watchMissing(task, process, { start, pages, first: numberAt(op, 2) }) };
}
