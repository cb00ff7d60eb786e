/** Advice that only changes flags of VMAs (mm/madvise.c). */

import type { Arena } from '../../arena/arena.ts';
import { EINVAL, ENOMEM } from '../../arena/errno.ts';
import type { Mm, Vma } from '../../arena/structures.ts';
import type { Errno, Vpn } from '../../arena/units.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { mmapWriteLock, mmapWriteUnlock } from '../vma/mmapLock.ts';
import {
  findVma,
  VM_DONTCOPY,
  VM_HUGEPAGE,
  VM_NOHUGEPAGE,
  VM_SHARED,
  VM_WIPEONFORK,
  vmaEnd,
  vmaFlags,
  vmaIsAnonymous,
  vmaStart,
} from '../vma/vma.ts';
import { changeVmas } from '../vma/vmaMerge.ts';

/** What each advice clears, and what it sets. */
const CHANGES = {
  dontfork: [0, VM_DONTCOPY],
  dofork: [VM_DONTCOPY, 0],
  hugepage: [VM_NOHUGEPAGE, VM_HUGEPAGE],
  nohugepage: [VM_HUGEPAGE, VM_NOHUGEPAGE],
  wipeonfork: [0, VM_WIPEONFORK],
  keeponfork: [VM_WIPEONFORK, 0],
} as const;

export type FlagAdvice = keyof typeof CHANGES;

export const isFlagAdvice = (advice: string): advice is FlagAdvice => Object.hasOwn(CHANGES, advice);

/** A child cannot find zeroes in what it shares. */
const isRefused = (arena: Arena, vma: Vma, advice: FlagAdvice): boolean =>
  advice === 'wipeonfork' && (!vmaIsAnonymous(arena, vma) || (vmaFlags(arena, vma) & VM_SHARED) !== 0);

/**
 * The VMAs of a range are given their flags one after another. An error of one ends it, with those before it changed; a hole is remembered.
 *
 * @returns 0, -EINVAL (a VMA of the wrong kind), or -ENOMEM (too many VMAs, or part of the range is not mapped).
 * @kernel mm/madvise.c madvise_update_vma
 */
export function* madviseFlags(task: Task, mm: Mm, start: Vpn, end: Vpn, advice: FlagAdvice): Steps<Errno> {
  yield* mmapWriteLock(task, mm);
  const error = yield* changeFlags(task, mm, start, end, advice);
  yield* mmapWriteUnlock(task, mm);
  return error;
}

function* changeFlags(task: Task, mm: Mm, start: Vpn, end: Vpn, advice: FlagAdvice): Steps<Errno> {
  const { arena } = task;
  const [clear, set] = CHANGES[advice];
  const change = (flags: number): number => (flags & ~clear) | set;
  let error = 0;
  for (let at = start; at < end; ) {
    const vma = findVma(arena, mm, at);
    const first = vma === 0 ? end : Math.min(end, vmaStart(arena, vma));
    if (first > at) error = -ENOMEM;
    at = Math.max(at, first);
    if (at >= end) break;
    if (isRefused(arena, vma, advice)) return -EINVAL;
    const reached = yield* changeVmas(task, mm, at, Math.min(end, vmaEnd(arena, vma)), { change });
    if (reached < 0) return reached;
    at = reached;
  }
  return error;
}
