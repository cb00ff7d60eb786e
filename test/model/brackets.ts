/** Invalidation brackets by hand, and the numbers they move. */
import { get, load } from '../../src/arena/access.ts';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { firstOverlap, nextOverlap } from '../../src/arena/intervalTree.ts';
import { IntervalSub, Subscriptions } from '../../src/arena/structures.ts';
import { mmuNotifierInvalidateRangeEnd, mmuNotifierInvalidateRangeStart } from '../../src/notifier/invalidate.ts';
import { MMU_NOTIFY_CLEAR, type NotifierRange, notifierRange } from '../../src/notifier/range.ts';
import { subscriptionsOf } from '../../src/notifier/sequence.ts';
import { run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';

/** Opens a bracket over pages [start, end). */
export function open(task: Task, mm: number, start: number, end: number, event = MMU_NOTIFY_CLEAR, owner = 0): NotifierRange {
  const range = notifierRange(event, mm, start, end, owner);
  run(mmuNotifierInvalidateRangeStart(task, range));
  return range;
}

export function close(task: Task, range: NotifierRange): void {
  run(mmuNotifierInvalidateRangeEnd(task, range));
}

/** Brackets open, sequence of the mm, then the sequence of each interval. */
export function numbers(task: Task, mm: number, ...intervals: number[]): number[] {
  const { arena } = task;
  const subs = subscriptionsOf(task, mm);
  return [
    get(arena, subs + Subscriptions.active),
    load(arena, subs + Subscriptions.invalidateSeq),
    ...intervals.map((sub) => load(arena, sub + IntervalSub.invalidateSeq)),
  ];
}

/** The intervals in the tree, in key order. */
export function inTree(task: Task, mm: number): number[] {
  const { arena } = task;
  const root = subscriptionsOf(task, mm) + Subscriptions.itree;
  const found: number[] = [];
  for (let node = firstOverlap(arena, root, 0, VPN_LIMIT); node !== 0; node = nextOverlap(arena, root, node, 0, VPN_LIMIT)) {
    found.push(node - IntervalSub.node);
  }
  return found;
}

/** The intervals on the deferred list, the newest first. */
export function deferred(task: Task, mm: number): number[] {
  const { arena } = task;
  const found: number[] = [];
  let sub = get(arena, subscriptionsOf(task, mm) + Subscriptions.deferred);
  for (; sub !== 0; sub = get(arena, sub + IntervalSub.deferredNext)) found.push(sub);
  return found;
}
