/** What automata have in common that run along a trace, one for each protocol of the kernel. */
import type { TraceEvent } from './events.ts';

/** Where a trace breaks a protocol. */
export interface Breach {
  /** The protocol: `notifier`, `migrate`, `migrate-device`, `retry`. */
  readonly protocol: string;
  readonly message: string;
  /** Lines of the file, in the order of the message. */
  readonly lines: readonly number[];
}

/** What one protocol comes to. */
export interface ProtocolChecked {
  readonly protocol: string;
  /** How often it was begun. */
  readonly times: number;
  /** Functions of it that are nowhere in the trace: then it cannot be judged. */
  readonly untraced: readonly string[];
  /** How often it was broken. */
  readonly broken: number;
  /** The first places where it was. */
  readonly breaches: readonly Breach[];
}

export interface Automaton {
  readonly protocol: string;
  readonly event: (event: TraceEvent) => void;
  /** Events may be missing: what is under way is forgiven. */
  readonly lost: () => void;
  readonly result: () => Omit<ProtocolChecked, 'protocol'>;
}

/** Breaches that are told of each protocol: the first ones. */
const MOST_BREACHES = 20;

/** What all automata have: whose turn it is, and what has been seen. */
export abstract class Protocol implements Automaton {
  abstract readonly protocol: string;
  /** Functions that the protocol is about. */
  protected abstract readonly parts: readonly string[];
  protected times = 0;
  readonly #seen = new Set<string>();
  readonly #breaches: Breach[] = [];
  #broken = 0;

  event(event: TraceEvent): void {
    if (this.parts.includes(event.name)) this.#seen.add(event.name);
    this.take(event);
  }

  abstract lost(): void;
  protected abstract take(event: TraceEvent): void;

  protected broken(message: string, lines: readonly number[]): void {
    this.#broken++;
    if (this.#breaches.length < MOST_BREACHES) this.#breaches.push({ protocol: this.protocol, message, lines });
  }

  result() {
    const untraced = this.parts.filter((name) => !this.#seen.has(name));
    const isJudged = untraced.length === 0;
    return { breaches: isJudged ? this.#breaches : [], broken: isJudged ? this.#broken : 0, times: this.times, untraced };
  }
}
