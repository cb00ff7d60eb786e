/**
 * rdma: on-demand paging of a network card, as drivers/infiniband/core/umem_odp.c and mlx5 have it.
 *
 * A memory region is registered without touching its pages. What the card asks for is brought in by hmm_range_fault and mapped for
 * DMA; no reference keeps the pages. An interval notifier takes both mappings away: first the card's (the MTT), then the DMA mapping.
 * umem_mutex is the driver lock. The card has no memory of its own.
 */
import * as lab from 'hmm-lab/model';

const { Counter, IntervalSub, LockClass, Mirror, Point, errno, get } = lab;

/** The whole address space is one memory region (implicit ODP). */
const ALL_PAGES = 2 ** 27;
const options = {
  window: { help: 'pages that one page fault of the card brings in', number: { default: 16, min: 1, max: 512 } },
  retryCheck: { help: 'mmu_interval_read_retry under umem_mutex, or not at all', values: ['locked', 'none'] },
  unmapOrder: { help: 'the card lets go before the DMA mapping does, or after it', values: ['cardFirst', 'dmaFirst'] },
  nonBlockable: { help: 'an invalidation that must not wait is refused, or takes the mutex', values: ['refuse', 'sleep'] },
};
const option = ({ arena }, mirror, name) => lab.driverOption(arena, mirror, Object.keys(options).indexOf(name));

const lock = (task, mirror) => lab.mutexLock(task, mirror + Mirror.updateLock, LockClass.updateLock);
const unlock = (task, mirror) => lab.mutexUnlock(task, mirror + Mirror.updateLock, LockClass.updateLock);

/** mlx5r_umr_update_xlt with ZAP, and ib_umem_odp_unmap_dma_pages. Under umem_mutex. */
function* unmapPages(task, mirror, start, end) {
  const dmaFirst = option(task, mirror, 'unmapOrder') === 1;
  if (dmaFirst) lab.dmaUnmap(task.arena, mirror, start, end);
  if ((yield* lab.eraseDeviceEntries(task, mirror, start, end)) > 0) yield* lab.flushTlb(task, lab.DEVICE_TLB);
  if (!dmaFirst) lab.dmaUnmap(task.arena, mirror, start, end);
}

/** mlx5_ib_invalidate_range. */
function* invalidate(task, sub, range, curSeq) {
  const mirror = get(task.arena, sub + IntervalSub.owner);
  if (!range.blockable && option(task, mirror, 'nonBlockable') === 0) return false;
  yield* lock(task, mirror);
  lab.mmuIntervalSetSeq(task, sub, curSeq);
  yield Point.driverSeqSet;
  yield* unmapPages(task, mirror, range.start, range.end);
  yield* unlock(task, mirror);
  return true;
}

/** Maps what the range fault has found, for DMA and for the card. Under umem_mutex. */
function* program(task, mirror, range) {
  let flush = false;
  for (let vpn = range.start; vpn < range.end; vpn++) {
    const error = yield* lab.hmmDmaMapPfn(task, mirror, range, vpn);
    if (error !== 0) return error;
    const entry = lab.entryFromPfn(range.hmmPfns[vpn - range.start]);
    const old = yield* lab.setDeviceEntry(task, mirror, vpn, entry);
    if (old === -1) return -errno.ENOMEM;
    flush ||= lab.needsFlush(old, entry);
  }
  if (flush) yield* lab.flushTlb(task, lab.DEVICE_TLB);
  task.watch?.installed(task, mirror, range.start, range.end);
  return 0;
}

/** One pass of ib_umem_odp_map_dma_and_lock: -EBUSY asks for another. */
function* mapDmaAndLock(task, mirror, mm, range) {
  const { arena } = task;
  lab.count(task, Counter.rangeFaultPasses);
  range.notifierSeq = yield* lab.mmuIntervalReadBegin(task, range.notifier);
  lab.stickyBits(arena, mirror, range);
  yield* lab.mmapReadLock(task, mm);
  let result = yield* lab.hmmRangeFault(task, range);
  yield* lab.mmapReadUnlock(task, mm);
  if (result === -errno.EBUSY) lab.count(task, Counter.rangeBusy);
  if (result !== 0) return result;
  yield Point.driverSnapshot;
  yield* lock(task, mirror);
  const checks = option(task, mirror, 'retryCheck') === 0;
  if (checks && lab.mmuIntervalReadRetry(task, range.notifier, range.notifierSeq)) {
    lab.count(task, Counter.readRetries);
    result = -errno.EBUSY;
  } else {
    yield Point.driverChecked;
    result = yield* program(task, mirror, range);
  }
  yield* unlock(task, mirror);
  return result;
}

/** pagefault_real_mr: 0 or an error. */
function* fault(task, mirror, start, end, write) {
  const { arena } = task;
  const mm = lab.mirrorMm(arena, mirror);
  if (!lab.mmgetNotZero(arena, mm)) return -errno.EFAULT;
  const stop = Math.min(end, start + option(task, mirror, 'window'));
  const notifier = lab.mirrorInterval(arena, mirror);
  const requests = { defaultFlags: lab.requestFlags(write), pfnFlagsMask: 0, devPrivateOwner: 0 };
  const range = { notifier, notifierSeq: 0, start, end: stop, hmmPfns: task.pfns, ...requests };
  const began = task.clock();
  const mark = lab.observed();
  let result = -errno.EBUSY;
  for (let tries = 1; result === -errno.EBUSY && task.clock() - began <= lab.HMM_RANGE_DEFAULT_TIMEOUT; tries++) {
    // A pass that collided leaves nothing behind. `tries` is for the report alone.
    lab.forgetRound(mark);
    result = yield* mapDmaAndLock(task, mirror, mm, range);
    if (result === 0) task.watch?.faultStable(task, tries, task.clock() - began);
  }
  yield* lab.mmput(task, mm);
  return result;
}

/** ib_umem_odp_alloc_implicit: an interval notifier, and an empty table of DMA mappings. */
function* open(task, mirror) {
  const { arena } = task;
  if (lab.openDma(arena, mirror) !== 0) return -errno.ENOMEM;
  const sub = lab.poolAlloc(arena, arena.pools.interval);
  if (sub === 0) return -errno.ENOMEM;
  lab.set(arena, mirror + Mirror.interval, lab.handleOf(arena, arena.pools.interval, sub));
  const spec = { start: 0, length: ALL_PAGES, ops: get(arena, mirror + Mirror.driver), owner: mirror };
  return yield* lab.mmuIntervalNotifierInsert(task, sub, lab.mirrorMm(arena, mirror), spec);
}

/** ib_umem_odp_release. */
function* close(task, mirror) {
  const { arena } = task;
  const sub = lab.mirrorInterval(arena, mirror);
  yield* lab.mmuIntervalNotifierRemove(task, sub);
  yield* lock(task, mirror);
  yield* unmapPages(task, mirror, 0, ALL_PAGES);
  yield* unlock(task, mirror);
  lab.closeDma(arena, mirror);
  lab.poolFree(arena, arena.pools.interval, sub);
}

export default {
  name: 'rdma',
  summary: 'on-demand paging: an interval notifier, DMA mappings, no memory of its own',
  options,
  memory: false,
  atomics: false,
  needs: (_options, pages) => ({ intervals: 1, tables: lab.dmaTables(pages) }),
  interval: { invalidate },
  open,
  close,
  fault,
};
