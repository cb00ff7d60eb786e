/** Runs the cells of a sweep, and keeps what there is in a directory if it has one. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CellEngine } from '../engines/cell/cellEngine.ts';
import type { MeasureEngine } from '../engines/cell/cellTypes.ts';
import { Journal } from '../engines/measure/journal.ts';
import { type MeasureResult, measureResult } from '../engines/measure/result.ts';
import type { Row } from '../engines/measure/row.ts';
import { runSweep, type SweepProgress } from '../engines/measure/runSweep.ts';
import { tasksOf } from '../input/shard.ts';
import { type Hooks, underHooks } from './call.ts';
import { asWritable, writeResults } from './measureOutput.ts';
import type { ReadySweep } from './readySweep.ts';

const nothingToEnd = { [Symbol.asyncDispose]: async (): Promise<void> => {} };

/** The engine, with so many threads; a race has as many as it has actors. */
async function engineOf(engine: MeasureEngine, lanes: number): Promise<CellEngine & AsyncDisposable> {
  if (engine === 'simulate') return (await import('../engines/simulate/engine.ts')).simulateEngine(lanes);
  return { ...(await import('../engines/race/measureRace.ts')).raceEngine, ...nothingToEnd };
}

/** Where rows are kept from one run to the next: in a directory, or nowhere. */
interface Kept {
  readonly found: ReadonlyMap<number, Row>;
  readonly add: (row: Row) => void;
  readonly settle: (rows: readonly Row[]) => void;
}

const nowhere: Kept = { found: new Map(), add: () => {}, settle: () => {} };

function keptIn(out: string, { fresh, sweep, shard, drivers, command }: ReadySweep): Kept {
  const journal = asWritable(out, () => {
    if (fresh) for (const file of ['sweep.json', 'cells.jsonl']) rmSync(join(out, file), { force: true });
    return new Journal(out, sweep, shard, drivers, command);
  });
  return {
    found: journal.found,
    add: (row) => asWritable(out, () => journal.add(row)),
    settle: (rows) => asWritable(out, () => journal.settle(rows)),
  };
}

/** Runs what is not there yet, and writes the results if they have a directory. */
export async function runReadySweep(ready: ReadySweep, hooks: Hooks<SweepProgress>): Promise<MeasureResult> {
  const { sweep, drivers, shard, out, workers, command } = ready;
  const cells = tasksOf(sweep.cells, shard);
  const kept = out === undefined ? nowhere : keptIn(out, ready);
  const { engine: name, repetitions } = sweep.request;
  // One after another where it is the machine that is measured; no more threads than there is work for.
  const jobs = (cells.length - kept.found.size) * repetitions;
  const lanes = name === 'race' ? 1 : Math.max(1, Math.min(workers, sweep.atOnce, jobs));
  const rows = await underHooks(hooks, async (watched) => {
    await using engine = await engineOf(name, lanes);
    return await runSweep(cells, kept.found, engine, { ...watched, onRow: kept.add, lanes });
  });
  kept.settle(rows);
  const { request, varied } = sweep;
  const sizes = { total: sweep.cells.length, here: cells.length };
  const part = shard[1] === 1 ? null : { shard };
  const result = measureResult({ request, drivers, varied, rows, ...sizes, command, part });
  if (out !== undefined) writeResults(out, result, rows);
  return result;
}
