/** What a survey of all scenarios has come to. */
import type { ExploreVerdict } from './options.ts';
import type { ExploreResult } from './result.ts';
import { BOUNDS, type Row, type SurveyRow } from './surveyRow.ts';

/** How far the scenarios came with a bound on preemptions. */
export interface Finished {
  readonly preemptions: number;
  /** Scenarios whose interleavings were all covered within so many. */
  readonly scenarios: number;
  /** Names of those that were, but for paths that were left out: too long, or an actor only went round and counted. */
  readonly leftOut: readonly string[];
  /** Names of those whose search was not finished, or not begun. */
  readonly unfinished: readonly string[];
}

export interface SurveyResult {
  /** `proved`: all of them. `bounded`: all within `bound` preemptions. `sampled`: not even that. */
  readonly verdict: ExploreVerdict;
  /** Preemptions within which every interleaving of every scenario was covered; -1 for none. */
  readonly bound: number;
  readonly scenarios: readonly SurveyRow[];
  /** Scenarios that do not fit, a sentence each. */
  readonly misfits: readonly string[];
  readonly finished: readonly Finished[];
  readonly proved: number;
  readonly vacuous: number;
  readonly schedules: number;
  readonly states: number;
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
  /** The exploration that found a failure, null when none did. */
  readonly violation: ExploreResult | null;
}

function finishedWithin(preemptions: number, rows: readonly SurveyRow[]): Finished {
  const isCovered = ({ verdict, bound }: SurveyRow): boolean => verdict === 'proved' || bound >= preemptions;
  const namesOf = (some: readonly SurveyRow[]): string[] => some.map(({ scenario }) => scenario);
  const rest = rows.filter((row) => !isCovered(row));
  return {
    preemptions,
    scenarios: rows.length - rest.length,
    leftOut: namesOf(rest.filter(({ searched }) => searched >= preemptions)),
    unfinished: namesOf(rest.filter(({ searched }) => searched < preemptions)),
  };
}

type Facts = Pick<SurveyResult, 'misfits' | 'seconds' | 'workers' | 'interrupted' | 'violation'>;

/** The result of a survey within `most` preemptions, Infinity for all interleavings. */
export function surveyResult(all: readonly Row[], most: number, facts: Facts): SurveyResult {
  const rows = all.map((row) => row.result());
  const isProved = all.every((row) => row.isProved);
  const bound = Math.min(...all.map((row) => (row.isProved && !isProved ? Number.POSITIVE_INFINITY : row.bound)));
  const vacuous = rows.filter(({ verdict }) => verdict === 'vacuous').length;
  const rest: ExploreVerdict = isProved ? 'proved' : bound >= 0 ? 'bounded' : 'sampled';
  return {
    verdict: facts.violation !== null ? 'violation' : vacuous > 0 ? 'vacuous' : rest,
    bound,
    scenarios: rows,
    finished: [...new Set([...BOUNDS, most])]
      .filter((one) => one <= most && one < Number.POSITIVE_INFINITY)
      .map((one) => finishedWithin(one, rows)),
    proved: all.filter((row) => row.isProved).length,
    vacuous,
    schedules: all.reduce((sum, row) => sum + row.schedules, 0),
    states: all.reduce((sum, row) => sum + row.states, 0),
    ...facts,
  };
}
