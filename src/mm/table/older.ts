/**
 * Behaviour that newer kernels have changed on purpose, by what it does. The model is the newer one; recordings of an older
 * kernel are replayed with the bits of that kernel in `header.older`, set once before anything runs.
 */
import { get, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Header } from '../../arena/structures.ts';

export const Older = {
  /** mprotect takes the write permission of a device-exclusive entry, and nothing gives it back (before 6.15). */
  exclusiveFollowsMprotect: 1,
  /** mprotect makes an entry writable at once only if it is dirty (before 6.2). */
  mprotectNeedsDirty: 2,
  /** migrate_vma leaves pages of a huge page alone that are mapped one by one (before device huge pages). */
  compoundStays: 4,
  /** A write to the huge zero page splits it into small ones (before 6.13). */
  hugeZeroSplits: 8,
  /** mprotect never makes a huge leaf writable; the next write does (before 6.2). */
  mprotectLeavesHugeReadOnly: 16,
} as const;

/** Every bit of the table, for Linux 6.1. */
export const LINUX_6_1 = Object.values(Older).reduce((bits, bit) => bits | bit, 0);

export const isOlder = (arena: Arena, bit: number): boolean => (get(arena, Header.older) & bit) !== 0;

/** Before the first operation. */
export const setOlder = (arena: Arena, bits: number): void => set(arena, Header.older, bits);
