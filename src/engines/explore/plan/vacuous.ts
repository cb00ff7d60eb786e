/** Nothing is proved about nothing: a finished search that never reached what its scenario is there for is vacuous. */

import type { DriverSettings } from '../../../drivers/base/options.ts';
import type { Conclusion } from './exploration.ts';
import { partsOf } from './names.ts';
import type { ExploreVerdict } from './options.ts';

/** A cover of the scenario, and whether it was reached. */
export interface Covered {
  readonly what: string;
  readonly reached: boolean;
}

/** Fewest preemptions a bounded search must allow before what it never reached counts against the scenario. */
const LEAST_BOUND = 1;

const isFinished = (verdict: ExploreVerdict, bound: number): boolean =>
  verdict === 'proved' || (verdict === 'bounded' && bound >= LEAST_BOUND);

/**
 * A conclusion in the light of what was reached. `bound` is the highest bound on preemptions that was finished.
 *
 * Covers are written for the driver of the scenario with the options that it has there. Another one in its place, or other options, may
 * have windows closed that this one has open (amdkfd holds mmap_lock over its whole fault, and a device that works under the update
 * lock has no TLB): then one of them is enough, and the basis says which were not reached.
 */
export function withCovers(
  { verdict, basis }: Conclusion,
  bound: number,
  covers: readonly Covered[],
  { scenario, settings }: { readonly scenario: string; readonly settings: DriverSettings },
): Conclusion {
  const missed = covers.filter(({ reached }) => !reached).map(({ what }) => what);
  if (missed.length === 0 || verdict === 'violation') return { verdict, basis };
  const what = missed.join('; ');
  const isAsWritten = partsOf(scenario).driver === undefined && Object.keys(settings).length === 0;
  if (!isAsWritten && missed.length < covers.length) return { verdict, basis: `${basis}; not reached with this driver: ${what}` };
  if (!isFinished(verdict, bound)) return { verdict, basis: `${basis}; not reached yet: ${what}` };
  return { verdict: 'vacuous', basis: `never reached: ${what}; ${basis}` };
}
