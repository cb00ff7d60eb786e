/**
 * The lower half of a fault of nouveau: page frames become entries of the GPU's page table (nvkm/subdev/mmu). The upper half asks for
 * 16 entries at most at a time, an array on the kernel's stack.
 *
 * An entry of a kernel holds the DMA address of a page; here it names the page frame, as the entries of all devices do.
 */
import { EACCES, ENOMEM } from '../../arena/errno.ts';
import type { Mirror } from '../../arena/structures.ts';
import type { Errno, PageTable, Vpn } from '../../arena/units.ts';
import { HMM_PFN_VALID, HMM_PFN_WRITE } from '../../hmm/pfn.ts';
import { tableEnd } from '../../mm/table/tables.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { ensureDeviceTable, entryFromPfn, needsFlush, setDeviceEntry, storeFromPfns } from '../base/deviceTable.ts';
import type { MirrorRange } from '../base/mirror.ts';

/** Most entries of one call of {@link nvkmVmmPfnMap}. */
export const PFNS_MOST = 16;

/** What is written for a range, and whether the GPU may still use an entry that was replaced. */
interface Update {
  readonly range: MirrorRange;
  flush: boolean;
}

/** Does the word of a page grant what the range asks for? */
const grants = ({ hmmPfns, start, defaultFlags }: MirrorRange, vpn: Vpn): boolean => {
  const required = defaultFlags & (HMM_PFN_VALID | HMM_PFN_WRITE);
  return ((hmmPfns[vpn - start] as number) & required) === required;
};

/**
 * gp100_vmm_pgt_pfn: the entries of [vpn, end), in one last-level table. 0, or -EACCES at a page that lacks write permission.
 *
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgp100.c gp100_vmm_pgt_pfn
 */
function* gp100VmmPgtPfn(task: Task, mirror: Mirror, table: PageTable, update: Update, [vpn, end]: [Vpn, Vpn]): Steps<Errno> {
  const { arena } = task;
  const { range } = update;
  for (let at = vpn; at < end; at++) {
    yield Point.setPte;
    if (storeFromPfns(arena, table, range, at, at + 1) > at) continue;
    if (!grants(range, at)) {
      range.readOnly = at;
      return -EACCES;
    }
    // Another entry is there, that the GPU may have read.
    const entry = entryFromPfn(range.hmmPfns[at - range.start] as number);
    update.flush = needsFlush(yield* setDeviceEntry(task, mirror, at, entry), entry) || update.flush;
  }
  return 0;
}

/**
 * nvkm_vmm_iter: from one last-level table to the next, each made if need be. 0, -EACCES or -ENOMEM.
 *
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmm.c nvkm_vmm_iter
 */
function* nvkmVmmIter(task: Task, mirror: Mirror, update: Update): Steps<Errno> {
  const { start, end } = update.range;
  let result: Errno = 0;
  for (let vpn = start; vpn < end && result === 0; ) {
    const table = yield* ensureDeviceTable(task, mirror, vpn);
    if (table === 0) return -ENOMEM;
    const stop = tableEnd(vpn, end);
    result = yield* gp100VmmPgtPfn(task, mirror, table, update, [vpn, stop]);
    vpn = stop;
  }
  return result;
}

/**
 * nvkm_vmm_pfn_map: entries for the pages of a range, under the lock of the address space. The GPU forgets what was there before.
 *
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmm.c nvkm_vmm_pfn_map
 */
export function* nvkmVmmPfnMap(task: Task, mirror: Mirror, range: MirrorRange, flush: Flush): Steps<Errno> {
  const update: Update = { range, flush: false };
  const result = yield* nvkmVmmIter(task, mirror, update);
  if (update.flush) yield* flush(task, mirror);
  return result;
}

/** nvkm_vmm_flush: waits until the GPU has forgotten what it has read of its page table. */
export type Flush = (task: Task, mirror: Mirror) => Steps<void>;
