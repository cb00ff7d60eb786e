/**
 * The TLBs of devices that walk the CPU's own page tables (shared virtual addressing, by an IOMMU): they are flushed where those of the
 * CPUs are, by range, and need no bracket.
 */
import { get, load } from '../arena/access.ts';
import { ClassicSub, Header, type Mm, Subscriptions } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { nonBlockEnd, nonBlockStart } from '../sync/lockdep.ts';
import { srcuReadLock, srcuReadUnlock } from '../sync/srcu.ts';
import type { Task } from '../sync/task.ts';
import { noteCallback } from './classic.ts';
import { classicOps } from './ops.ts';
import { subscriptionsOf } from './sequence.ts';

/**
 * mmu_notifier_arch_invalidate_secondary_tlbs: after the entries of [start, end) were changed and the CPUs have let go of them, before a
 * page that they named is freed. `end` may be TLB_FLUSH_ALL. Legal under a spin lock, and so no
 * callback may sleep, whatever is held.
 *
 * @kernel mm/mmu_notifier.c mmu_notifier_arch_invalidate_secondary_tlbs
 */
export function* mmuNotifierArchInvalidateSecondaryTlbs(task: Task, mm: Mm, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  // A static key of the kernel's kind: where there is no such device, nobody looks any further.
  if (get(arena, Header.secondaryTlbs) === 0) return;
  yield Point.flushSecondaryTlbs;
  const subs = subscriptionsOf(task, mm);
  if (subs === 0 || get(arena, subs + Subscriptions.list) === 0) return;
  const index = yield* srcuReadLock(task);
  for (let sub = get(arena, subs + Subscriptions.list); sub !== 0; sub = load(arena, sub + ClassicSub.next)) {
    const { archInvalidateSecondaryTlbs } = classicOps(get(arena, sub + ClassicSub.ops));
    if (archInvalidateSecondaryTlbs === undefined) continue;
    noteCallback(task, sub, 1);
    nonBlockStart(task);
    yield* archInvalidateSecondaryTlbs(task, sub, start, end);
    nonBlockEnd(task);
    noteCallback(task, sub, -1);
  }
  yield* srcuReadUnlock(task, index);
}
