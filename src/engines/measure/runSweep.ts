/** Runs the cells of a sweep, whatever the engine. */

import type { CellEngine } from '../cell/cellEngine.ts';
import type { Repetition } from '../cell/cellTypes.ts';
import { inLanes } from '../shared/lanes.ts';
import type { Cell } from './cells.ts';
import { type Row, rowOf } from './row.ts';

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
  /** Repetitions at a time, of one cell or of several. Default 1. */
  readonly lanes?: number;
}

/**
 * Seeds of the repetitions. The same ones in every cell: what differs between two cells is then their axes and not their luck.
 */
export const repetitionSeed = (seed: number, repetition: number): number =>
  Math.imul((seed + 1) ^ Math.imul(repetition + 1, 0x9e3779b1), 0x85ebca6b) >>> 1;

/** A cell under way: its repetitions come in any order. */
class Measurement {
  readonly cell: Cell;
  /** Repetitions it takes: all, or up to the first that breaks a rule. */
  needed: number;
  readonly #repetitions: (Repetition | undefined)[] = [];

  constructor(cell: Cell) {
    this.cell = cell;
    this.needed = cell.config.repetitions;
  }

  /** How many are there. */
  get done(): number {
    return this.#repetitions.slice(0, this.needed).filter((repetition) => repetition !== undefined).length;
  }

  /** Takes repetition `i`. All that are needed, once it is the last of these; else null. */
  take(i: number, repetition: Repetition): Repetition[] | null {
    if (i >= this.needed) return null;
    this.#repetitions[i] = repetition;
    if (repetition.violation !== null) this.needed = i + 1;
    if (this.done < this.needed) return null;
    return this.#repetitions.slice(0, this.needed) as Repetition[];
  }
}

/**
 * Runs what is not in `found` yet. Returns all rows in the order of the cells, the same ones for any number of lanes; fewer than
 * cells when interrupted.
 */
export async function runSweep(
  cells: readonly Cell[],
  found: ReadonlyMap<number, Row>,
  engine: CellEngine,
  { onProgress, onRow, signal, lanes = 1 }: SweepHooks,
): Promise<Row[]> {
  const rows = new Map(found);
  const report = (measurement: Measurement | null, row: Row | null): void =>
    onProgress({
      done: rows.size,
      total: cells.length,
      skipped: found.size,
      cell: measurement?.cell ?? null,
      repetition: measurement?.done ?? 0,
      repetitions: measurement?.needed ?? 0,
      row,
    });
  report(null, null);
  const jobs = cells
    .filter(({ index }) => !found.has(index))
    .flatMap((cell) => {
      const measurement = new Measurement(cell);
      return Array.from({ length: measurement.needed }, (_, i) => ({ measurement, i }));
    });
  await inLanes(jobs, lanes, signal, async ({ measurement, i }) => {
    const { index, axes, config } = measurement.cell;
    if (i >= measurement.needed) return;
    report(measurement, null);
    const seed = repetitionSeed(config.seed, i);
    const repetition = await engine.repeat(config, seed, signal, () => report(measurement, null));
    const all = repetition === null ? null : measurement.take(i, repetition);
    if (all === null) return;
    const row = rowOf(index, axes, config, all, engine.objection(all));
    rows.set(index, row);
    onRow(row);
    report(measurement, row);
  });
  return cells.flatMap(({ index }) => rows.get(index) ?? []);
}
