/**
 * Huge pages of system memory: blocks of 512 frames at its end, handed out whole. A block is free again when its last piece is;
 * pieces are never handed out one by one, as those of a compound page are not either before it is split and freed.
 */

import { cas, get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { PTRS_PER_TABLE } from '../../arena/config.ts';
import { clearFrame } from '../../arena/frames.ts';
import { rawLock, rawUnlock } from '../../arena/raw.ts';
import { Header } from '../../arena/structures.ts';
import type { Pfn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { unlockedBlock } from './page.ts';

/** First frame of the block a frame is in. */
const blockOf = (arena: Arena, pfn: Pfn): Pfn => pfn - ((pfn - arena.hugeZero) % PTRS_PER_TABLE);

/** Takes a block off the free list; 0 when there is none. */
function takeBlock(arena: Arena): number {
  rawLock(arena, Header.zoneLock);
  let head = get(arena, Header.hugeFree);
  if (head !== 0) set(arena, Header.hugeFree, get(arena, arena.page.deviceData + head));
  else if (arena.hasHuge && get(arena, Header.hugeFresh) < arena.config.systemPages) {
    head = get(arena, Header.hugeFresh);
    set(arena, Header.hugeFresh, head + PTRS_PER_TABLE);
  }
  if (head !== 0) {
    set(arena, arena.page.pieces + head, PTRS_PER_TABLE);
    set(arena, Header.zoneFreeCount, get(arena, Header.zoneFreeCount) - PTRS_PER_TABLE);
  }
  rawUnlock(arena, Header.zoneLock);
  return head;
}

/** alloc_pages of order 9 with __GFP_COMP: 512 cleared frames with one reference each. The first, or 0 when there are none. */
export function* allocHugePage(task: Task): Steps<Pfn> {
  const { arena } = task;
  yield Point.allocPage;
  const head = takeBlock(arena);
  if (head === 0) return 0;
  for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) {
    if (cas(arena, arena.page.refcount + pfn, 0, 1) !== 0)
      throw new Violation('I-REF', `page ${pfn} was in a free huge page with references`);
    set(arena, arena.page.compound + pfn, head);
    clearFrame(arena, pfn);
  }
  return head;
}

/** The last put of a piece, already poisoned. */
export function freePiece(arena: Arena, pfn: Pfn): void {
  const head = blockOf(arena, pfn);
  set(arena, arena.page.compound + pfn, 0);
  rawLock(arena, Header.zoneLock);
  set(arena, Header.zoneFreeCount, get(arena, Header.zoneFreeCount) + 1);
  const left = get(arena, arena.page.pieces + head) - 1;
  set(arena, arena.page.pieces + head, left);
  if (left === 0) {
    unlockedBlock(arena, head);
    set(arena, arena.page.deviceData + head, get(arena, Header.hugeFree));
    set(arena, Header.hugeFree, head);
  }
  rawUnlock(arena, Header.zoneLock);
}
