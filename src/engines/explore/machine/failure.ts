/** What is wrong with an execution. */
import { Violation } from '../../../arena/violation.ts';
import { Nondeterministic } from './recordedSteps.ts';

/**
 * Why there is no progress. The first two break rule I-DEAD, the others I-PROG. A counting livelock is no proof of one: the same round
 * was made many times over, and what changes are words that count up.
 */
export type NoProgress = 'deadlock' | 'lost wake-up' | 'livelock' | 'starvation' | 'counting livelock';

/** A round of a livelock: steps before it, and steps of it. */
export interface Round {
  readonly start: number;
  readonly length: number;
}

/** A broken rule. `actor` is -1 when the check at the end found it. */
export interface Failure {
  readonly rule: string;
  readonly message: string;
  readonly actor: number;
  /** Why there is no progress, when that is what is wrong. */
  readonly kind?: NoProgress;
  /** The round that can go on for ever, when it is known. The schedule of the failure ends with it. */
  readonly round?: Round;
}

/** How an execution ended: null is well. */
export type Outcome = Failure | null;

/** The failure that an actor's step has thrown. */
export function thrown(error: unknown, actor: number): Failure {
  if (error instanceof Violation) return { rule: error.rule, message: error.detail, actor };
  if (error instanceof Nondeterministic) return { rule: 'I-DETERM', message: error.message, actor };
  return { rule: 'I-CRASH', message: error instanceof Error ? error.message : String(error), actor };
}
