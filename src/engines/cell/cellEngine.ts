/** What measures the cells of a sweep: the simulator, or a race of real threads. */
import type { CellConfig, Repetition } from './cellTypes.ts';

/** How an engine measures: one repetition; null when it was told to stop. */
export interface CellEngine {
  readonly repeat: (cell: CellConfig, seed: number, signal: AbortSignal, tick: () => void) => Promise<Repetition | null>;
  /** Why the repetitions of a cell are no measurement, null when they are. */
  readonly objection: (repetitions: readonly Repetition[]) => string | null;
}
