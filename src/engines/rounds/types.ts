/** What a race of a program is asked for and what it answers. Plain data: it crosses threads and becomes JSON as it is. */
import type { DriverSettings } from '../../drivers/base/options.ts';
import type { Needed, RaceVerdict } from '../race/types.ts';

export interface RoundsOptions {
  /** The program, as text. */
  readonly program: string;
  readonly seconds: number;
  /** Name of a driver, or URL of a module whose default export is one. */
  readonly driver: string;
  readonly driverSettings: DriverSettings;
  readonly seed: number;
  /** Seconds without the end of a round after which the watchdog speaks. */
  readonly watchdogSeconds: number;
}

/** A broken rule, with everything needed to look into it. */
export interface RoundsViolation {
  readonly rule: string;
  readonly message: string;
  /** Name of the column that saw it, or `check` between two rounds, or `watchdog`. */
  readonly actor: string;
  /** Operation it was in; empty for a check. */
  readonly operation: string;
  /** The last points it had passed, oldest first. */
  readonly points: readonly string[];
  readonly held: readonly string[];
}

/** What an operation has answered, and how often. */
export interface Answers {
  readonly actor: string;
  readonly operation: string;
  readonly answers: Readonly<Record<string, number>>;
}

export interface RoundsResult {
  readonly verdict: RaceVerdict;
  /** Why it is `invalid`; null when it is not. */
  readonly why: string | null;
  /** Seconds the columns really raced. */
  readonly seconds: number;
  /** Rounds that came to their end, and those of them in which columns were under way at the same time. */
  readonly rounds: Needed;
  readonly interleaved: Needed;
  /** Pairs of points at which one column passed while another one stood at the other. */
  readonly pairs: number;
  /** Are the errors and the values of the operations known? What is not known is not checked. */
  readonly errorsKnown: boolean;
  readonly valuesKnown: boolean;
  readonly answers: readonly Answers[];
  readonly violation: RoundsViolation | null;
  readonly coresUsed: number;
}

/** A live sample. */
export interface RoundsProgress {
  readonly elapsedSeconds: number;
  readonly rounds: number;
  readonly interleaved: number;
}

export interface RoundsHooks {
  readonly onProgress?: (progress: RoundsProgress) => void;
  /** Abort it to stop early; the result then has verdict `interrupted` unless something was found. */
  readonly signal?: AbortSignal;
}
