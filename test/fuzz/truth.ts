/** What is true of a program. */
export interface Truth {
  /** All states were met. If not, nothing else here means anything. */
  readonly exhausted: boolean;
  readonly states: number;
  /** Rules that can be broken, each with the fewest preemptions that do it; Infinity for a round without end. */
  readonly rules: ReadonlyMap<string, number>;
  /** Ways not to get on: deadlock, lost wake-up, livelock, starvation. */
  readonly kinds: ReadonlySet<string>;
  /** Shared words at the end of an execution, and the fewest preemptions that lead to them. */
  readonly finals: ReadonlyMap<string, number>;
}
