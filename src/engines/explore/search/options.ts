/** What is asked of a search, and what it says. */
import type { Failure } from '../machine/failure.ts';
import { HIGHEST_PRICE } from './visited.ts';

/** Rounds in lock step that an actor on its own is followed. */
export const SPINS = 4;

export interface SearchResult {
  readonly failure: Failure | null;
  /** Schedule of the failure. */
  readonly schedule: Uint8Array;
  /** Paths followed to an end, or to a state known already. */
  readonly executions: number;
  readonly states: number;
  readonly transitions: number;
  /** The search came to its end. With `long` and `spins` 0, every interleaving within the bound was covered. */
  readonly complete: boolean;
  /** Choices left out because they would have cost a preemption too many. */
  readonly cut: number;
  /** Paths that were not followed any further because they were too long. */
  readonly long: number;
  /** Paths not followed any further because an actor, alone, only made the same round again and again, and counted. */
  readonly spins: number;
  /** Actors that were not told apart from each other when states were compared. */
  readonly interchangeable: number;
  /** Why like actors were told apart; null if they were not, or there are none. */
  readonly asymmetry: string | null;
  /** No order of steps was left out because another one comes to the same. */
  readonly allOrders: boolean;
  /**
   * Null: states were told apart by how far serial numbers have counted. Else `apart` is null if states that differ only in that were taken
   * for one; or it says in a sentence why that was tried and could not be done.
   */
  readonly serials: { readonly apart: string | null } | null;
}

export interface SearchOptions {
  /** Most preemptions of a schedule, 0 to {@link MOST_PREEMPTIONS}; Infinity for all interleavings. */
  readonly preemptions: number;
  /** Give up when this says so; asked now and then. `share` of the states, 0 to 1, that were met: a low and a high guess. */
  readonly enough: (executions: number, states: number, share: readonly [low: number, high: number]) => boolean;
  /** Told whenever a path is left because an actor, alone, only goes round and counts: from then on the search proves nothing any more. */
  readonly onSpin?: (() => void) | undefined;
  /** Take states that differ only in which of interchangeable actors is where for one. Default true. */
  readonly symmetry?: boolean;
  /** Let an actor whose next step touches nothing shared make it at once, before anybody else runs. Default true. */
  readonly quietFirst?: boolean;
  /**
   * Leave out orders of steps that come to the same as others: at a state, try only a persistent set of actors (persistentSet.ts).
   * Only without a bound, with recorded steps and with at most four actors. Default true.
   */
  readonly orders?: boolean;
}

/** Highest bound on preemptions. */
export const MOST_PREEMPTIONS = HIGHEST_PRICE - 1;
