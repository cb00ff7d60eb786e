/**
 * What a verdict rests on. A race that broke no rule says something only if enough was done, by everybody, and if actors stood in
 * race windows while others changed something: because they ran on cores of their own, or because they were shaken (shaking.ts).
 */
import { points } from '../../steps/points.ts';
import { Histogram, type HistogramData } from '../shared/histogram.ts';
import type { Evidence, OverlapGauge, RaceResult } from './types.ts';

/** Below this the actors did not really run at the same time. */
const REQUIRED_OVERLAP = 0.25;
/** With so many cores in use actors did run at the same time, whatever kept them from disturbing each other. */
const ENOUGH_CORES = 1.5;
/** With less than that, actors of which two always want a core took turns on one, however often they were interrupted in a window. */
const TAKING_TURNS = 1;
/** With fewer operations not even a violation in three hundred of them would be noticed (3 / 1000 at 95 %). */
const REQUIRED_OPERATIONS = 1000;
/** Different windows that were hit, and hits in all. A race of a second on two cores has ten times as many. */
const REQUIRED_WINDOWS = 10;
const REQUIRED_HITS = 100;
/** Times that a huge page came by a fault, moved as a whole or was split, where there are any. */
const REQUIRED_HUGE = 100;

/** What one actor says of itself (vitals.ts). */
export interface ActorShare {
  /** Invalidations it began and ended. */
  readonly events: number;
  readonly overlapped: number;
  readonly busy: Pick<HistogramData, 'counts'>;
}

/**
 * How much the actors really overlapped: operations disturbed by somebody else's invalidation, over the number that
 * independent actors would give. An operation of length d meets at least one of Poisson events at rate l with probability
 * 1 - e^(-l d). When threads take turns instead of running together the gauge falls towards zero. `wanting` actors want a core all
 * the time.
 */
export function overlapGauge(shares: readonly ActorShare[], seconds: number, coresUsed: number, wanting = 0): OverlapGauge {
  const events = shares.reduce((sum, share) => sum + share.events, 0);
  let observed = 0;
  let expected = 0;
  for (const share of shares) {
    const perNs = (events - share.events) / (seconds * 1e9);
    observed += share.overlapped;
    expected += new Histogram(share.busy.counts).total((ns) => 1 - Math.exp(-perNs * ns));
  }
  const gauge = expected === 0 ? 0 : observed / expected;
  const tookTurns = wanting >= 2 && coresUsed < TAKING_TURNS;
  const together = (gauge >= REQUIRED_OVERLAP && !tookTurns) || coresUsed >= ENOUGH_CORES;
  return { gauge, observed, expected, coresUsed, required: REQUIRED_OVERLAP, valid: together || shares.length < 2 };
}

/** By point: how often an actor stood there while another one changed something. */
export function windowHits(reports: readonly { readonly hits: readonly number[] }[]): RaceResult['windows'] {
  const hits = points.map((point, id) => [point.name, reports.reduce((sum, report) => sum + (report.hits[id] ?? 0), 0)] as const);
  return { total: points.length, hit: hits.filter(([, count]) => count > 0).length, hits: Object.fromEntries(hits) };
}

const was = (count: number, what: string): string => (count === 1 ? `1 ${what} was` : `${count} ${what}s were`);

export interface Grounds {
  /** Finished by each actor, by its name. */
  readonly operations: Readonly<Record<string, number>>;
  readonly windows: RaceResult['windows'];
  readonly overlap: OverlapGauge;
  /** Actors were shaken. */
  readonly shaken: boolean;
  /** Nobody is there who invalidates anything: CPU threads alone meet in page faults, which no window tells. */
  readonly onlyCpus: boolean;
  /** How often something happened to a huge page as such; null where there are none. */
  readonly huge: number | null;
}

/** Whether a race without a violation may be called clean; if not, why. */
export function evidenceOf({ operations, windows, overlap, shaken, onlyCpus, huge }: Grounds): Evidence {
  const counts = Object.values(operations);
  const done = counts.reduce((sum, count) => sum + count, 0);
  const hits = Object.values(windows.hits).reduce((sum, count) => sum + count, 0);
  const idle = Object.keys(operations).filter((name) => operations[name] === 0);
  const needsWindows = counts.length > 1 && !onlyCpus;
  const reasons = [
    done < REQUIRED_OPERATIONS ? `${was(done, 'operation')} done, at least ${REQUIRED_OPERATIONS} are needed` : '',
    idle.length > 0 ? `${idle.join(', ')} ended no operation` : '',
    !overlap.valid && !(shaken && needsWindows)
      ? `the actors hardly ran at the same time: the overlap gauge is ${overlap.gauge.toFixed(3)}, at least ${overlap.required} is needed, and ${overlap.coresUsed.toFixed(1)} cores were used, at least ${TAKING_TURNS} is needed`
      : '',
    needsWindows && windows.hit < REQUIRED_WINDOWS
      ? `${was(windows.hit, 'window')} hit by somebody else's invalidation, at least ${REQUIRED_WINDOWS} are needed`
      : '',
    needsWindows && windows.hit >= REQUIRED_WINDOWS && hits < REQUIRED_HITS
      ? `windows were hit ${hits} times, at least ${REQUIRED_HITS} are needed`
      : '',
    needsWindows && huge !== null && huge < REQUIRED_HUGE
      ? `huge pages came by a fault, moved or were split ${huge} times, at least ${REQUIRED_HUGE} are needed`
      : '',
  ].filter((reason) => reason !== '');
  return {
    sufficient: reasons.length === 0,
    why: reasons.length === 0 ? null : reasons.join('; '),
    operations: { seen: done, required: REQUIRED_OPERATIONS },
    windows: { seen: windows.hit, required: needsWindows ? REQUIRED_WINDOWS : 0 },
    hits: { seen: hits, required: needsWindows ? REQUIRED_HITS : 0 },
  };
}
