/** Adds the reports of the actors up to the result of a race. */
import { version } from '../../package/version.ts';
import { Histogram, type HistogramData } from '../shared/histogram.ts';
import { commandOf } from './command.ts';
import type { Counters } from './counterTotals.ts';
import { evidenceOf, overlapGauge, windowHits } from './evidence.ts';
import type { ActorReport } from './job.ts';

import type { ActorLog, Evidence, LatencyRow, RaceOptions, RaceResult, RaceVerdict, RaceViolation, Shaken } from './types.ts';
import type { Vitals } from './vitals.ts';

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

function confidenceOf(trials: number, verdict: RaceVerdict, shaken: boolean, evidence: Evidence): RaceResult['confidence'] {
  const why =
    verdict === 'violation'
      ? 'the run was not clean'
      : !evidence.sufficient
        ? 'too little was seen'
        : shaken
          ? 'the interleavings were made by delays'
          : '';
  if (why !== '') return { trials, boundPerOperation: null, text: `no bound: ${why}` };
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
  readonly options: RaceOptions;
  readonly counters: Counters;
  /** Names of the actors, and what each says of itself, in the order of their numbers. */
  readonly names: readonly string[];
  readonly vitals: readonly Vitals[];
  readonly reports: readonly ActorReport[];
  readonly violations: readonly RaceViolation[];
  readonly log: readonly ActorLog[];
  readonly seconds: number;
  readonly coresUsed: number;
  /** Actors that want a core all the time. */
  readonly wanting: number;
  readonly shaken: Shaken | null;
  readonly interrupted: boolean;
}

function verdictOf(violations: readonly RaceViolation[], interrupted: boolean, { sufficient }: Evidence): RaceVerdict {
  if (violations.length > 0) return 'violation';
  if (interrupted) return 'interrupted';
  return sufficient ? 'pass' : 'invalid';
}

export function raceResult(outcome: Outcome): RaceResult {
  const { options, counters, names, vitals, reports, violations, log, seconds, coresUsed, wanting, shaken, interrupted } =
    outcome;
  const overlap = overlapGauge(vitals, seconds, coresUsed, wanting);
  const windows = windowHits(reports);
  const operations = Object.fromEntries(names.map((name, id) => [name, vitals[id]?.operations ?? 0]));
  const evidence = evidenceOf({
    operations,
    windows,
    overlap,
    shaken: shaken !== null,
    onlyCpus: options.devices + options.migrators + options.disturbers === 0,
    huge: options.huge ? counters.hugeFaults + counters.hugeMigrations + counters.hugeSplits : null,
  });
  const verdict = verdictOf(violations, interrupted, evidence);
  const isMeasured = evidence.sufficient && shaken === null;
  return {
    schema: 'hmm-lab/stress/1',
    version,
    verdict,
    seed: options.seed,
    config: options,
    seconds,
    counters,
    retry: isMeasured ? retryOf(counters, reports) : null,
    latency: isMeasured ? latencyRows(reports) : {},
    windows,
    overlap,
    shaken,
    evidence,
    violations,
    log,
    confidence: confidenceOf(counters.operations, verdict, shaken !== null, evidence),
    command: commandOf(options),
  };
}
