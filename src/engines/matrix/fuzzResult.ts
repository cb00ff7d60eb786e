/** What fuzzing has come to, and how far it has. */
import type { ExploreFailure } from '../explore/failure/report.ts';

/** A program that breaks a rule. */
export interface FuzzFind {
  /** Of the program that was drawn. */
  readonly number: number;
  readonly program: string;
  /** As small as it could be made so that it breaks the same rule. */
  readonly smallest: string;
  readonly failure: Pick<ExploreFailure, 'oracle' | 'message' | 'preemptions' | 'token' | 'program'>;
  /** Others that came to the same smallest program. */
  readonly times: number;
}

export interface FuzzResult {
  readonly verdict: 'violation' | 'clean';
  readonly finds: readonly FuzzFind[];
  /** Programs that were looked at; those that were proved, and those that cannot be set up. */
  readonly programs: number;
  readonly proved: number;
  readonly misfits: number;
  readonly states: number;
  /** Pairs of points that actors have stood at, at the same time. */
  readonly pairs: number;
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
}

export interface FuzzProgress {
  readonly elapsedSeconds: number;
  readonly done: number;
  readonly total: number;
  readonly proved: number;
  readonly finds: number;
  readonly pairs: number;
  readonly doing: string;
}
