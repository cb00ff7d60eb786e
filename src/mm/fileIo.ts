/** pread and pwrite of a file: one word of a page, which is all the data the lab's files carry. */
import { frameLoad, frameStore, load, store } from '../arena/access.ts';
import { ENOMEM } from '../arena/errno.ts';
import { frameAt } from '../arena/frames.ts';
import { AddressSpace } from '../arena/structures.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { fileSize, findOrCreatePage, findPage } from './addressSpace.ts';
import { PG_DIRTY, setPageFlags } from './page.ts';
import { lockPage, unlockPage } from './pageLock.ts';
import { putPage } from './zone.ts';

/** Reads the first word of page `index`: NaN at and beyond the end of the file, 0 in a hole. */
export function* fileRead(task: Task, mapping: number, index: number): Steps<number> {
  if (index >= fileSize(task.arena, mapping)) return Number.NaN;
  const pfn = yield* findPage(task, mapping, index);
  if (pfn === 0) return 0;
  const value = frameLoad(task.arena, frameAt(task.arena, pfn));
  yield* putPage(task, pfn);
  return value;
}

/** Writes it; a write beyond the end makes the file longer. 0 or -ENOMEM. */
export function* fileWrite(task: Task, mapping: number, index: number, value: number): Steps<number> {
  const { arena } = task;
  const pfn = yield* findOrCreatePage(task, mapping, index);
  if (pfn === 0) return -ENOMEM;
  yield* lockPage(task, pfn);
  frameStore(arena, frameAt(arena, pfn), value);
  setPageFlags(arena, pfn, PG_DIRTY);
  if (load(arena, mapping + AddressSpace.size) <= index) store(arena, mapping + AddressSpace.size, index + 1);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
  return 0;
}
