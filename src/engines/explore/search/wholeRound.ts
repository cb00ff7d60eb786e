/**
 * The last question of a search in which states come again: is there a fair round somewhere among all states? All orders are looked
 * at for it, and so are all ends of executions: what the search has put off for ever on a round is made here.
 */
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { fairRound } from './fairRound.ts';
import { roundFailure } from './noProgress.ts';

/** The failure that it is, to which the executor has gone. Not complete: it was enough before all states were looked at. */
export function wholeRound(
  executor: Executor,
  bound: number,
  enough: () => boolean,
): { readonly failure: Failure | null; readonly complete: boolean } {
  const { promotions } = executor;
  let given = false;
  const found = fairRound(executor, bound, () => {
    given ||= enough();
    return given;
  });
  // Hashes did not compare: the search begins again.
  if (executor.promotions !== promotions) return { failure: null, complete: false };
  if (found === null) return { failure: null, complete: !given };
  executor.reset();
  if ('failure' in found) {
    for (const actor of found.schedule) executor.step(actor);
    return { failure: found.failure, complete: false };
  }
  const { prefix, round } = found;
  for (const actor of [...prefix, ...round]) executor.step(actor);
  return { failure: roundFailure(executor, { start: prefix.length, length: round.length }), complete: false };
}
