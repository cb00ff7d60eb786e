/** Adds the reports of the actors up to the result of a race. */
import type { Arena } from '../../arena/arena.ts';
import { points } from '../../steps/points.ts';
import { version } from '../../version.ts';
import { Histogram, type HistogramData } from '../histogram.ts';
import { commandOf } from './command.ts';
import type { ActorReport } from './job.ts';
import { type Counters, sumCounters } from './observer.ts';
import type { ActorLog, LatencyRow, OverlapGauge, RaceOptions, RaceResult, RaceViolation, Verdict } from './types.ts';

/** Below this the actors did not really run at the same time, and a clean run says nothing. */
const REQUIRED_OVERLAP = 0.25;
/** With so many cores in use actors did run at the same time, whatever kept them from disturbing each other. */
const ENOUGH_CORES = 1.5;

const mergeAll = (all: readonly HistogramData[]): Histogram => {
  const merged = new Histogram();
  for (const data of all) merged.merge(data);
  return merged;
};

const row = (histogram: Histogram): LatencyRow => ({ count: histogram.count, ...histogram.quantiles() });

function latencyRows(reports: readonly ActorReport[]): Record<string, LatencyRow> {
  const names = [...new Set(reports.flatMap(({ latency }) => Object.keys(latency)))];
  return Object.fromEntries(
    names.map((name) => [
      name,
      row(mergeAll(reports.flatMap(({ latency }) => (latency[name] === undefined ? [] : [latency[name]])))),
    ]),
  );
}

/**
 * How much the actors really overlapped: operations disturbed by somebody else's invalidation, over the number that
 * independent actors would give. An operation of length d meets at least one of Poisson events at rate l with probability
 * 1 - e^(-l d). When threads take turns instead of running together the gauge falls towards zero.
 */
export function overlapGauge(
  reports: readonly Pick<ActorReport, 'events' | 'overlapped' | 'busy'>[],
  seconds: number,
  coresUsed: number,
): OverlapGauge {
  const events = reports.reduce((sum, report) => sum + report.events, 0);
  let observed = 0;
  let expected = 0;
  for (const report of reports) {
    const perNs = (events - report.events) / (seconds * 1e9);
    observed += report.overlapped;
    expected += mergeAll([report.busy]).total((ns) => 1 - Math.exp(-perNs * ns));
  }
  const gauge = expected === 0 ? 0 : observed / expected;
  const together = gauge >= REQUIRED_OVERLAP || coresUsed >= ENOUGH_CORES;
  return { gauge, observed, expected, coresUsed, required: REQUIRED_OVERLAP, valid: together || reports.length < 2 };
}

function windowHits(reports: readonly ActorReport[]): RaceResult['windows'] {
  const hits = points.map((point, id) => [point.name, reports.reduce((sum, report) => sum + (report.hits[id] ?? 0), 0)] as const);
  return { total: points.length, hit: hits.filter(([, count]) => count > 0).length, hits: Object.fromEntries(hits) };
}

function confidenceOf(trials: number, verdict: Verdict): RaceResult['confidence'] {
  const why = {
    violation: 'the run was not clean',
    invalid: 'the actors hardly ran at the same time',
    pass: '',
    interrupted: '',
  };
  if (why[verdict] !== '' || trials === 0)
    return { trials, boundPerOperation: null, text: `no bound: ${why[verdict] || 'nothing was done'}` };
  const bound = 3 / trials;
  return {
    trials,
    boundPerOperation: bound,
    text: `0 in ${trials}: fewer than ${bound.toExponential(1)} violations per operation at 95 %`,
  };
}

function retryOf(
  { rangeFaultPasses: passes, readRetries, rangeBusy }: Counters,
  reports: readonly ActorReport[],
): RaceResult['retry'] {
  const attempts = mergeAll(reports.map((report) => report.attempts));
  return {
    attemptsPerFault: { mean: attempts.mean, p50: attempts.quantile(0.5), p99: attempts.quantile(0.99), max: attempts.max },
    rate: passes === 0 ? 0 : (readRetries + rangeBusy) / passes,
    timeToStable: row(mergeAll(reports.map((report) => report.timeToStable))),
  };
}

export interface Outcome {
  readonly arena: Arena;
  readonly options: RaceOptions;
  readonly reports: readonly ActorReport[];
  readonly violations: readonly RaceViolation[];
  readonly log: readonly ActorLog[];
  readonly seconds: number;
  readonly coresUsed: number;
  readonly interrupted: boolean;
}

export function raceResult({ arena, options, reports, violations, log, seconds, coresUsed, interrupted }: Outcome): RaceResult {
  const counters = sumCounters(arena);
  const overlap = overlapGauge(reports, seconds, coresUsed);
  let verdict: Verdict = violations.length > 0 ? 'violation' : 'pass';
  if (verdict === 'pass' && interrupted) verdict = 'interrupted';
  else if (verdict === 'pass' && !overlap.valid) verdict = 'invalid';
  return {
    schema: 'hmm-lab/stress/1',
    version,
    verdict,
    seed: options.seed,
    config: options,
    seconds,
    counters,
    retry: verdict === 'invalid' ? null : retryOf(counters, reports),
    latency: verdict === 'invalid' ? {} : latencyRows(reports),
    windows: windowHits(reports),
    overlap,
    violations,
    log,
    confidence: confidenceOf(counters.operations, verdict),
    command: commandOf(options),
  };
}
