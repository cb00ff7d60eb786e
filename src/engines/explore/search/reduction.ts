/** How much a search may leave out, by name. Each name leaves out what the ones before it do, and more. */
import { UsageError } from '../../../input/usageError.ts';
import type { SearchOptions } from './options.ts';

/**
 * - `none`: nothing. Every actor that can run is tried at every state, and all actors are told apart.
 * - `orders`: orders of steps that come to the same as others. Without a bound on preemptions only a persistent set of actors is tried
 *   at a state; with one, a step that touches nothing shared is made at once.
 * - `all`: also states in which like actors have only changed places.
 */
export type Reduction = 'none' | 'orders' | 'all';

const reductions: Readonly<Record<Reduction, Required<Pick<SearchOptions, 'symmetry' | 'quietFirst' | 'orders'>>>> = {
  none: { symmetry: false, quietFirst: false, orders: false },
  orders: { symmetry: false, quietFirst: true, orders: true },
  all: { symmetry: true, quietFirst: true, orders: true },
};

/** What a search is told. @throws UsageError for an unknown name. */
export function reduction(name: string): (typeof reductions)[Reduction] {
  if (!Object.hasOwn(reductions, name))
    throw new UsageError(`unknown reduction '${name}', allowed are ${Object.keys(reductions).join(', ')}`);
  return reductions[name as Reduction];
}
