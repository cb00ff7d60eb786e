/**
 * The upper half of a fault of nouveau (nouveau_svm.c): the pages of the address space, a look whether they are still true, and a call
 * of the part that knows the hardware (vmm.ts).
 */
import type { Mirror } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import type { MirrorRange } from '../base/mirror.ts';
import { commit, faultRange, faultRequest, snapshot } from '../dmirror/fault.ts';
import { nvkmVmmPfnMap, PFNS_MOST } from './vmm.ts';

/**
 * nouveau_pfns_map, and the ioctl in between (nvkm_uvmm_mthd_pfnmap). Under svmm->mutex. As {@link nvkmVmmPfnMap}.
 *
 * @kernel drivers/gpu/drm/nouveau/nouveau_svm.c nouveau_pfns_map
 */
export function* nouveauPfnsMap(task: Task, mirror: Mirror, range: MirrorRange): Steps<Errno> {
  return yield* nvkmVmmPfnMap(task, mirror, range);
}

/**
 * nouveau_range_fault: one pass. -EBUSY asks for another one.
 *
 * @kernel drivers/gpu/drm/nouveau/nouveau_svm.c nouveau_range_fault
 */
function* nouveauRangeFault(task: Task, mirror: Mirror, range: MirrorRange, write: boolean): Steps<Errno> {
  const seen = yield* snapshot(task, mirror, range);
  return seen === 0 ? yield* commit(task, mirror, range, write, nouveauPfnsMap) : seen;
}

/**
 * nouveau_svm_fault for one entry of the fault buffer, 16 pages at most at a time.
 *
 * @returns as the fault of dmirror.
 * @kernel drivers/gpu/drm/nouveau/nouveau_svm.c nouveau_svm_fault
 */
export function* nouveauSvmFault(task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean): Steps<Errno> {
  const request = faultRequest(task, mirror, write, nouveauRangeFault);
  return yield* faultRange(task, { ...request, most: PFNS_MOST }, start, end);
}
