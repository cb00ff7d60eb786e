/** From the repetitions of a cell to its row in the result. */

import type { CellConfig, Repetition, StoredHistogram } from '../cell/cellTypes.ts';
import { restored, stored } from '../cell/repetitionCounts.ts';
import type { AxisValue } from './axes.ts';
import { type Part, type Spread, spreadOf, twoHalves } from './statistics.ts';

export type CellVerdict = 'ok' | 'invalid' | 'violation';

export interface TimeRow {
  readonly count: number;
  readonly meanNs: number;
  readonly p50Ns: number;
  readonly p99Ns: number;
  readonly p999Ns: number;
  readonly maxNs: number;
  readonly spread: Spread | null;
}

export interface ShareRow {
  readonly count: number;
  readonly share: number;
  readonly spread: Spread | null;
}

export interface PagingRow {
  /** Pages that moved, to the device or home to make room, for each page used. */
  readonly movedPerUsed: number;
  readonly movedSpread: Spread | null;
  /** Blocks evicted for each device fault. */
  readonly evictionsPerFault: number;
  readonly evictionsSpread: Spread | null;
  /** Share of the pages used that were used in system memory, and share of the faults that were held back. */
  readonly remote: number;
  readonly naps: number;
}

/** A row of the result: docs/measure.md has the schema. Where the cell is not valid there is no number. */
export interface Row {
  readonly cell: number;
  readonly axes: Readonly<Record<string, AxisValue | null>>;
  readonly verdict: CellVerdict;
  /** Why it is not `ok`. */
  readonly why: string | null;
  /** Device faults that ended, over all repetitions. */
  readonly n: number;
  readonly repetitions: number;
  readonly unfinished: number;
  readonly failed: number;
  /** Device faults a request made; 1 unless --access copy finds holes again. Null: no request ended. */
  readonly rounds: number | null;
  /** Passes a window took until it was stable. */
  readonly attempts: {
    readonly mean: number;
    readonly p50: number;
    readonly p99: number;
    readonly max: number;
    readonly spread: Spread | null;
    /** All passes, also of windows that never became stable, for each stable one: what stability costs. Null: none was stable. */
    readonly perStable: number | null;
    readonly perStableSpread: Spread | null;
  } | null;
  readonly timeToStable: TimeRow | null;
  /** Device faults from their begin, and from when they were due. */
  readonly latency: { readonly raw: TimeRow; readonly corrected: TimeRow } | null;
  readonly timeouts: ShareRow | null;
  /** Time of device faults spent in passes that were thrown away. */
  readonly wasted: ShareRow | null;
  readonly invalidations: { readonly asked: number; readonly done: number } | null;
  /** With --access migrate: what it costs that the device has its own memory. */
  readonly paging: PagingRow | null;
  readonly aa: { readonly ratio: number; readonly consistent: boolean } | null;
  readonly overlap: number | null;
  readonly coresUsed: number | null;
  /** Seconds measured, virtual or real. */
  readonly seconds: number;
  readonly steps: number;
  readonly histograms: {
    readonly attempts: StoredHistogram;
    readonly timeToStable: StoredHistogram;
    readonly raw: StoredHistogram;
    readonly corrected: StoredHistogram;
  } | null;
}

/** A row without its histograms, as `--json` prints it. */
export type PlainRow = Omit<Row, 'histograms'>;

/** Halves of a cell may differ by so much without a word. */
const AA_TOLERANCE = 0.3;

const sum = (repetitions: readonly Repetition[], of: (repetition: Repetition) => number): number =>
  repetitions.reduce((total, repetition) => total + of(repetition), 0);

const means = (histograms: readonly StoredHistogram[]): number[] =>
  histograms.filter(({ count }) => count > 0).map(({ sum: total, count }) => total / count);

function timeRow(parts: readonly StoredHistogram[]): TimeRow {
  const all = restored(parts);
  return { count: all.count, meanNs: all.mean, ...all.quantiles(), spread: spreadOf(partsOf(parts)) };
}

const partsOf = (histograms: readonly StoredHistogram[]): Part[] => histograms.map(({ sum: total, count }) => ({ total, count }));

type Amount = (repetition: Repetition) => number;

const ratios = (repetitions: readonly Repetition[], part: Amount, whole: Amount): Part[] =>
  repetitions.map((r) => ({ total: part(r), count: whole(r) }));

function pagingRow(repetitions: readonly Repetition[]): PagingRow {
  const moved = (r: Repetition): number => r.arrived + r.evicted;
  const used = (r: Repetition): number => r.usedPages;
  const faults = (r: Repetition): number => r.rounds;
  const evictions = (r: Repetition): number => r.evictions;
  const share = (part: (r: Repetition) => number, whole: (r: Repetition) => number): number =>
    sum(repetitions, whole) === 0 ? 0 : sum(repetitions, part) / sum(repetitions, whole);
  return {
    movedPerUsed: share(moved, used),
    movedSpread: spreadOf(ratios(repetitions, moved, used)),
    evictionsPerFault: share(evictions, faults),
    evictionsSpread: spreadOf(ratios(repetitions, evictions, faults)),
    remote: share((r) => r.remote, used),
    naps: share((r) => r.naps, faults),
  };
}

const ended = ({ done, timedOut, failed }: Repetition): number => done + timedOut + failed;

/** What every row has, whatever it is worth. */
function base(index: number, axes: Row['axes'], repetitions: readonly Repetition[]) {
  return {
    cell: index,
    axes,
    n: sum(repetitions, ended),
    repetitions: repetitions.length,
    unfinished: sum(repetitions, (r) => r.unfinished),
    failed: sum(repetitions, (r) => r.failed),
    seconds: sum(repetitions, (r) => r.ns) / 1e9,
    steps: sum(repetitions, (r) => r.steps),
    overlap: least(repetitions.map((r) => r.overlap)),
    coresUsed: least(repetitions.map((r) => r.coresUsed)),
  };
}

function least(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.min(...known);
}

const nothing = {
  rounds: null,
  attempts: null,
  timeToStable: null,
  latency: null,
  timeouts: null,
  wasted: null,
  invalidations: null,
  paging: null,
  aa: null,
  histograms: null,
} as const;

/** The row of a cell. `invalid` is the engine's reason to refuse it, null when there is none. */
export function rowOf(
  index: number,
  axes: Row['axes'],
  cell: CellConfig,
  repetitions: readonly Repetition[],
  invalid: string | null,
): Row {
  const head = base(index, axes, repetitions);
  const violation = repetitions.find((r) => r.violation !== null)?.violation;
  if (violation !== undefined && violation !== null) {
    return {
      ...head,
      ...nothing,
      verdict: 'violation',
      why: `${violation.rule}, seen by ${violation.actor}: ${violation.message}`,
    };
  }
  const aa = twoHalves(means(repetitions.map((r) => r.timeToStable)), AA_TOLERANCE);
  const refused =
    invalid ?? (aa.consistent || cell.engine === 'simulate' ? null : `A/A check: its halves differ ${aa.ratio.toFixed(2)}-fold`);
  if (refused !== null) return { ...head, ...nothing, verdict: 'invalid', why: refused };
  const of = (name: 'attempts' | 'timeToStable' | 'raw' | 'corrected'): StoredHistogram[] => repetitions.map((r) => r[name]);
  const attempts = restored(of('attempts'));
  const stable = sum(repetitions, (r) => r.stable);
  const passes = sum(repetitions, (r) => r.passes);
  const timedOut = sum(repetitions, (r) => r.timedOut);
  const lostNs = sum(repetitions, (r) => r.lostNs);
  const faultNs = sum(repetitions, (r) => r.faultNs);
  return {
    ...head,
    verdict: 'ok',
    why: null,
    rounds: head.n === 0 ? null : sum(repetitions, (r) => r.rounds) / head.n,
    attempts: {
      mean: attempts.mean,
      p50: attempts.quantile(0.5),
      p99: attempts.quantile(0.99),
      max: attempts.max,
      spread: spreadOf(partsOf(of('attempts'))),
      perStable: stable === 0 ? null : passes / stable,
      perStableSpread: spreadOf(
        ratios(
          repetitions,
          (r) => r.passes,
          (r) => r.stable,
        ),
      ),
    },
    timeToStable: timeRow(of('timeToStable')),
    latency: { raw: timeRow(of('raw')), corrected: timeRow(of('corrected')) },
    timeouts: {
      count: timedOut,
      share: head.n === 0 ? 0 : timedOut / head.n,
      spread: spreadOf(
        ratios(repetitions, (r) => r.timedOut, ended),
        1,
      ),
    },
    wasted: {
      count: sum(repetitions, (r) => r.lost),
      share: faultNs === 0 ? 0 : lostNs / faultNs,
      spread: spreadOf(
        ratios(
          repetitions,
          (r) => r.lostNs,
          (r) => r.faultNs,
        ),
        1,
      ),
    },
    invalidations: {
      asked: cell.invalidations,
      done: head.seconds === 0 ? 0 : sum(repetitions, (r) => r.invalidations) / head.seconds,
    },
    paging: cell.access === 'migrate' ? pagingRow(repetitions) : null,
    aa,
    histograms: {
      attempts: stored(attempts),
      timeToStable: stored(restored(of('timeToStable'))),
      raw: stored(restored(of('raw'))),
      corrected: stored(restored(of('corrected'))),
    },
  };
}
