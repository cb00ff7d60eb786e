/** dmirror_bounce: copying between device mappings and a buffer, page by page, under the update lock. */

import { frameGet, frameWrite, get } from '../../arena/access.ts';
import { ENOENT } from '../../arena/errno.ts';
import { frameAt } from '../../arena/frames.ts';
import { Mirror } from '../../arena/structures.ts';
import type { DeviceEntry, Errno, Vpn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { LockClass } from '../../sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../sync/spinlock.ts';
import type { Task } from '../../sync/task.ts';
import { DEV_ATOMIC, DEV_VALID, DEV_WRITE, deviceEntry, deviceEntryPfn } from '../base/deviceTable.ts';

/** struct dmirror_bounce: pages [start, end) and their words, `frameWords` a page. */
export interface Bounce {
  readonly start: Vpn;
  readonly end: Vpn;
  readonly words: Int32Array;
  /** Pages copied so far, from the start. */
  cpages: number;
}

export const bounceFor = (task: Task, start: Vpn, end: Vpn): Bounce => ({
  start,
  end,
  words: new Int32Array((end - start) * task.arena.frameWords),
  cpages: 0,
});

/** The frame behind a device entry; a freed one means that an invalidation was missed. */
function frameOf(task: Task, vpn: Vpn, entry: DeviceEntry): number {
  const { arena } = task;
  const pfn = deviceEntryPfn(entry);
  if (get(arena, arena.page.refcount + pfn) <= 0) {
    throw new Violation('I-FREE', `the device reaches page ${pfn} through address page ${vpn} after it was freed`);
  }
  return frameAt(arena, pfn);
}

/** Goes on from `cpages` while the device has a mapping that allows the access. 0, or -ENOENT at the first that does not. */
function* copyPages(task: Task, mirror: Mirror, bounce: Bounce, write: boolean): Steps<number> {
  const { arena } = task;
  const { frameWords } = arena;
  const updateLock = mirror + Mirror.updateLock;
  let result = 0;
  yield* mutexLock(task, updateLock, LockClass.updateLock);
  while (bounce.start + bounce.cpages < bounce.end) {
    const vpn = bounce.start + bounce.cpages;
    const entry = deviceEntry(arena, mirror, vpn);
    // An atomic mapping can be read; to write takes the write tag itself.
    if ((entry & DEV_VALID) === 0 || (write && (entry & (DEV_WRITE | DEV_ATOMIC)) !== DEV_WRITE)) {
      result = -ENOENT;
      break;
    }
    yield Point.deviceAccess;
    const frame = frameOf(task, vpn, entry);
    const at = bounce.cpages * frameWords;
    if (write) frameWrite(arena, frame, bounce.words.subarray(at, at + frameWords));
    else for (let word = 0; word < frameWords; word++) bounce.words[at + word] = frameGet(arena, frame + word);
    bounce.cpages++;
  }
  yield* mutexUnlock(task, updateLock, LockClass.updateLock);
  return result;
}

/** dmirror_do_read. */
export function* doRead(task: Task, mirror: Mirror, bounce: Bounce): Steps<Errno> {
  return yield* copyPages(task, mirror, bounce, false);
}

/** dmirror_do_write. */
export function* doWrite(task: Task, mirror: Mirror, bounce: Bounce): Steps<Errno> {
  return yield* copyPages(task, mirror, bounce, true);
}
