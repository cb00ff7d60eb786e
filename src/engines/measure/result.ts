/** The result of a sweep: rows in the order of the cells, and what one must know to believe them. */
import { cpus } from 'node:os';
import { version } from '../../package/version.ts';
import type { MeasureEngine } from '../cell/cellTypes.ts';
import { answerOf } from './answer.ts';
import type { SweepRequest } from './cells.ts';
import type { Row } from './row.ts';

export type MeasureVerdict = 'ok' | 'invalid' | 'violation' | 'interrupted';

/** What the numbers may depend on beside the configuration. Of a simulation only the program: it has no noise. */
export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu?: string;
  readonly cores?: number;
}

/** A row without its histograms, as `--json` prints it. */
export type PlainRow = Omit<Row, 'histograms'>;

export interface MeasureResult {
  readonly schema: 'hmm-lab/measure/1';
  readonly version: string;
  readonly verdict: MeasureVerdict;
  readonly engine: MeasureEngine;
  readonly seed: number;
  readonly config: SweepRequest & { readonly drivers: readonly string[] };
  /** Names of the axes with more than one value. */
  readonly varied: readonly string[];
  readonly environment: Environment;
  /** Cells of the whole sweep, and of this run: fewer with `--shard`. */
  readonly cells: { readonly total: number; readonly here: number; readonly done: number };
  readonly answer: readonly [string, string];
  readonly rows: readonly PlainRow[];
  readonly command: string;
}

export function environmentOf(engine: MeasureEngine): Environment {
  const own = { node: process.version, platform: `${process.platform} ${process.arch}` };
  if (engine === 'simulate') return own;
  const all = cpus();
  return { ...own, cpu: all[0]?.model ?? 'unknown', cores: all.length };
}

export interface ResultParts {
  readonly request: SweepRequest;
  readonly drivers: readonly string[];
  readonly varied: readonly string[];
  readonly rows: readonly Row[];
  readonly total: number;
  readonly here: number;
  readonly command: string;
}

function verdictOf(rows: readonly Row[], here: number): MeasureVerdict {
  if (rows.some(({ verdict }) => verdict === 'violation')) return 'violation';
  if (rows.length < here) return 'interrupted';
  return rows.some(({ verdict }) => verdict === 'invalid') ? 'invalid' : 'ok';
}

export function measureResult({ request, drivers, varied, rows, total, here, command }: ResultParts): MeasureResult {
  return {
    schema: 'hmm-lab/measure/1',
    version,
    verdict: verdictOf(rows, here),
    engine: request.engine,
    seed: request.seed,
    config: { ...request, drivers },
    varied,
    environment: environmentOf(request.engine),
    cells: { total, here, done: rows.length },
    answer: answerOf(rows, varied),
    rows: rows.map(({ histograms: _, ...row }) => row),
    command,
  };
}
