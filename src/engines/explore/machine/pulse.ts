/** Where an exploring thread says what it is at, so that another thread can see that it has come to a stop inside a step. */

/** Steps of a schedule that are told. */
const TOLD = 20_000;

/** What a thread can be at beside a step of an actor, of which it says the number plus 1. */
const IDLE = 0;
export const SETTING_UP = -1;
export const CHECKING = -2;

const BEATS = 0;
const AT = 1;
const STEPS = 2;
const WORDS = 3;

/** Found in a pulse that has stopped: what it stopped at, and the schedule, the step under way included. */
export interface Standstill {
  /** An actor, or {@link SETTING_UP} or {@link CHECKING}. */
  readonly at: number;
  readonly schedule: readonly number[];
}

export class Pulse {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #schedule: Uint8Array<SharedArrayBuffer>;
  /** Whose schedule was told last. */
  #told: Uint8Array | null = null;
  #beats = -1;
  #since = 0;

  constructor(buffer = new SharedArrayBuffer(4 * WORDS + TOLD)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer, 0, WORDS);
    this.#schedule = new Uint8Array(buffer, 4 * WORDS);
  }

  /**
   * A step of an actor begins, the last of `schedule`; or something that is no step. The first `unchanged` steps are those that were told
   * of this very array the last time.
   */
  begin(at: number, schedule: Uint8Array, steps: number, unchanged = 0): void {
    const words = this.#words;
    // A scenario with more steps than usual is on its own.
    const kept = Math.min(steps, TOLD);
    const from = schedule === this.#told ? Math.min(unchanged, kept) : 0;
    this.#schedule.set(schedule.subarray(from, kept), from);
    this.#told = schedule;
    words[STEPS] = kept;
    words[BEATS] = ((words[BEATS] as number) + 1) | 0;
    // Release: whoever sees this sees the schedule.
    Atomics.store(words, AT, at >= 0 ? at + 1 : at);
  }

  end(): void {
    Atomics.store(this.#words, AT, IDLE);
  }

  get isIdle(): boolean {
    return Atomics.load(this.#words, AT) === IDLE;
  }

  /** In the watching thread, a few times a second: what the other has been at for `limitMs` or longer, null for nothing. */
  standstill(now: number, limitMs: (at: number) => number): Standstill | null {
    const words = this.#words;
    const at = Atomics.load(words, AT);
    const beats = words[BEATS] as number;
    if (at === IDLE || beats !== this.#beats) {
      this.#beats = beats;
      this.#since = now;
      return null;
    }
    const doing = at > 0 ? at - 1 : at;
    if (now - this.#since < limitMs(doing)) return null;
    return { at: doing, schedule: [...this.#schedule.subarray(0, words[STEPS])] };
  }
}

/** The one of this thread; null where nobody watches. */
let own: Pulse | null = null;

export function usePulse(pulse: Pulse): void {
  own = pulse;
}

/** Tells whoever watches this thread. */
export const pulse = {
  begin(at: number, schedule: Uint8Array, steps: number, unchanged?: number): void {
    own?.begin(at, schedule, steps, unchanged);
  },
  end(): void {
    own?.end();
  },
};
