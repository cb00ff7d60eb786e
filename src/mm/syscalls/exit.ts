/** mmput and exit_mmap: the end of an address space. */
import { add, get, or, set } from '../../arena/access.ts';
import { VPN_LIMIT } from '../../arena/config.ts';
import { Mm, MmFlag } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { mmuNotifierRelease } from '../../notifier/invalidate.ts';
import { mmdrop } from '../../notifier/mmCount.ts';
import { MMU_NOTIFY_RELEASE, MMU_NOTIFY_UNMAP, notifierRange } from '../../notifier/range.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { mightSleep } from '../../sync/lockdep.ts';
import type { Task } from '../../sync/task.ts';
import { freeTables } from '../table/tables.ts';
import { mmapReadLock, mmapReadUnlock, mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import { vmaDetach, vmasIn } from '../vma/vma.ts';
import { vmaFree } from '../vma/vmaRmap.ts';
import { zapRangeNotified } from './zap.ts';

/**
 * mmput: drops a user; the last one tears the address space down, in this thread. Not under a driver lock.
 *
 * @kernel kernel/fork.c mmput, exit_mmap
 */
export function* mmput(task: Task, mm: Mm): Steps<void> {
  mightSleep(task, 'mmput');
  yield Point.mmput;
  const left = add(task.arena, mm + Mm.users, -1) - 1;
  if (left < 0) throw new Violation('I-REF', `mm_users of mm ${mm} fell below 0`);
  if (left === 0) yield* exitMmap(task, mm);
}

/**
 * exit_mmap: notifiers first, then the mappings, then the tables. Interval notifiers hear RELEASE and then one UNMAP over
 * everything; they stay subscribed until their owner removes them.
 */
function* exitMmap(task: Task, mm: Mm): Steps<void> {
  const { arena } = task;
  or(arena, mm + Mm.flags, MmFlag.exiting);
  yield* mmuNotifierRelease(task, notifierRange(MMU_NOTIFY_RELEASE, mm, 0, VPN_LIMIT));
  yield* mmapReadLock(task, mm);
  yield* zapRangeNotified(task, mm, 0, VPN_LIMIT, MMU_NOTIFY_UNMAP);
  yield* mmapReadUnlock(task, mm);
  or(arena, mm + Mm.flags, MmFlag.oomSkip);
  yield* mmapWriteLock(task, mm);
  // Off the rmap lists before the tables go: no walk can reach them afterwards.
  for (const vma of vmasIn(arena, mm, 0, VPN_LIMIT)) {
    vmaDetach(arena, mm, vma);
    yield* vmaFree(task, vma);
  }
  freeTables(arena, get(arena, mm + Mm.pgd));
  // The kernel keeps the empty pgd up to mmdrop. Table 0 is that of nobody, and empty.
  set(arena, mm + Mm.pgd, 0);
  yield* mmapWriteUnlock(task, mm);
  mmdrop(arena, mm);
}
