/**
 * kvm: a virtual machine whose guest memory is this address space, as virt/kvm/kvm_main.c and virt/kvm/pfncache.c have it.
 *
 * A guest page fault takes the page with get_user_pages and maps it; a classic notifier unmaps. Between the two stand a count of
 * invalidations under way with their range, and a sequence of finished ones: mmu_invalidate_retry(). The "device" of the lab is the
 * guest: its page table is the second-level one, its TLB is flushed by kvm_flush_remote_tlbs.
 *
 * Beside that, the host keeps a page of its own at hand (gfn_to_pfn_cache): see kvm-cache.mjs.
 */
import * as lab from 'hmm-lab/model';

const { ClassicSub, Counter, FOLL_WRITE, LockClass, Mirror, Point, errno, get, set } = lab;

/** struct kvm, in the words of a mirror that are the driver's own. */
const MMU_LOCK = Mirror.updateLock;
const NOTIFIER = Mirror.private;
const SEQ = Mirror.private + 1; // mmu_invalidate_seq
const IN_PROGRESS = Mirror.private + 2; // mmu_invalidate_in_progress
const RANGE_START = Mirror.private + 3;
const RANGE_END = Mirror.private + 4;
const ACTIVE = Mirror.private + 5; // mn_active_invalidate_count: also of what is no guest memory
const ALL = Mirror.private + 6; // as SEQ, but of every invalidation
/** struct gfn_to_pfn_cache. */
const CACHE_LOCK = Mirror.private + 7;
const CACHE_PFN = Mirror.private + 8; // 0: not valid

const LIMIT = 2 ** 27;
const options = {
  retry: { help: 'mmu_invalidate_retry under mmu_lock, before it is taken, or not at all', values: ['locked', 'early', 'none'] },
  cacheRetry: { help: 'what the pfn cache compares: every invalidation, or those of guest memory', values: ['all', 'slots'] },
  slotStart: { help: 'first page that is guest memory', number: { default: 0, min: 0, max: LIMIT - 1 } },
};
const option = ({ arena }, kvm, name) => lab.driverOption(arena, kvm, Object.keys(options).indexOf(name));

const mmuLock = (task, kvm) => lab.spinLock(task, kvm + MMU_LOCK, LockClass.driverSpin1);
const mmuUnlock = (task, kvm) => lab.spinUnlock(task, kvm + MMU_LOCK, LockClass.driverSpin1);

/** kvm_unmap_gfn_range and kvm_flush_remote_tlbs. Under mmu_lock. */
function* zap(task, kvm, start, end) {
  if ((yield* lab.eraseDeviceEntries(task, kvm, start, end)) > 0) yield* lab.flushTlb(task, lab.DEVICE_TLB);
}

/** kvm_mmu_invalidate_begin: the range grows to cover all that is under way. Under mmu_lock. */
function begin({ arena }, kvm, start, end) {
  const before = get(arena, kvm + IN_PROGRESS);
  set(arena, kvm + IN_PROGRESS, before + 1);
  set(arena, kvm + RANGE_START, before === 0 ? start : Math.min(start, get(arena, kvm + RANGE_START)));
  set(arena, kvm + RANGE_END, before === 0 ? end : Math.max(end, get(arena, kvm + RANGE_END)));
}

/** kvm_mmu_notifier_invalidate_range_start. */
function* invalidateRangeStart(task, sub, range) {
  const { arena } = task;
  const kvm = get(arena, sub + ClassicSub.owner);
  lab.add(arena, kvm + ACTIVE, 1);
  yield* dropCache(task, kvm, range);
  const start = Math.max(range.start, option(task, kvm, 'slotStart'));
  if (start >= range.end) return 0;
  yield* mmuLock(task, kvm);
  begin(task, kvm, start, range.end);
  yield* zap(task, kvm, start, range.end);
  yield* mmuUnlock(task, kvm);
  return 0;
}

/** kvm_mmu_notifier_invalidate_range_end. */
function* invalidateRangeEnd(task, sub, range) {
  const { arena } = task;
  const kvm = get(arena, sub + ClassicSub.owner);
  if (range.end > option(task, kvm, 'slotStart')) {
    yield* mmuLock(task, kvm);
    yield Point.driverSeqSet;
    lab.add(arena, kvm + SEQ, 1);
    set(arena, kvm + IN_PROGRESS, get(arena, kvm + IN_PROGRESS) - 1);
    yield* mmuUnlock(task, kvm);
  }
  yield Point.driverLooked;
  lab.add(arena, kvm + ALL, 1);
  yield Point.driverLooked;
  lab.add(arena, kvm + ACTIVE, -1);
}

/** kvm_mmu_notifier_release. */
function* release(task, sub) {
  const kvm = get(task.arena, sub + ClassicSub.owner);
  yield* dropCache(task, kvm, { start: 0, end: LIMIT });
  yield* mmuLock(task, kvm);
  yield* zap(task, kvm, 0, LIMIT);
  yield* mmuUnlock(task, kvm);
}

/** mmu_invalidate_retry_gfn: has an invalidation of the page begun, or any ended, since the sequence was `seq`? */
function mustRetry({ arena }, kvm, seq, vpn) {
  const within = vpn >= get(arena, kvm + RANGE_START) && vpn < get(arena, kvm + RANGE_END);
  return (get(arena, kvm + IN_PROGRESS) > 0 && within) || lab.load(arena, kvm + SEQ) !== seq;
}

/** hva_to_pfn: the page behind an address, with a reference. A page frame or a negative errno. */
function* hvaToPfn(task, kvm, vpn, write) {
  const mm = lab.mirrorMm(task.arena, kvm);
  yield* lab.mmapReadLock(task, mm);
  const pfn = yield* lab.getUserPage(task, mm, vpn, write ? FOLL_WRITE : 0);
  yield* lab.mmapReadUnlock(task, mm);
  return pfn;
}

/** direct_page_fault: 0, -EAGAIN (RET_PF_RETRY) or an error. */
function* pageFault(task, kvm, vpn, write) {
  yield Point.driverSampled;
  const seq = lab.load(task.arena, kvm + SEQ);
  lab.count(task, Counter.rangeFaultPasses);
  if ((yield* lab.ensureDeviceTable(task, kvm, vpn)) === 0) return -errno.ENOMEM;
  const pfn = yield* hvaToPfn(task, kvm, vpn, write);
  if (pfn < 0) return pfn;
  yield Point.driverSnapshot;
  const check = option(task, kvm, 'retry');
  let retry = check === 1 && mustRetry(task, kvm, seq, vpn);
  yield* mmuLock(task, kvm);
  if (check === 0) retry = mustRetry(task, kvm, seq, vpn);
  if (retry) {
    lab.count(task, Counter.readRetries);
  } else {
    const entry = lab.mkDeviceEntry(pfn, write ? lab.DEV_WRITE : 0);
    const old = yield* lab.setDeviceEntry(task, kvm, vpn, entry);
    if (lab.needsFlush(old, entry)) yield* lab.flushTlb(task, lab.DEVICE_TLB);
    task.watch?.installed(task, kvm, vpn, vpn + 1);
  }
  yield* mmuUnlock(task, kvm);
  yield* lab.putPage(task, pfn);
  return retry ? -errno.EAGAIN : 0;
}

function* fault(task, kvm, start, _end, write) {
  const mm = lab.mirrorMm(task.arena, kvm);
  if (!lab.mmgetNotZero(task.arena, mm)) return -errno.EFAULT;
  const began = task.clock();
  const mark = lab.observed();
  let result = yield* pageFault(task, kvm, start, write);
  let attempts = 1;
  for (; result === -errno.EAGAIN; attempts++) {
    // The guest runs into the same fault again, and knows nothing of the one before.
    lab.forgetRound(mark);
    result = yield* pageFault(task, kvm, start, write);
  }
  if (result === 0) task.watch?.faultStable(task, attempts, task.clock() - began);
  yield* lab.mmput(task, mm);
  return result;
}

/** gfn_to_pfn_cache_invalidate_start. */
function* dropCache(task, kvm, { start, end }) {
  const vpn = cachedPage(task, kvm);
  if (vpn < start || vpn >= end) return;
  yield* lab.spinLock(task, kvm + CACHE_LOCK, LockClass.driverSpin2);
  set(task.arena, kvm + CACHE_PFN, 0);
  yield* lab.spinUnlock(task, kvm + CACHE_LOCK, LockClass.driverSpin2);
}

/** The host's page is the last one that is no guest memory. */
const cachedPage = (task, kvm) => option(task, kvm, 'slotStart') - 1;

/** kvm_gpc_refresh (hva_to_pfn_retry): the page is looked up without the lock, and kept if nothing has happened meanwhile. */
export function* refreshCache(task, kvm) {
  const { arena } = task;
  const counted = kvm + (option(task, kvm, 'cacheRetry') === 0 ? ALL : SEQ);
  const mark = lab.observed();
  for (;;) {
    yield Point.driverSampled;
    const seq = lab.load(arena, counted);
    const pfn = yield* hvaToPfn(task, kvm, cachedPage(task, kvm), true);
    if (pfn < 0) return pfn;
    yield* lab.putPage(task, pfn);
    yield* lab.spinLock(task, kvm + CACHE_LOCK, LockClass.driverSpin2);
    yield Point.driverChecked;
    const active = lab.load(arena, kvm + ACTIVE);
    yield Point.driverLooked;
    const stable = active === 0 && lab.load(arena, counted) === seq;
    if (stable) set(arena, kvm + CACHE_PFN, pfn);
    yield* lab.spinUnlock(task, kvm + CACHE_LOCK, LockClass.driverSpin2);
    if (stable) return 0;
    lab.forgetRound(mark);
  }
}

/** kvm_write_guest_cached: under the lock of the cache. False when it must be refreshed first. */
export function* writeThroughCache(task, kvm, value) {
  const { arena } = task;
  yield* lab.spinLock(task, kvm + CACHE_LOCK, LockClass.driverSpin2);
  const pfn = get(arena, kvm + CACHE_PFN);
  if (pfn !== 0) {
    yield Point.deviceTranslated;
    if (lab.pageCount(arena, pfn) === 0) throw new lab.Violation('I-FREE', `the pfn cache leads to page ${pfn}, which was freed`);
    lab.frameStore(arena, lab.frameAt(arena, pfn), value);
  }
  yield* lab.spinUnlock(task, kvm + CACHE_LOCK, LockClass.driverSpin2);
  return pfn !== 0;
}

/** kvm_create_vm: registers the notifier. */
function* open(task, kvm) {
  const { arena } = task;
  const mm = lab.mirrorMm(arena, kvm);
  if (!lab.mmgetNotZero(arena, mm)) return -errno.EINVAL;
  const sub = lab.poolAlloc(arena, arena.pools.classic);
  const error = sub === 0 ? -errno.ENOMEM : yield* lab.mmuNotifierRegister(task, sub, mm, get(arena, kvm + Mirror.driver), kvm);
  if (error === 0) set(arena, kvm + NOTIFIER, lab.handleOf(arena, arena.pools.classic, sub));
  else if (sub !== 0) lab.poolFree(arena, arena.pools.classic, sub);
  yield* lab.mmput(task, mm);
  return error;
}

/** kvm_destroy_vm. */
function* close(task, kvm) {
  const { arena } = task;
  const sub = lab.deref(arena, arena.pools.classic, get(arena, kvm + NOTIFIER));
  yield* lab.mmuNotifierUnregister(task, sub);
  lab.poolFree(arena, arena.pools.classic, sub);
  yield* mmuLock(task, kvm);
  yield* zap(task, kvm, 0, LIMIT);
  yield* mmuUnlock(task, kvm);
}

export default {
  name: 'kvm',
  summary: 'guest memory under a classic notifier: mmu_invalidate_retry, and a pfn cache',
  options,
  memory: false,
  atomics: false,
  classic: { invalidateRangeStart, invalidateRangeEnd, release },
  open,
  close,
  fault,
};
