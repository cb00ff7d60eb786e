/** dmirror's migrations on request: a range is cut at its VMAs, and each piece is a transaction. Guard 16 is here. */

import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { EBUSY, EINVAL, ENOMEM } from '../../arena/errno.ts';
import { serialLoad } from '../../arena/serials.ts';
import { Mirror, Pgmap, type Vma } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import {
  MIGRATE_VMA_SELECT_COMPOUND,
  MIGRATE_VMA_SELECT_DEVICE_COHERENT,
  MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
  MIGRATE_VMA_SELECT_SYSTEM,
} from '../../migrate/migratePfn.ts';
import { migrateVma } from '../../migrate/migrateVma.ts';
import type { MigrateVma } from '../../migrate/transaction.ts';
import { MEMORY_DEVICE_PRIVATE } from '../../mm/page/devPagemap.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmapReadLock, mmapReadUnlock } from '../../mm/vma/mmapLock.ts';
import { VM_READ, vmaEnd, vmaFlags, vmaLookup } from '../../mm/vma/vma.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import { mmuIntervalReadBegin } from '../../notifier/sequence.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { mirrorMm, mirrorPgmap } from '../base/mirror.ts';
import { beginOwnWork, endOwnWork } from '../base/ownWork.ts';
import { intervalAt, intervalDone, intervalEnd } from './interval.ts';
import { Is, numberOption, optionIs } from './options.ts';
import { moveToDevice, type Sample } from './toDevice.ts';
import { moveToSystem } from './toSystem.ts';

/**
 * dmirror_migrate_to_device: moves [start, end) as far as it can be had, at most one batch a transaction.
 *
 * @returns the number of pages moved, or -EINVAL when part of the range has no readable VMA or the address space is gone
 * (what came before stays moved), -EBUSY when all or nothing was asked for and not all could be had, although what was there
 * already came home first, once. `unmapped` gets the pages
 * that have no device entry afterwards, although they moved or had one, because a foreign invalidation may have meant them.
 */
export function* migrateToDevice(
  task: Task,
  mirror: Mirror,
  start: Vpn,
  end: Vpn,
  unmapped: number[] | null = null,
): Steps<number> {
  const result = yield* migrateOnce(task, mirror, start, end, unmapped);
  if (result !== -EBUSY) return result;
  const home = yield* migrateToSystem(task, mirror, start, end);
  if (home <= 0) return home === 0 ? -EBUSY : home;
  return yield* migrateOnce(task, mirror, start, end, unmapped);
}

/** One try of it. What is on the device already stays, and then all of a range cannot be had. */
export function* migrateOnce(task: Task, mirror: Mirror, start: Vpn, end: Vpn, unmapped: number[] | null = null): Steps<number> {
  return yield* eachPiece(task, mirror, start, end, { unmapped });
}

/** dmirror_migrate_to_system: the way back; -ENOMEM when system memory ran out. */
export function* migrateToSystem(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<number> {
  return yield* eachPiece(task, mirror, start, end, null);
}

/** What selects the pages of the mirror's device. */
const ownKind = (arena: Arena, mirror: Mirror): number =>
  get(arena, mirrorPgmap(arena, mirror) + Pgmap.type) === MEMORY_DEVICE_PRIVATE
    ? MIGRATE_VMA_SELECT_DEVICE_PRIVATE
    : MIGRATE_VMA_SELECT_DEVICE_COHERENT;

const hugeFlag = (arena: Arena, mirror: Mirror): number =>
  optionIs(arena, mirror, Is.hugePagesWhole) ? MIGRATE_VMA_SELECT_COMPOUND : 0;

/** A transaction over part of a VMA, of the pages that `kind` selects. */
const piece = ({ arena }: Task, mirror: Mirror, vma: Vma, [start, end]: readonly [Vpn, Vpn], kind: number): MigrateVma =>
  migrateVma({
    mm: mirrorMm(arena, mirror),
    vma,
    start,
    end,
    pgmapOwner: get(arena, mirror + Mirror.device),
    flags: kind | hugeFlag(arena, mirror),
  });

/** Before mmap_lock. Guard 4 samples; guard 16 waits for a zap whose callback ran before that and that may still be at work. */
function* sampleBefore(task: Task, mirror: Mirror, vpn: Vpn, unmapped: number[] | null): Steps<Sample | number> {
  const { arena } = task;
  // Who has no interval there hears of no invalidation.
  const sub = yield* intervalAt(task, mirror, vpn);
  if (sub <= 0) return sub === 0 ? -ENOMEM : sub;
  const sample = { foreignSeq: serialLoad(arena, mirror + Mirror.foreignSeq), unmapped };
  yield Point.driverSampled;
  if (optionIs(arena, mirror, Is.waitAfterSampleOn)) yield* mmuIntervalReadBegin(task, sub);
  yield* intervalDone(task, mirror, sub);
  return sample;
}

/** A migration to the device: where to note the pages that it leaves without an entry. */
interface ToDevice {
  readonly unmapped: number[] | null;
}

/** For a migration that maps nothing itself. */
const noSample: Sample = { foreignSeq: 0, unmapped: null };

/** The transactions of a range, to the device if `toDevice` says so, else home. */
function* eachPiece(task: Task, mirror: Mirror, start: Vpn, end: Vpn, toDevice: ToDevice | null): Steps<number> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (start >= end || !mmgetNotZero(arena, mm)) return -EINVAL;
  const batch = numberOption(arena, mirror, 'batch');
  const maps = toDevice !== null && optionIs(arena, mirror, Is.mapMigratedAtOnce);
  let total = 0;
  let result = 0;
  for (let at = start; at < end && result >= 0; ) {
    const sample = maps ? yield* sampleBefore(task, mirror, at, toDevice.unmapped) : noSample;
    if (typeof sample === 'number') {
      result = sample;
      break;
    }
    yield* mmapReadLock(task, mm);
    const vma = vmaLookup(arena, mm, at);
    if (vma === 0 || (vmaFlags(arena, vma) & VM_READ) === 0) {
      result = -EINVAL;
    } else {
      const stop = Math.min(end, vmaEnd(arena, vma), at + batch, intervalEnd(arena, mirror, at));
      const before = beginOwnWork(task, mirror);
      result =
        toDevice !== null
          ? yield* moveToDevice(task, mirror, piece(task, mirror, vma, [at, stop], MIGRATE_VMA_SELECT_SYSTEM), sample)
          : yield* moveToSystem(task, mirror, piece(task, mirror, vma, [at, stop], ownKind(arena, mirror)));
      endOwnWork(task, before);
      if (result > 0) total += result;
      at = stop;
    }
    yield* mmapReadUnlock(task, mm);
  }
  yield* mmput(task, mm);
  return result < 0 ? result : total;
}
