/**
 * Thrashing: a block that comes back soon after it was evicted, again and again. What is done about it, with the constants of a
 * driver in the field (UVM): three returns in a row within a lapse of 500 us start it, a fault is then held back for a lapse (a
 * nap), and after ten naps the block stays in system memory for 300 lapses, and the device uses it from there.
 */

export const throttlePolicies = {
  none: 'every fault is served at once',
  nap: 'a fault on a block that thrashes is held back for a lapse, then served',
  pin: 'as nap; after ten naps the block stays in system memory for 300 lapses',
} as const;

export type ThrottlePolicy = keyof typeof throttlePolicies;

const RETURNS = 3;
const MOST_NAPS = 10;
const PIN_LAPSES = 300;

export const SERVE = 0;
export const NAP = 1;
export const REMOTE = 2;
export type Decision = typeof SERVE | typeof NAP | typeof REMOTE;

/** What is known of each block of a region. Times are milliseconds of the task's clock. */
export class Throttle {
  readonly lapseMs: number;
  readonly #policy: ThrottlePolicy;
  /** When the block was evicted last. */
  readonly #evicted: Float64Array;
  /** Returns in a row that came within a lapse, and naps since they began. */
  readonly #returns: Uint32Array;
  readonly #naps: Uint32Array;
  /** Until when it stays in system memory; 0: it does not. */
  readonly #pinned: Float64Array;

  constructor(policy: ThrottlePolicy, lapseMs: number, blocks: number) {
    this.lapseMs = lapseMs;
    this.#policy = policy;
    this.#evicted = new Float64Array(blocks).fill(Number.NEGATIVE_INFINITY);
    this.#returns = new Uint32Array(blocks);
    this.#naps = new Uint32Array(blocks);
    this.#pinned = new Float64Array(blocks);
  }

  evicted(block: number, now: number): void {
    this.#evicted[block] = now;
  }

  /** What to do about a fault on a block that is not on the device. To be asked once a fault. */
  onFault(block: number, now: number): Decision {
    if (now < (this.#pinned[block] as number)) return REMOTE;
    if (now - (this.#evicted[block] as number) > this.lapseMs) {
      this.#returns[block] = 0;
      this.#naps[block] = 0;
      return SERVE;
    }
    const returns = (this.#returns[block] as number) + 1;
    this.#returns[block] = returns;
    if (this.#policy === 'none' || returns < RETURNS) return SERVE;
    const naps = (this.#naps[block] as number) + 1;
    if (this.#policy === 'pin' && naps > MOST_NAPS) {
      this.#returns[block] = 0;
      this.#naps[block] = 0;
      this.pin(block, now + PIN_LAPSES * this.lapseMs);
      return REMOTE;
    }
    this.#naps[block] = naps;
    return NAP;
  }

  /** The block is used from system memory until then. */
  pin(block: number, until: number): void {
    this.#pinned[block] = until;
  }

  /** Is the time over for which the block was to stay in system memory? True once. */
  unpin(block: number, now: number): boolean {
    const until = this.#pinned[block] as number;
    if (until === 0 || now < until) return false;
    this.#pinned[block] = 0;
    return true;
  }
}
