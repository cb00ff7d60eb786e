import type { Serial } from '../arena/serials.ts';
import type { ClassicSub, IntervalSub } from '../arena/structures.ts';
import type { Errno, Vpn } from '../arena/units.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import type { NotifierRange } from './range.ts';

/**
 * struct mmu_interval_notifier_ops. A callback runs in the thread that changes the CPU page table, with any of mmap_lock,
 * page locks and rmap locks held, and never under a page-table lock. It must not call read-begin, remove a
 * subscription, or take any of those locks. If `range.blockable` is false it must not sleep.
 *
 * @kernel include/linux/mmu_notifier.h struct mmu_interval_notifier_ops
 */
export interface IntervalOps {
  /**
   * Takes the driver lock, calls {@link mmuIntervalSetSeq} with `curSeq`, removes device entries of the range, waits for
   * the device to have let go of them, and returns true. False means "cannot without sleeping", and is allowed only when
   * the range is not blockable.
   */
  readonly invalidate?: (task: Task, sub: IntervalSub, range: NotifierRange, curSeq: Serial) => Steps<boolean>;
  /** First pass of the two-pass form: starts the flush; returns what the second pass needs, null for nothing. */
  readonly invalidateStart?: (
    task: Task,
    sub: IntervalSub,
    range: NotifierRange,
    curSeq: Serial,
  ) => Steps<{ readonly ok: boolean; readonly finish: unknown }>;
  /** Second pass: waits for what the first one started. Called in start order before the range start returns. */
  readonly invalidateFinish?: (task: Task, finish: unknown) => Steps<void>;
}

/**
 * struct mmu_notifier_ops, without the aging callbacks (the model ages nothing).
 *
 * @kernel include/linux/mmu_notifier.h struct mmu_notifier_ops
 */
export interface ClassicOps {
  /** May be called twice and concurrently, by exit and by unregister. */
  readonly release?: (task: Task, sub: ClassicSub) => Steps<void>;
  /** 0, or -EAGAIN when the range is not blockable and the driver cannot go on without sleeping. */
  readonly invalidateRangeStart?: (task: Task, sub: ClassicSub, range: NotifierRange) => Steps<Errno>;
  readonly invalidateRangeEnd?: (task: Task, sub: ClassicSub, range: NotifierRange) => Steps<void>;
  /**
   * Of a device that walks the CPU's own page tables: it lets go of its translations of [start, end), of all of them where the end is
   * TLB_FLUSH_ALL. In place of the brackets; under a spin lock, so it must not sleep.
   */
  readonly archInvalidateSecondaryTlbs?: (task: Task, sub: ClassicSub, start: Vpn, end: Vpn) => Steps<void>;
}

/**
 * Operations are code, so they cannot be in the arena: each thread registers the same ones under the same ids, as each
 * kernel has the same static ops tables. An id in shared memory then names the code to run.
 */
const intervalTable = new Map<number, IntervalOps>();
const classicTable = new Map<number, ClassicOps>();

export function registerIntervalOps(id: number, ops: IntervalOps): void {
  intervalTable.set(id, ops);
}
export function registerClassicOps(id: number, ops: ClassicOps): void {
  classicTable.set(id, ops);
}

function known<T>(table: ReadonlyMap<number, T>, id: number, kind: string): T {
  const ops = table.get(id);
  if (ops === undefined) throw new Error(`${kind} notifier operations ${id} are not registered in this thread`);
  return ops;
}
export const intervalOps = (id: number): IntervalOps => known(intervalTable, id, 'interval');
export const classicOps = (id: number): ClassicOps => known(classicTable, id, 'classic');
