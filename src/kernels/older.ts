/**
 * What Linux did otherwise before, by what it did. The model is the newest kernel; a bit of this table in `header.older`, set before
 * anything runs, gives one behaviour of before back. changes.ts says of each how it was, how it is, and since when.
 */
import { get, set } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { Header } from '../arena/structures.ts';

export const Older = {
  exclusiveFollowsMprotect: 1,
  mprotectNeedsDirty: 2,
  compoundStays: 4,
  hugeZeroSplits: 8,
  mprotectLeavesHugeReadOnly: 16,
  mremapOfOneVma: 32,
  newMappingJoinsNext: 64,
  changedVmaGivesNoAnon: 128,
  longtermPinsShared: 256,
  populateSkipsHoles: 512,
  pagemapMarksDevice: 1024,
  commandsUpToRelease: 2048,
  noGuardRegions: 4096,
  splitKeepsZeroes: 8192,
  collectSplitsAll: 16384,
  collapseNeedsWritable: 32768,
  dontneedKeepsTable: 65536,
  mprotectKeepsAccount: 131072,
  splitPmdTakesHugetlb: 262144,
  reuseNeedsLastPiece: 524288,
} as const;

export type OlderName = keyof typeof Older;

export const isOlder = (arena: Arena, bit: number): boolean => (get(arena, Header.older) & bit) !== 0;

/** Before the first operation. */
export const setOlder = (arena: Arena, bits: number): void => set(arena, Header.older, bits);
