/** Starts and ends of invalidations. */

import { Protocol } from './automaton.ts';
import { type TraceEvent, who } from './events.ts';
import { isFromUser } from './operations.ts';

export const START = '__mmu_notifier_invalidate_range_start';
const END = '__mmu_notifier_invalidate_range_end';

interface Bracket {
  readonly line: number;
  /** Where the range is; null where it is not traced. */
  readonly range: string | null;
}

/** Each start of an invalidation has its end, on the same thread, the last one first; and nobody goes back to user mode between. */
export class NotifierPairs extends Protocol {
  readonly protocol = 'notifier';
  protected readonly parts = [START, END];
  readonly #open = new Map<number, Bracket[]>();
  /** Threads that were seen to come from user mode: what they have open is all known. */
  #known = new Set<number>();

  lost(): void {
    this.#open.clear();
    this.#known = new Set();
  }

  protected take(event: TraceEvent): void {
    const { pid, name, line, place } = event;
    const open = this.#open.get(pid) ?? [];
    if (isFromUser(event)) {
      const left = open.at(-1);
      if (left !== undefined)
        this.broken(
          `line ${left.line}: ${who(event)} begins an invalidation, and is in user mode in line ${line} without having ended it`,
          [left.line, line],
        );
      this.#open.delete(pid);
      this.#known.add(pid);
    }
    if (place !== 'entry') return;
    const range = event.fields.get('range') ?? null;
    if (name === START) {
      this.times++;
      this.#open.set(pid, [...open, { line, range }]);
    } else if (name === END) this.#ends(event, open, range);
  }

  #ends(event: TraceEvent, open: Bracket[], range: string | null): void {
    const { pid, line } = event;
    const last = open.pop();
    if (last === undefined) {
      if (this.#known.has(pid)) this.broken(`line ${line}: ${who(event)} ends an invalidation that it has not begun`, [line]);
      return;
    }
    if (last.range !== null && range !== null && last.range !== range)
      this.broken(
        `line ${line}: ${who(event)} ends the invalidation ${range}, and the last that it has begun is ${last.range} in line ${last.line}`,
        [last.line, line],
      );
  }
}
