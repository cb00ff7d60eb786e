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

export interface Automaton {
  readonly protocol: string;
  readonly event: (event: TraceEvent) => void;
  /** Events may be missing: what is under way is forgiven. */
  readonly lost: () => void;
  /** What was broken, and how often the protocol was gone through; a part of it that is nowhere in the trace was not traced. */
  readonly result: () => { readonly breaches: readonly Breach[]; readonly times: number; readonly untraced: readonly string[] };
}

/** Breaches that are kept of each protocol. */
const MOST_BREACHES = 20;

/** What all automata have: whose turn it is, and what has been seen. */
export abstract class Protocol implements Automaton {
  abstract readonly protocol: string;
  /** Functions that the protocol is about. */
  protected abstract readonly parts: readonly string[];
  protected times = 0;
  readonly #seen = new Set<string>();
  readonly #breaches: Breach[] = [];

  event(event: TraceEvent): void {
    if (this.parts.includes(event.name)) this.#seen.add(event.name);
    this.take(event);
  }

  abstract lost(): void;
  protected abstract take(event: TraceEvent): void;

  protected broken(message: string, lines: readonly number[]): void {
    if (this.#breaches.length < MOST_BREACHES) this.#breaches.push({ protocol: this.protocol, message, lines });
  }

  result() {
    const untraced = this.parts.filter((name) => !this.#seen.has(name));
    return { breaches: untraced.length === 0 ? this.#breaches : [], times: this.times, untraced };
  }
}

/** A thread in a message. */
export const who = ({ task, pid }: TraceEvent): string => `${task}-${pid}`;
