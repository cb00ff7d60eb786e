/** What the thread of a column is told and what it answers. */
import type { ArenaBuffers } from '../../arena/arena.ts';
import type { MachineParts } from '../../scenarios/programs/boot.ts';
import type { Known } from '../../scenarios/programs/known.ts';
import type { RoundsViolation } from './types.ts';

export interface ColumnJob {
  readonly program: string;
  readonly column: number;
  readonly buffers: ArenaBuffers;
  /** The same memory as the set-up has left it. */
  readonly before: ArenaBuffers;
  readonly parts: MachineParts;
  readonly known: Known;
  readonly words: SharedArrayBuffer;
  readonly pairs: SharedArrayBuffer;
  /** Name or URL. */
  readonly driver: string;
  readonly seed: number;
}

export interface ColumnReport {
  readonly violation: RoundsViolation | null;
  /** By place of the operation: how often it answered what. */
  readonly answers: readonly Readonly<Record<string, number>>[];
}
