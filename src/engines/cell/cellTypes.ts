/** What a cell of a sweep is asked for and what it answers. Plain data: it goes to files and over threads as it is. */
import type { RetryPolicy } from '../../drivers/base/retryPolicies.ts';
import type { RetryWorkload } from '../../scenarios/retry/retryWorkload.ts';

export type MeasureEngine = 'simulate' | 'race';

/** Everything that decides a cell. */
export interface CellConfig extends RetryWorkload {
  readonly engine: MeasureEngine;
  /** Name or URL of the driver, with the options the user gave. */
  readonly driver: string;
  readonly settings: Readonly<Record<string, string>>;
  /** The options that axes set; null where the driver has no such option. */
  readonly policy: RetryPolicy | null;
  readonly deadlineMs: number | null;
  /** Pages that become stable together. */
  readonly window: number | null;
  /** Pages of one interval notifier; 0 is the whole address space. */
  readonly notifierPages: number | null;
  /** CPUs of the simulated machine. */
  readonly cpus: number;
  /** Preset of the costs, and single costs in nanoseconds. */
  readonly preset: string;
  readonly costs: Readonly<Record<string, number>>;
  /** Length of one repetition, virtual or real; the tenth that comes first is warm-up. */
  readonly seconds: number;
  /** A simulated repetition also ends after so many faults. */
  readonly faults: number;
  readonly repetitions: number;
  readonly seed: number;
}

/** A histogram as it is stored: pairs of bucket and count (engines/shared/histogram.ts), and the exact extremes. */
export interface StoredHistogram {
  readonly counts: readonly (readonly [number, number])[];
  readonly count: number;
  readonly sum: number;
  readonly max: number;
}

/** What one repetition counted after its warm-up. Times are nanoseconds. */
export interface Repetition {
  /** Length of the measured part. */
  readonly ns: number;
  /** Device faults that ended, by how. */
  readonly done: number;
  readonly timedOut: number;
  readonly failed: number;
  /** Device faults that these requests made. */
  readonly rounds: number;
  /** Device faults under way when the time was up. */
  readonly unfinished: number;
  /** Windows that became stable, passes made and passes thrown away. */
  readonly stable: number;
  readonly passes: number;
  readonly lost: number;
  /** With access `migrate`: pages used, of these in system memory; pages that moved; blocks evicted; faults held back. */
  readonly usedPages: number;
  readonly remote: number;
  readonly arrived: number;
  readonly evicted: number;
  readonly evictions: number;
  readonly naps: number;
  /** Time spent in lost passes, and in faults at all. */
  readonly lostNs: number;
  readonly faultNs: number;
  readonly invalidations: number;
  readonly attempts: StoredHistogram;
  readonly timeToStable: StoredHistogram;
  /** Faults from their begin, and from when they were due. */
  readonly raw: StoredHistogram;
  readonly corrected: StoredHistogram;
  /** Steps of the simulator; 0 for a race. */
  readonly steps: number;
  /** Race only: see docs/measurement.md. */
  readonly overlap: number | null;
  readonly coresUsed: number | null;
  /** Cores that other programs used meanwhile. */
  readonly coresTaken: number | null;
  /** A broken rule ends the cell. */
  readonly violation: { readonly rule: string; readonly message: string; readonly actor: string } | null;
}
