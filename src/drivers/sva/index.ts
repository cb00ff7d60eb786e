/**
 * Shared virtual addressing: a device behind an IOMMU that walks the page tables of the process by itself, under a PASID, as VT-d,
 * AMD and SMMUv3 do (drivers/iommu/iommu-sva.c). There is no device page table, no range fault and no sequence. Its classic notifier has
 * no brackets: the IOTLB is invalidated where the TLBs of the CPUs are, after the entries have changed and before their pages are freed.
 */
import { get, set } from '../../arena/access.ts';
import { EINVAL, ENOMEM } from '../../arena/errno.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { ClassicSub, Mirror, Mm } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import { mmput } from '../../mm/syscalls/exit.ts';
import { mmuNotifierRegister, mmuNotifierUnregister } from '../../notifier/classic.ts';
import { mmgetNotZero } from '../../notifier/mmCount.ts';
import type { ClassicOps } from '../../notifier/ops.ts';
import { TLB_FLUSH_ALL } from '../../notifier/range.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { optionIs } from '../base/choices.ts';
import type { Driver } from '../base/driver.ts';
import { closeMirror, mirrorMm } from '../base/mirror.ts';
import { withoutAtomics, withoutMemory } from '../base/standIns.ts';
import { flushPages, flushPasid, iommuTranslate, setPasid, tearDownPasid } from './iotlb.ts';
import { Is, svaOptions } from './options.ts';
import { handlePageRequest } from './pageRequest.ts';

/** Word of the mirror: handle of the notifier. */
const NOTIFIER = Mirror.private + 2;

/**
 * Called by who has changed entries of [start, end), maybe under a page-table lock.
 *
 * @kernel drivers/iommu/intel/svm.c intel_arch_invalidate_secondary_tlbs
 */
function* archInvalidateSecondaryTlbs(task: Task, sub: ClassicSub, start: Vpn, end: Vpn): Steps<void> {
  const mirror = get(task.arena, sub + ClassicSub.owner);
  // A size from that end would be wrong: in bytes, rounding it up to pages wraps around to 0.
  if (end === TLB_FLUSH_ALL && optionIs(task.arena, mirror, Is.flushAllPasid)) yield* flushPasid(task, mirror);
  else yield* flushPages(task, mirror, start, end - start);
}

/**
 * Before the page tables of a process that exits are taken apart: nobody asks for their flushes any more.
 *
 * @kernel drivers/iommu/intel/svm.c intel_mm_release
 */
function* release(task: Task, sub: ClassicSub): Steps<void> {
  const mirror = get(task.arena, sub + ClassicSub.owner);
  if (optionIs(task.arena, mirror, Is.releaseTearDown)) yield* tearDownPasid(task, mirror);
}

const notifierOps: ClassicOps = { archInvalidateSecondaryTlbs, release };

/**
 * iommu_sva_bind_device. 0, -EINVAL (the process has exited), -ENOMEM or -EINTR.
 *
 * @kernel drivers/iommu/iommu-sva.c iommu_sva_bind_device
 */
function* open(task: Task, mirror: Mirror): Steps<Errno> {
  const { arena } = task;
  const mm = mirrorMm(arena, mirror);
  if (!mmgetNotZero(arena, mm)) return -EINVAL;
  const error = yield* subscribe(task, mirror, mm);
  // The notifier is there before the first walk.
  if (error === 0) setPasid(arena, mirror, get(arena, mm + Mm.pgd));
  yield* mmput(task, mm);
  return error;
}

function* subscribe(task: Task, mirror: Mirror, mm: Mm): Steps<Errno> {
  const { arena } = task;
  const sub = poolAlloc(arena, arena.pools.classic);
  if (sub === 0) return -ENOMEM;
  const error = yield* mmuNotifierRegister(task, sub, mm, get(arena, mirror + Mirror.driver), mirror);
  if (error === 0) set(arena, mirror + NOTIFIER, handleOf(arena, arena.pools.classic, sub));
  else poolFree(arena, arena.pools.classic, sub);
  return error;
}

/**
 * iommu_sva_unbind_device: the device walks no more, then the page requests under way are waited for, then nobody calls any more.
 *
 * @kernel drivers/iommu/iommu-sva.c iommu_sva_unbind_device
 */
function* close(task: Task, mirror: Mirror): Steps<void> {
  const { arena } = task;
  yield* tearDownPasid(task, mirror);
  yield* closeMirror(task, mirror);
  const sub = deref(arena, arena.pools.classic, get(arena, mirror + NOTIFIER));
  yield* mmuNotifierUnregister(task, sub);
  poolFree(arena, arena.pools.classic, sub);
}

export const sva: Driver = {
  ...withoutMemory,
  ...withoutAtomics,
  name: 'sva',
  summary:
    "shared virtual addressing: an IOMMU walks the CPU's own page tables, and its IOTLB is flushed where the TLBs of the CPUs are; a miss becomes a page request; no migration",
  options: svaOptions,
  memory: false,
  atomics: false,
  interval: {},
  classic: notifierOps,
  open,
  close,
  walk: iommuTranslate,
  *fault(task: Task, mirror: Mirror, start: Vpn, _end: Vpn, write: boolean) {
    return yield* handlePageRequest(task, mirror, start, write);
  },
  *forget(task: Task, mirror: Mirror, start: Vpn, end: Vpn) {
    yield* flushPages(task, mirror, start, end - start);
  },
};
