/** `hmm-lab measure`: sweeps over the retry loop, in virtual time or on real threads. */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { CellEngine } from '../engines/cell/cellEngine.ts';
import type { MeasureEngine } from '../engines/cell/cellTypes.ts';
import { shardOf } from '../engines/measure/cells.ts';
import { Journal } from '../engines/measure/journal.ts';
import { type MeasureVerdict, measureResult } from '../engines/measure/result.ts';
import type { Row } from '../engines/measure/row.ts';
import { runSweep } from '../engines/measure/runSweep.ts';
import { measureText } from '../report/measureText.ts';
import { styleFor } from '../report/style.ts';
import { startSweepLive } from '../report/sweepLive.ts';
import { plural } from '../report/units.ts';
import type { Command } from './flags.ts';
import { type MeasureOptions, measureFlags, measureOptionsOf } from './measureOptions.ts';
import { asWritable, writeResults } from './measureOutput.ts';
import { claimStdout } from './stdout.ts';

const EXIT_INTERRUPTED = 130;

export const measureExit: Readonly<Record<MeasureVerdict, number>> = {
  ok: 0,
  violation: 1,
  invalid: 3,
  interrupted: EXIT_INTERRUPTED,
};

const nothingToEnd = { [Symbol.asyncDispose]: async (): Promise<void> => {} };

/** The engine, with so many threads; a race has as many as it has actors. */
async function engineOf(engine: MeasureEngine, lanes: number): Promise<CellEngine & AsyncDisposable> {
  if (engine === 'simulate') return (await import('../engines/simulate/engine.ts')).simulateEngine(lanes);
  return { ...(await import('../engines/race/measureRace.ts')).raceEngine, ...nothingToEnd };
}

function openJournal({ sweep, shard, drivers, out, fresh, command }: MeasureOptions): Journal {
  return asWritable(out, () => {
    if (fresh) for (const file of ['sweep.json', 'cells.jsonl']) rmSync(join(out, file), { force: true });
    return new Journal(out, sweep, shard, drivers, command);
  });
}

/** Runs what the journal does not have yet. */
async function runCells(options: MeasureOptions, journal: Journal): Promise<Row[]> {
  const { sweep, shard, out, progress, workers } = options;
  const cells = shardOf(sweep.cells, shard);
  const live = startSweepLive(process.stderr, progress, sweep.varied);
  const found = journal.found.size;
  if (progress === 'auto') {
    const rest = found === 0 ? '' : `, ${found} of them done already`;
    live.note(
      `Measuring ${plural(cells.length, 'cell')} (${sweep.request.engine}, seed ${sweep.request.seed})${rest}, into ${out}`,
    );
  }
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort();
    live.note('Stopping; Ctrl-C again leaves at once.');
  };
  process.on('SIGINT', interrupt);
  try {
    // One after another where it is the machine that is measured; no more threads than there is work for.
    const jobs = (cells.length - found) * sweep.request.repetitions;
    const lanes = sweep.request.engine === 'race' ? 1 : Math.max(1, Math.min(workers, sweep.atOnce, jobs));
    await using engine = await engineOf(sweep.request.engine, lanes);
    const rows = await runSweep(cells, journal.found, engine, {
      onProgress: live.update,
      onRow: (row) => asWritable(out, () => journal.add(row)),
      signal: stop.signal,
      lanes,
    });
    asWritable(out, () => journal.settle(rows));
    return rows;
  } finally {
    process.off('SIGINT', interrupt);
    live.stop();
  }
}

async function run(args: readonly string[]): Promise<number> {
  // A driver module may print when it is loaded.
  const print = args.includes('--json') ? claimStdout() : null;
  const options = await measureOptionsOf(args);
  const { sweep, drivers, shard, out, command, json } = options;
  const journal = openJournal(options);
  const rows = await runCells(options, journal);
  const result = measureResult({
    request: sweep.request,
    drivers,
    varied: sweep.varied,
    rows,
    total: sweep.cells.length,
    here: shardOf(sweep.cells, shard).length,
    command,
  });
  writeResults(out, result, rows);
  const prose = json ? process.stderr : process.stdout;
  prose.write(`${measureText(result, styleFor(prose))}report ${join(out, 'report.html')}\n`);
  print?.(`${JSON.stringify(result)}\n`);
  return measureExit[result.verdict];
}

export const measure: Command = {
  name: 'measure',
  description:
    'Runs every combination of the given values, in virtual time or on real threads, prints a table and writes a report, the results ' +
    'as JSON Lines and the histograms. A value list is 1k,10k,100k, a range 1k..1M (two values a decade) or 1k..1M:9 (nine), of names ' +
    'also all. An interrupted sweep goes on with the same command.',
  flags: measureFlags,
  examples: [
    'hmm-lab measure --engine simulate --invalidations 1k..1M --policy all',
    'hmm-lab measure --driver all --invalidations 1k..1M --deadline 1,10,100',
    'hmm-lab measure --engine race --invalidations 100..10k --faulters 1 --disturbers 1',
    'hmm-lab measure --config sweep.json --shard 1/4 --out part1',
  ],
  run,
};
