/** pread and pwrite of a file: one word of a page, which is all the data the lab's files carry. */
import { forgetRound, frameLoad, frameStore, load, observed, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { ENOMEM } from '../../arena/errno.ts';
import { frameAt } from '../../arena/frames.ts';
import { AddressSpace } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { PG_DIRTY, setPageFlags } from '../page/page.ts';
import { lockPage, unlockPage } from '../page/pageLock.ts';
import { putPage } from '../page/zone.ts';
import { fileSize, findOrCreatePage, findPage, inodeLock, inodeUnlock, stillInFile } from './addressSpace.ts';

/** Reads the first word of page `index`: null at and beyond the end of the file, 0 in a hole. */
export function* fileRead(task: Task, mapping: AddressSpace, index: number): Steps<number | null> {
  if (index >= fileSize(task.arena, mapping)) return null;
  const pfn = yield* findPage(task, mapping, index);
  if (pfn === 0) return 0;
  const value = frameLoad(task.arena, frameAt(task.arena, pfn));
  yield* putPage(task, pfn);
  return value;
}

/** i_size_write, under the lock of the inode. */
function growTo(arena: Arena, mapping: AddressSpace, pages: number): void {
  const word = mapping + AddressSpace.size;
  if (load(arena, word) < pages) store(arena, word, pages);
}

/** shmem_write_begin: the page at an index, made if need be, with a reference, locked and still in the file. 0 when out of memory. */
function* lockedPage(task: Task, mapping: AddressSpace, index: number): Steps<Pfn> {
  const mark = observed();
  for (;;) {
    forgetRound(mark);
    const pfn = yield* findOrCreatePage(task, mapping, index, 0);
    if (pfn === 0) return 0;
    yield* lockPage(task, pfn);
    if (stillInFile(task.arena, mapping, pfn)) return pfn;
    yield* unlockPage(task, pfn);
    yield* putPage(task, pfn);
  }
}

/** Writes it; a write beyond the end makes the file longer. 0 or -ENOMEM. */
export function* fileWrite(task: Task, mapping: AddressSpace, index: number, value: number): Steps<number> {
  yield* inodeLock(task, mapping);
  const error = yield* writeLocked(task, mapping, index, value);
  yield* inodeUnlock(task, mapping);
  return error;
}

function* writeLocked(task: Task, mapping: AddressSpace, index: number, value: number): Steps<number> {
  const { arena } = task;
  const pfn = yield* lockedPage(task, mapping, index);
  if (pfn === 0) return -ENOMEM;
  frameStore(arena, frameAt(arena, pfn), value);
  setPageFlags(arena, pfn, PG_DIRTY);
  growTo(arena, mapping, index + 1);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
  return 0;
}
