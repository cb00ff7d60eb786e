/**
 * All interleavings of a scenario, or all within a bound on preemptions. Complete when no choice was left out: then a clean search is
 * a proof for this scenario, up to the chance of two states with the same 64-bit hash.
 */
import { UsageError } from '../../../input/usageError.ts';
import type { Executor } from '../machine/execution.ts';
import { DepthFirst } from './depthFirst.ts';
import { MOST_PREEMPTIONS, type SearchOptions, type SearchResult } from './options.ts';

export { MOST_PREEMPTIONS, type SearchOptions, type SearchResult } from './options.ts';

/** @throws UsageError for a bound that is none. */
export function search(
  executor: Executor,
  { preemptions, enough, onSpin, symmetry = true, quietFirst = true, orders = true }: SearchOptions,
): SearchResult {
  if (
    preemptions !== Number.POSITIVE_INFINITY &&
    !(Number.isInteger(preemptions) && preemptions >= 0 && preemptions <= MOST_PREEMPTIONS)
  )
    throw new UsageError(
      `preemptions: ${preemptions} given, allowed are whole numbers from 0 to ${MOST_PREEMPTIONS}, and Infinity`,
    );
  const spent = { executions: 0, transitions: 0 };
  for (;;) {
    const { promotions } = executor;
    const twins = symmetry && executor.symmetry?.broken === null ? executor.symmetry : null;
    if (twins === null) executor.reset();
    else executor.watchTwins(twins);
    const one = new DepthFirst(executor, preemptions, twins, { quietFirst, orders, enough, onSpin }, spent);
    try {
      const result = one.run();
      if (result !== null) return result;
    } finally {
      executor.forgetTwins();
    }
    // The state has more to it than was known when it began: what was covered does not count.
    if (promotions === executor.promotions && twins?.broken === null)
      throw new Error('a search begins again, and nothing has changed');
  }
}
