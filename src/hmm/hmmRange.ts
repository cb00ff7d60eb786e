import type { Serial } from '../arena/serials.ts';
import type { IntervalSub } from '../arena/structures.ts';
import type { Vpn } from '../arena/units.ts';
/** What a range fault is asked for. */

/** struct hmm_range. Pages, `end` exclusive. */
export interface HmmRange {
  /** An interval notifier that covers [start, end); not checked. */
  readonly notifier: IntervalSub;
  /** Token from read-begin; set by the caller, or by the unlocked variant itself. 0: none so far. */
  notifierSeq: Serial | 0;
  readonly start: Vpn;
  readonly end: Vpn;
  /** `end - start` words, in and out: see pfn.ts. */
  readonly hmmPfns: Int32Array;
  /** Requests made for every page. */
  readonly defaultFlags: number;
  /** Which bits of the words on entry count as requests. */
  readonly pfnFlagsMask: number;
  /** Owner whose device-private pages are reported instead of being brought home; 0 for none. */
  readonly devPrivateOwner: number;
}
