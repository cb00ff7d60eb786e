/** `mergeReports()`: what the parts of a long job have found becomes the report of the whole. */
import { readFileSync } from 'node:fs';
import type { MeasureResult } from '../engines/measure/result.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import type { Part } from '../input/shard.ts';
import { UsageError } from '../input/usageError.ts';
import { version } from '../package/version.ts';
import { type ConformanceReport, joinedConformance } from './conformance.ts';
import type { FuzzReport } from './fuzz.ts';
import { type HuntReport, huntVerdict } from './hunt.ts';
import type { MatrixReport } from './matrix.ts';
import type { ProveReport } from './prove.ts';

/** What `--json` prints of a command that takes `--shard`. Of a sweep there is more in its directories, which {@link merge} joins. */
export type MergedReport = ProveReport | MatrixReport | HuntReport | ConformanceReport | FuzzReport | MeasureResult;

export interface MergeReportsRequest {
  /** The reports of all parts of one job, or the paths of files that hold them, as `--json` prints them. */
  readonly parts: readonly (string | MergedReport)[];
}

/** What all these reports have, as far as merging looks at it. */
interface AnyReport {
  readonly schema: string;
  readonly version: string;
  readonly interrupted?: boolean;
  readonly verdict: string;
  readonly part: Pick<Part, 'shard'> | null;
  /** What was not begun, or how much. */
  readonly left?: readonly unknown[] | number;
  readonly config?: object;
  readonly options?: object;
}

const joins: Readonly<Record<MergedReport['schema'], (reports: readonly never[]) => Promise<MergedReport>>> = {
  'hmm-lab/prove/1': async (reports: readonly ProveReport[]) => {
    const { joinedProofs } = await import('../engines/explore/plan/proofResult.ts');
    return { ...(reports[0] as ProveReport), ...joinedProofs(reports) };
  },
  'hmm-lab/matrix/1': async (reports: readonly MatrixReport[]) => {
    const { joinedMatrices } = await import('../engines/matrix/matrixResult.ts');
    return { ...(reports[0] as MatrixReport), ...joinedMatrices(reports) };
  },
  'hmm-lab/hunt/1': async (reports: readonly HuntReport[]) => {
    const { joinedHunts } = await import('../engines/hunt/huntResult.ts');
    const joined = joinedHunts(reports);
    return { ...(reports[0] as HuntReport), ...joined, verdict: huntVerdict(joined) };
  },
  'hmm-lab/fuzz/1': async (reports: readonly FuzzReport[]) => {
    const { joinedFuzz } = await import('../engines/matrix/fuzzResult.ts');
    return { ...(reports[0] as FuzzReport), ...joinedFuzz(reports) };
  },
  'hmm-lab/measure/1': async (reports: readonly MeasureResult[]) => {
    const { joinedResults } = await import('../engines/measure/result.ts');
    return joinedResults(reports as readonly [MeasureResult, ...MeasureResult[]]);
  },
  'hmm-lab/conformance/1': async (reports: readonly ConformanceReport[]) => joinedConformance(reports),
};

const commands = Object.keys(joins).map((schema) => schema.split('/')[1]);

interface Named {
  readonly name: string;
  readonly report: AnyReport;
}

function read(part: string | object, at: number): Named {
  if (typeof part !== 'string') return { name: `part ${at + 1} of the list`, report: part as AnyReport };
  try {
    return { name: `'${part}'`, report: JSON.parse(readFileSync(part, 'utf8')) as AnyReport };
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is no JSON object' : ((error as NodeJS.ErrnoException).code ?? String(error));
    throw new UsageError(`'${part}' cannot be read: ${why}, allowed is a file with what --json has printed`, { cause: error });
  }
}

function checkReport({ name, report }: Named): void {
  if (!Object.hasOwn(joins, report?.schema ?? ''))
    throw new UsageError(`${name} cannot be merged, allowed are the reports of ${commands.join(', ')}`);
  if (report.version !== version)
    throw new UsageError(`${name} is of hmm-lab ${report.version}, and this is ${version}, which merges its own`);
  if (report.part === null) throw new UsageError(`${name} is of the whole, allowed are parts, made with --shard`);
  if (
    report.interrupted ||
    report.verdict === 'interrupted' ||
    (typeof report.left === 'number' ? report.left : (report.left ?? []).length) > 0
  )
    throw new UsageError(`${name}, part ${report.part.shard.join('/')}, is not finished: it was interrupted`);
}

/** What was asked for; how many threads did it makes no difference to what comes out. */
const askedOf = ({ config, options }: AnyReport): string => JSON.stringify({ ...config, ...options, workers: undefined });

const shardOf = ({ report }: Named): readonly [number, number] => report.part?.shard ?? [1, 1];

/** Are they the parts of one job, and all of them? In their order. */
function checkTogether(all: readonly Named[]): Named[] {
  const [first] = all as [Named];
  const [, n] = shardOf(first);
  const found = new Map<number, Named>();
  for (const one of all) {
    const [i, others] = shardOf(one);
    if (one.report.schema !== first.report.schema || others !== n || askedOf(one.report) !== askedOf(first.report))
      throw new UsageError(`${one.name} and ${first.name} are parts of different jobs`);
    const other = found.get(i);
    if (other !== undefined) throw new UsageError(`${one.name} and ${other.name} are both part ${i}/${n}`);
    found.set(i, one);
  }
  for (let i = 1; i <= n; i++) if (!found.has(i)) throw new UsageError(`part ${i}/${n} is missing`);
  return [...found].sort(([a], [b]) => a - b).map(([, one]) => one);
}

/**
 * Joins the reports of all parts of one `prove`, `matrix`, `hunt`, `fuzz`, `measure` or `conformance` to the report that the whole would have had, with the times
 * of all parts together. It takes no time to speak of, and no hooks.
 *
 * @throws UsageError, one sentence, for what is no such report or of another version, and for parts that are of different jobs, missing,
 * given twice or not finished.
 */
export async function mergeReports(request: MergeReportsRequest): Promise<MergedReport> {
  const given = givenOptions('a merge', request);
  checkOptions('a merge', given, { numbers: {}, others: { parts: 'list with at least one entry' } });
  if (given.parts === undefined) throw new UsageError('a merge needs the reports of the parts');
  const all = given.parts.map(read);
  for (const one of all) checkReport(one);
  const reports = checkTogether(all).map(({ report }) => report);
  return joins[(reports[0] as AnyReport).schema as MergedReport['schema']](reports as unknown as never[]);
}
