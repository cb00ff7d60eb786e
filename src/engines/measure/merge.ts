/** Joins the parts of a sweep. */

import { UsageError } from '../../input/usageError.ts';
import { readRows, readSweepFile, type SweepFile } from './journal.ts';
import type { Row } from './row.ts';

/** @throws UsageError with one sentence when the parts are not those of one whole sweep. */
export function mergeSweeps(directories: readonly string[]): { readonly file: SweepFile; readonly rows: readonly Row[] } {
  const rows = new Map<number, Row>();
  let file: SweepFile | null = null;
  for (const directory of directories) {
    const part = readSweepFile(directory);
    if (file !== null && part.fingerprint !== file.fingerprint)
      throw new UsageError(`'${directory}' and '${directories[0]}' are parts of different sweeps`);
    file ??= part;
    for (const [cell, row] of readRows(directory)) {
      const other = rows.get(cell);
      if (other !== undefined && JSON.stringify(other) !== JSON.stringify(row))
        throw new UsageError(`cell ${cell} of '${directory}' differs from that of another part`);
      rows.set(cell, row);
    }
  }
  if (file === null) throw new UsageError('there is nothing to merge');
  const missing = Array.from({ length: file.cells }, (_, cell) => cell).filter((cell) => !rows.has(cell));
  if (missing.length > 0)
    throw new UsageError(
      `${missing.length} of ${file.cells} cells are missing, the first is cell ${missing[0]}: a part is not finished or not given`,
    );
  return { file, rows: [...rows].sort(([a], [b]) => a - b).map(([, row]) => row) };
}
