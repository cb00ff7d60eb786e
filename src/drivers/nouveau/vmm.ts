/**
 * The lower half of a fault of nouveau: page frames become entries of the GPU's page table (nvkm/subdev/mmu), and entries go again. The
 * upper half asks for 16 entries at most at a time, an array on the kernel's stack.
 *
 * An entry of a kernel holds the DMA address of a page of system memory; here it names the page frame, as the entries of all devices do,
 * and the mapping that leads there is in a table of its own (base/dmaMap.ts).
 */
import { get } from '../../arena/access.ts';
import { EACCES, ENOMEM } from '../../arena/errno.ts';
import type { Mirror } from '../../arena/structures.ts';
import type { Errno, PageTable, Vpn } from '../../arena/units.ts';
import { HMM_PFN_VALID, HMM_PFN_WRITE, hmmPfnToPage } from '../../hmm/pfn.ts';
import { pteAt, tableEnd } from '../../mm/table/tables.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { ensureDeviceTable, entryFromPfn, needsFlush, setDeviceEntry } from '../base/deviceTable.ts';
import { clearEntries, mapEntry, unmapEntries } from '../base/entryDma.ts';
import type { MirrorRange } from '../base/mirror.ts';
import { Is, optionIs } from '../dmirror/options.ts';

/** Most entries of one call of {@link nvkmVmmPfnMap}. */
export const PFNS_MOST = 16;

/** What is written for a range, and whether the GPU may still use an entry that was replaced. */
interface Update {
  readonly range: MirrorRange;
  flush: boolean;
}

/** nvkm_vmm_flush: waits until the GPU has forgotten what it has read of its page table. */
function* nvkmVmmFlush(task: Task, mirror: Mirror): Steps<void> {
  if (optionIs(task.arena, mirror, Is.engineTlb)) yield* flushTlb(task, DEVICE);
}

/**
 * gp100_vmm_pgt_pfn: the entries of [vpn, end), in one last-level table. Pages of system memory are mapped for DMA (dma_map_page). Ends
 * at the first page that cannot have its entry, with nothing there for it; entries before it stay.
 *
 * @returns 0, -EACCES at a page that lacks write permission, -EFAULT at one that cannot be mapped for DMA, or -ENOMEM.
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgp100.c gp100_vmm_pgt_pfn
 */
function* gp100VmmPgtPfn(task: Task, mirror: Mirror, table: PageTable, update: Update, [vpn, end]: [Vpn, Vpn]): Steps<Errno> {
  const { arena } = task;
  const { range } = update;
  const { hmmPfns, start } = range;
  const required = range.defaultFlags & (HMM_PFN_VALID | HMM_PFN_WRITE);
  for (let at = vpn; at < end; at++) {
    const word = hmmPfns[at - start] as number;
    if ((word & required) !== required) {
      range.readOnly = at;
      return -EACCES;
    }
    const entry = entryFromPfn(word);
    if (get(arena, pteAt(arena, table, at)) === entry) continue;
    const error = yield* mapEntry(task, mirror, at, hmmPfnToPage(word));
    if (error !== 0) return error;
    // Another entry may be there, that the GPU has read.
    update.flush = needsFlush(yield* setDeviceEntry(task, mirror, at, entry), entry) || update.flush;
  }
  return 0;
}

/**
 * nvkm_vmm_iter: from one last-level table to the next, each made if need be. 0, -EACCES, -EFAULT or -ENOMEM.
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
 * @returns as {@link gp100VmmPgtPfn}.
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmm.c nvkm_vmm_pfn_map
 */
export function* nvkmVmmPfnMap(task: Task, mirror: Mirror, range: MirrorRange): Steps<Errno> {
  const update: Update = { range, flush: false };
  const result = yield* nvkmVmmIter(task, mirror, update);
  if (update.flush) yield* nvkmVmmFlush(task, mirror);
  return result;
}

/**
 * gp100_vmm_pfn_clear: the entries of [start, end) are valid no more. Were there any?
 *
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgp100.c gp100_vmm_pfn_clear
 */
function* gp100VmmPfnClear(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<boolean> {
  return (yield* clearEntries(task, mirror, start, end)) > 0;
}

/**
 * gp100_vmm_pfn_unmap: what is mapped for the cleared entries of [start, end), as they still say (dma_unmap_page).
 *
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmmgp100.c gp100_vmm_pfn_unmap
 */
function gp100VmmPfnUnmap({ arena }: Task, mirror: Mirror, start: Vpn, end: Vpn): void {
  unmapEntries(arena, mirror, start, end);
}

/**
 * nvkm_vmm_pfn_unmap, down to nvkm_vmm_unref_ptes: the entries of a range go, under the lock of the address space. The GPU may use them
 * until it is flushed, and so their pages stay mapped for DMA until then.
 *
 * @kernel drivers/gpu/drm/nouveau/nvkm/subdev/mmu/vmm.c nvkm_vmm_unref_ptes
 */
export function* nvkmVmmPfnUnmap(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<void> {
  if (!(yield* gp100VmmPfnClear(task, mirror, start, end))) return;
  yield* nvkmVmmFlush(task, mirror);
  gp100VmmPfnUnmap(task, mirror, start, end);
}
