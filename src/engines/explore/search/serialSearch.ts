/**
 * A search of all interleavings that has left paths on which somebody only went round and counted is made once more. This time states
 * that differ only in how far serial numbers have counted are one (machine/serialKey.ts): so such a round comes back to where it was.
 *
 * If anything speaks against it that serial numbers are only copied and compared, what the first search has found stands.
 */
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import type { Serials } from '../machine/serials.ts';
import { conclude } from './conclude.ts';
import { TIMES } from './countingRound.ts';
import { endless } from './noProgress.ts';
import type { SearchOptions, SearchResult } from './options.ts';
import { search } from './search.ts';

export interface SerialSearch {
  readonly result: SearchResult;
  /** Covers that it has reached, by their places in the list. */
  readonly reached: readonly number[];
}

/**
 * All interleavings, where states that differ only in how far serial numbers have counted are one. `apart` says in a sentence why the result
 * says nothing; null if it stands. `executor` is where a failure is seen again.
 */
export function searchBySerials(executor: Executor, options: SearchOptions): SerialSearch & { readonly apart: string | null } {
  const other = executor.bySerials();
  const { coverage } = other;
  const serials = other.serials as Serials;
  executor.reset();
  if (!other.isLike(executor)) serials.break('it matters where one begins to count');
  coverage.begin();
  const enough: SearchOptions['enough'] = (...how) => serials.broken !== null || options.enough(...how);
  const result = search(other, { ...options, enough });
  const { reached } = coverage;
  if (serials.broken !== null) return { result, reached, apart: serials.broken };
  if (result.failure === null) return { result, reached, apart: result.spins > 0 ? 'something else counts as well' : null };
  const found = seenAgain(executor, result.failure, result.schedule);
  if (found === null) return { result, reached, apart: 'a failure that was found like that cannot be seen otherwise' };
  return { result: { ...result, ...found }, reached, apart: null };
}

/** The search once more, and its result in place of the first if it has come to one. `executor` is that of the first. */
export function serialSearch(executor: Executor, first: SearchResult, options: SearchOptions): SerialSearch {
  const enough: SearchOptions['enough'] = (executions, ...how) => options.enough(first.executions + executions, ...how);
  const { result, reached, apart } = searchBySerials(executor, { ...options, enough });
  const executions = first.executions + result.executions;
  const transitions = first.transitions + result.transitions;
  const hasDecided = apart === null && (result.complete || result.failure !== null);
  // It was enough before it was known.
  const serials = apart === null && !hasDecided ? null : { apart };
  return { result: { ...(apart === null ? result : first), executions, transitions, serials }, reached };
}

/** The failure, as it is seen where all states are told apart; null if it is not. */
function seenAgain(
  executor: Executor,
  { rule, round }: Failure,
  schedule: Uint8Array,
): Pick<SearchResult, 'failure' | 'schedule'> | null {
  executor.reset();
  const made = (actors: Uint8Array): Failure | null | undefined => {
    for (const actor of actors) {
      if (!executor.canRun(actor)) return undefined;
      const outcome = executor.step(actor);
      if (outcome !== null) return outcome;
    }
    return null;
  };
  let failure = made(schedule);
  if (failure === null && round === undefined) failure = conclude(executor);
  if (failure === null && round !== undefined) {
    const again = schedule.slice(round.start, round.start + round.length);
    for (let time = 0; time <= TIMES && failure === null; time++) failure = made(again);
    if (failure === null) failure = endless(executor);
  }
  if (failure === null || failure === undefined || failure.rule !== rule) return null;
  return { failure, schedule: executor.schedule.slice(0, executor.steps) };
}
