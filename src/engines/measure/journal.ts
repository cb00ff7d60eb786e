/**
 * A sweep on disk: `sweep.json` says what it is, `cells.jsonl` has a line for each finished cell. A line is written at once and
 * is complete when it ends with a line break; a torn one, left by a kill, is cut off. So a sweep can be interrupted at any
 * moment and taken up again.
 */
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../input/usageError.ts';
import { version } from '../../package/version.ts';
import type { Sweep, SweepRequest } from './cells.ts';
import type { Row } from './row.ts';

/** `sweep.json`. */
export interface SweepFile {
  readonly schema: 'hmm-lab/sweep/1';
  readonly version: string;
  readonly fingerprint: string;
  readonly cells: number;
  /** Axes with more than one value. */
  readonly varied: readonly string[];
  readonly shard: readonly [number, number];
  readonly request: SweepRequest;
  /** Driver specs as given. */
  readonly drivers: readonly string[];
  readonly command: string;
}

const SWEEP = 'sweep.json';
const CELLS = 'cells.jsonl';

/** Replaces a file in one step. */
export function writeWhole(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(temporary, text);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** @throws UsageError when the directory holds no sweep, or one of another version. */
export function readSweepFile(directory: string): SweepFile {
  let file: SweepFile;
  try {
    file = JSON.parse(readFileSync(join(directory, SWEEP), 'utf8')) as SweepFile;
  } catch (error) {
    throw new UsageError(`'${directory}' holds no sweep: its ${SWEEP} is missing or not readable`, { cause: error });
  }
  if (file.schema !== 'hmm-lab/sweep/1')
    throw new UsageError(`'${directory}' holds no sweep: ${SWEEP} has schema '${file.schema}'`);
  return file;
}

/** The rows of complete lines. `repair` cuts a torn line off. @throws UsageError for a line that is no row. */
export function readRows(directory: string, repair = false): Map<number, Row> {
  const path = join(directory, CELLS);
  const rows = new Map<number, Row>();
  if (!existsSync(path)) return rows;
  const text = readFileSync(path, 'utf8');
  const whole = text.slice(0, text.lastIndexOf('\n') + 1);
  if (repair && whole.length < text.length) truncateSync(path, Buffer.byteLength(whole));
  for (const [i, line] of whole.split('\n').entries()) {
    if (line === '') continue;
    try {
      const row = JSON.parse(line) as Row;
      rows.set(row.cell, row);
    } catch (error) {
      throw new UsageError(`'${path}' is damaged: line ${i + 1} is no JSON`, { cause: error });
    }
  }
  return rows;
}

export class Journal {
  readonly directory: string;
  /** Rows found in the directory. */
  readonly found: ReadonlyMap<number, Row>;

  /**
   * Opens a directory for a sweep, a new one or one to be taken up again.
   *
   * @throws UsageError when it holds another sweep; the error of the file system when it cannot be written.
   */
  constructor(directory: string, sweep: Sweep, shard: readonly [number, number], drivers: readonly string[], command: string) {
    this.directory = directory;
    const path = join(directory, SWEEP);
    // Not recursive: Node never comes back from that where even the root of the path takes no directories (/proc).
    if (!existsSync(directory)) mkdirSync(directory);
    if (existsSync(path)) {
      const { fingerprint, shard: other, version: made } = readSweepFile(directory);
      if (fingerprint !== sweep.fingerprint || String(other) !== String(shard)) {
        const what = made === version ? 'another sweep' : `a sweep of hmm-lab ${made}`;
        throw new UsageError(`the directory '${directory}' holds ${what}, allowed is a new directory or one of the same sweep`);
      }
      this.found = readRows(directory, true);
      return;
    }
    const file: SweepFile = {
      schema: 'hmm-lab/sweep/1',
      version,
      fingerprint: sweep.fingerprint,
      cells: sweep.cells.length,
      varied: sweep.varied,
      shard,
      request: sweep.request,
      drivers,
      command,
    };
    writeWhole(path, `${JSON.stringify(file, null, 2)}\n`);
    this.found = new Map();
  }

  add(row: Row): void {
    appendFileSync(join(this.directory, CELLS), `${JSON.stringify(row)}\n`);
  }

  /** Puts the rows in order: they came as their cells were done. */
  settle(rows: readonly Row[]): void {
    writeWhole(join(this.directory, CELLS), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  }
}
