/** Ranges of drm_gpusvm: aligned chunks of `window` pages. The device lets go of a whole range if one page of it changes. */

import type { Arena } from '../../arena/arena.ts';
import { nodeLast, nodeStart } from '../../arena/intervalTree.ts';
import { IntervalSub, type Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import { DEVICE, flushTlb } from '../../mm/table/tlb.ts';
import type { NotifierRange } from '../../notifier/range.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { optionIs } from '../base/choices.ts';
import { eraseDeviceEntries } from '../base/deviceTable.ts';
import { dmaUnmap } from '../base/dmaMap.ts';
import { numberOption } from '../dmirror/options.ts';
import { Is } from './options.ts';

/** First page after the range of `vpn`. */
export function rangeEnd(arena: Arena, mirror: Mirror, vpn: Vpn): Vpn {
  const pages = numberOption(arena, mirror, 'window');
  return (Math.floor(vpn / pages) + 1) * pages;
}

/** The ranges that an invalidation touches, as far as they lie in the interval the callback is for. */
export function touchedRanges(
  arena: Arena,
  mirror: Mirror,
  sub: IntervalSub,
  { start, end }: NotifierRange,
): readonly [number, number] {
  const pages = numberOption(arena, mirror, 'window');
  const node = sub + IntervalSub.node;
  const first = Math.max(Math.floor(start / pages) * pages, nodeStart(arena, node));
  return [first, Math.min(rangeEnd(arena, mirror, end - 1), nodeLast(arena, node) + 1)];
}

/** Device entries, TLB, DMA mappings, in this order. Under the notifier lock, for writing. */
export function* zapRanges(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<void> {
  const { arena } = task;
  if (optionIs(arena, mirror, Is.dmaUnmapEarly)) dmaUnmap(arena, mirror, start, end);
  if ((yield* eraseDeviceEntries(task, mirror, start, end)) > 0) yield* flushTlb(task, DEVICE);
  if (optionIs(arena, mirror, Is.dmaUnmapInvalidate)) dmaUnmap(arena, mirror, start, end);
}
