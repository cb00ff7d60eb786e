/** Runs the cells of a sweep one after another, whatever the engine. */
import { type Row, rowOf } from './row.ts';
import type { Cell } from './sweep.ts';
import type { CellConfig, Repetition } from './types.ts';

/** How an engine measures: one repetition; null when it was told to stop. */
export interface CellEngine {
  readonly repeat: (cell: CellConfig, seed: number, signal: AbortSignal, tick: () => void) => Promise<Repetition | null>;
  /** Why the repetitions of a cell are no measurement, null when they are. */
  readonly objection: (repetitions: readonly Repetition[]) => string | null;
}

export interface SweepProgress {
  /** Cells done, of all of this run, with those found done already. */
  readonly done: number;
  readonly total: number;
  readonly skipped: number;
  /** The cell under way, null between two. */
  readonly cell: Cell | null;
  /** Repetitions of it that are done, of so many. */
  readonly repetition: number;
  readonly repetitions: number;
  /** The row of the cell that has just been done, null else. */
  readonly row: Row | null;
}

export interface SweepHooks {
  readonly onProgress: (progress: SweepProgress) => void;
  readonly onRow: (row: Row) => void;
  readonly signal: AbortSignal;
}

/**
 * Seeds of the repetitions. The same ones in every cell: what differs between two cells is then their axes and not their luck.
 */
export const repetitionSeed = (seed: number, repetition: number): number =>
  Math.imul((seed + 1) ^ Math.imul(repetition + 1, 0x9e3779b1), 0x85ebca6b) >>> 1;

async function measure(
  cell: Cell,
  engine: CellEngine,
  hooks: SweepHooks,
  note: (repetition: number) => void,
): Promise<Row | null> {
  const { config } = cell;
  const repetitions: Repetition[] = [];
  for (let i = 0; i < config.repetitions; i++) {
    note(i);
    const repetition = await engine.repeat(config, repetitionSeed(config.seed, i), hooks.signal, () => note(i));
    if (repetition === null) return null;
    repetitions.push(repetition);
    if (repetition.violation !== null) break;
  }
  return rowOf(cell.index, cell.axes, config, repetitions, engine.objection(repetitions));
}

/** Runs what is not in `done` yet. Returns all rows in the order of the cells; fewer than cells when interrupted. */
export async function runSweep(
  cells: readonly Cell[],
  found: ReadonlyMap<number, Row>,
  engine: CellEngine,
  hooks: SweepHooks,
): Promise<Row[]> {
  const rows = new Map(found);
  const report = (cell: Cell | null, repetition: number, row: Row | null): void =>
    hooks.onProgress({
      done: rows.size,
      total: cells.length,
      skipped: found.size,
      cell,
      repetition,
      repetitions: cell?.config.repetitions ?? 0,
      row,
    });
  report(null, 0, null);
  for (const cell of cells) {
    if (rows.has(cell.index)) continue;
    if (hooks.signal.aborted) break;
    const row = await measure(cell, engine, hooks, (repetition) => report(cell, repetition, null));
    if (row === null) break;
    rows.set(cell.index, row);
    hooks.onRow(row);
    report(cell, cell.config.repetitions, row);
  }
  return cells.flatMap(({ index }) => rows.get(index) ?? []);
}
