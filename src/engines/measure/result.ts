/** The result of a sweep: rows in the order of the cells, and what one must know to believe them. */
import { cpus } from 'node:os';
import type { Part } from '../../input/shard.ts';
import { UsageError } from '../../input/usageError.ts';
import { version } from '../../package/version.ts';
import type { MeasureEngine } from '../cell/cellTypes.ts';
import { answerOf } from './answer.ts';
import type { SweepRequest } from './cells.ts';
import type { PlainRow, Row } from './row.ts';

export type MeasureVerdict = 'ok' | 'invalid' | 'violation' | 'interrupted';

/** What the numbers may depend on beside the configuration. Of a simulation only the program: it has no noise. */
export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu?: string;
  readonly cores?: number;
}

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
  /** Which part of the cells it is; null for all of them. */
  readonly part: Pick<Part, 'shard'> | null;
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
  readonly part?: MeasureResult['part'];
}

function verdictOf(rows: readonly PlainRow[], here: number): MeasureVerdict {
  if (rows.some(({ verdict }) => verdict === 'violation')) return 'violation';
  if (rows.length < here) return 'interrupted';
  return rows.some(({ verdict }) => verdict === 'invalid') ? 'invalid' : 'ok';
}

export function measureResult({ request, drivers, varied, rows, total, here, command, part = null }: ResultParts): MeasureResult {
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
    part,
  };
}

/** What the parts have come to together: what they would have come to in one process. @throws UsageError when cells are missing. */
export function joinedResults(results: readonly [MeasureResult, ...MeasureResult[]]): MeasureResult {
  const [first] = results;
  const { total } = first.cells;
  const rows = results.flatMap((result) => result.rows).sort((a, b) => a.cell - b.cell);
  if (rows.length < total) throw new UsageError(`${total - rows.length} of ${total} cells are missing: a part is not finished`);
  const answer = answerOf(rows, first.varied);
  return { ...first, verdict: verdictOf(rows, total), cells: { total, here: total, done: total }, answer, rows, part: null };
}
