/** What a sweep leaves in its directory: results.jsonl, report.html, and the histograms. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { restored } from '../engines/cell/repetitionCounts.ts';
import { hgrm } from '../engines/measure/hgrm.ts';
import { writeWhole } from '../engines/measure/journal.ts';
import type { MeasureResult } from '../engines/measure/result.ts';
import type { Row } from '../engines/measure/row.ts';
import { UsageError } from '../input/usageError.ts';
import { measureHtml } from '../report/measureHtml.ts';

/** Nanoseconds are written as microseconds; passes as they are. */
const units = { attempts: 1, timeToStable: 1000, raw: 1000, corrected: 1000 } as const;

function writeHistograms(directory: string, rows: readonly Row[]): void {
  mkdirSync(directory, { recursive: true });
  for (const { cell, histograms } of rows) {
    if (histograms === null) continue;
    for (const name of ['attempts', 'timeToStable', 'raw', 'corrected'] as const) {
      const file = `${String(cell).padStart(4, '0')}-${name}.hgrm`;
      writeFileSync(join(directory, file), hgrm(restored([histograms[name]]), units[name]));
    }
  }
}

/** One line for the sweep, then one for each row: docs/measure.md has the schema. */
function jsonLines({ rows, ...sweep }: MeasureResult): string {
  return `${[{ kind: 'sweep', ...sweep }, ...rows.map((row) => ({ kind: 'row', ...row }))].map((line) => JSON.stringify(line)).join('\n')}\n`;
}

/** Writes everything. @throws UsageError when the directory cannot be written. */
export function writeResults(directory: string, result: MeasureResult, rows: readonly Row[]): void {
  asWritable(directory, () => {
    writeWhole(join(directory, 'results.jsonl'), jsonLines(result));
    writeWhole(join(directory, 'report.html'), measureHtml(result, rows));
    writeHistograms(join(directory, 'hgrm'), rows);
  });
}

/** Runs a step of the file system; what the system refuses is the user's to mend. */
export function asWritable<T>(directory: string, step: () => T): T {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    throw new UsageError(`the directory '${directory}' cannot be written (${error.code}), allowed is one that can`, {
      cause: error,
    });
  }
}
