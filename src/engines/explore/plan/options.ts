/** What is asked of an exploration, and what it can say. */
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { UsageError } from '../../../input/usageError.ts';
import { strategies } from '../sampling/portfolio.ts';
import { reduction } from '../search/reduction.ts';

/** `vacuous`: the search was finished, found nothing, and never reached what the scenario is there for. */
export type ExploreVerdict = 'proved' | 'bounded' | 'sampled' | 'violation' | 'vacuous';

export interface ExploreOptions {
  /** `portfolio` (the default: search, then sampling), `search`, or the name of a sampling strategy. */
  readonly strategy: string;
  readonly seconds: number;
  /** Most executions. */
  readonly schedules: number;
  /** Most preemptions of the search; Infinity for all interleavings. */
  readonly preemptions: number;
  readonly seed: number;
  readonly settings: DriverSettings;
  /** What the searches may leave out: none, orders or all (search/reduction.ts). Default all. */
  readonly reduction?: string | undefined;
  /** Make a failure smaller and explain it, which takes some seconds at most. Default false. */
  readonly explain?: boolean;
  /** Schedules that are made twice, on two machines, to see whether they repeat. Default 10. */
  readonly repeats?: number;
  /** Most states of a search of all interleavings before those with few preemptions. Without it there is none: it pays where most are proved by it. */
  readonly shortSearch?: number;
  /** Name of the driver that the settings are meant for: that of the scenario, or one to take its place. */
  readonly driver?: string | undefined;
}

/** @throws UsageError for an unknown strategy or reduction. */
export function checkStrategy({ strategy, reduction: leftOut = 'all' }: ExploreOptions): void {
  const known = ['portfolio', 'search', ...Object.keys(strategies)];
  if (!known.includes(strategy)) throw new UsageError(`unknown strategy '${strategy}', allowed are ${known.join(', ')}`);
  reduction(leftOut);
}
