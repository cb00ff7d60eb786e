/** `search()`: every interleaving of a scenario, state by state. */
import { checkOptions, givenOptions } from '../input/options.ts';
import { bounded, type ExploreHooks, type ExploreReport, type ExploreRequest, explore, exploreBounds } from './explore.ts';
import { scenarioOptions } from './subject.ts';

/** What a search is asked for: an exploration that samples nothing. */
export type SearchRequest = Omit<ExploreRequest, 'strategy' | 'seed' | 'schedule'>;

const { seed: _, ...numbers } = exploreBounds;

/**
 * Searches one scenario exhaustively: all interleavings with 0, 1 and 2 preemptions, then all of them, or those within `preemptions`.
 * It is `hmm-lab explore --strategy search`; see {@link explore} for what the two have in common.
 *
 * The verdict is `proved` when every interleaving was covered, `bounded` when all with at most `bound` preemptions were, `sampled`
 * when time was up before that, `vacuous` when the scenario never reached what it is there for, or `violation`.
 *
 * @throws UsageError, one sentence, for what is not allowed.
 */
export async function search(request: SearchRequest = {}, hooks: ExploreHooks = {}): Promise<ExploreReport> {
  const given = bounded(givenOptions('a search', request));
  checkOptions('a search', given, { numbers, others: { ...scenarioOptions, reduction: 'string', checkpoint: 'string' } });
  return explore({ ...given, strategy: 'search' }, hooks);
}
