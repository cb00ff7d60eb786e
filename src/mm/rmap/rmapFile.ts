/** Reverse mapping of file pages: i_mmap, the list of VMAs that map a file (rmap_walk_file). */

import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { deref } from '../../arena/pool.ts';
import { AddressSpace, Vma } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { downRead, downWrite, upRead, upWrite } from '../../sync/rwsem.ts';
import type { Task } from '../../sync/task.ts';
import { addressSpaceOf, getAddressSpace, putAddressSpace } from '../file/addressSpace.ts';
import { pageIndex, pageMapping } from '../page/page.ts';
import { checkPlace, type RmapVisitor } from './rmapVisitor.ts';
import { insertSorted, takeOut, type VmaList } from './vmaList.ts';

/** i_mmap_lock_write. */
export function* fileMappingLock(task: Task, mapping: AddressSpace): Steps<void> {
  yield* downWrite(task, mapping + AddressSpace.lock, LockClass.fileMapping);
}
export function* fileMappingUnlock(task: Task, mapping: AddressSpace): Steps<void> {
  yield* upWrite(task, mapping + AddressSpace.lock, LockClass.fileMapping);
}

/** i_mmap. */
const fileList: VmaList = { head: AddressSpace.head, tail: AddressSpace.tail, prev: Vma.sharedPrev, next: Vma.sharedNext };

/** The VMA begins at another page of the file now: it takes its new place. Write-locked. */
export function sortIntoFile(arena: Arena, mapping: AddressSpace, vma: Vma): void {
  takeOut(arena, fileList, mapping, vma);
  insertSorted(arena, fileList, mapping, vma);
}

/** vma_link_file: the VMA maps `mapping` from now on, and keeps it alive. */
export function* linkFile(task: Task, vma: Vma, handle: number): Steps<void> {
  const { arena } = task;
  if (handle === 0) return;
  const mapping = addressSpaceOf(arena, handle);
  getAddressSpace(arena, mapping);
  set(arena, vma + Vma.mapping, handle);
  yield* fileMappingLock(task, mapping);
  insertSorted(arena, fileList, mapping, vma);
  yield* fileMappingUnlock(task, mapping);
}

/** unlink_file_vma, and the put of the file. */
export function* unlinkFile(task: Task, vma: Vma): Steps<void> {
  const { arena } = task;
  const handle = get(arena, vma + Vma.mapping);
  if (handle === 0) return;
  const mapping = addressSpaceOf(arena, handle);
  yield* fileMappingLock(task, mapping);
  takeOut(arena, fileList, mapping, vma);
  yield* fileMappingUnlock(task, mapping);
  yield* putAddressSpace(task, mapping);
}

/** The VMAs of a file, as they are under its lock. */
export function* eachFileVma(task: Task, mapping: AddressSpace, visit: (vma: Vma) => Steps<boolean>): Steps<void> {
  const { arena } = task;
  yield* downRead(task, mapping + AddressSpace.lock, LockClass.fileMapping);
  for (let vma = get(arena, mapping + AddressSpace.head); vma !== 0; vma = get(arena, vma + Vma.sharedNext)) {
    if (!(yield* visit(vma))) break;
  }
  yield* upRead(task, mapping + AddressSpace.lock, LockClass.fileMapping);
}

/**
 * rmap_walk_file: calls `visit` for each VMA and address that may map a locked file page.
 *
 * @kernel mm/rmap.c rmap_walk_file
 */
export function* rmapWalkFile(task: Task, pfn: Pfn, visit: RmapVisitor): Steps<void> {
  const { arena } = task;
  const handle = pageMapping(arena, pfn);
  if (handle === 0) return;
  const index = pageIndex(arena, pfn);
  yield* eachFileVma(task, addressSpaceOf(arena, handle), function* (vma) {
    const start = nodeStart(arena, vma + Vma.node);
    const vpn = start + index - get(arena, vma + Vma.pgoff);
    if (vpn < start || vpn > nodeLast(arena, vma + Vma.node)) return true;
    checkPlace(arena, pfn, vma, vpn);
    yield Point.rmapWalk;
    return yield* visit(vma, deref(arena, arena.pools.mm, get(arena, vma + Vma.mm)), vpn);
  });
}
