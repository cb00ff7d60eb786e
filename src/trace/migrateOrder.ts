/** Migrations: setup, pages, finalize. */

import { Protocol } from './automaton.ts';
import { type TraceEvent, who } from './events.ts';
import { isFromUser } from './operations.ts';

interface Moving {
  readonly line: number;
  readonly hasPages: boolean;
}

/** The three calls of a migration in their order, on one thread; what has moved pages is finalized before anything else is begun. */
export class MigrateOrder extends Protocol {
  readonly protocol: string;
  protected readonly parts: readonly [string, string, string];
  readonly #now = new Map<number, Moving>();
  #known = new Set<number>();

  constructor(protocol: string, parts: readonly [string, string, string]) {
    super();
    this.protocol = protocol;
    this.parts = parts;
  }

  lost(): void {
    this.#now.clear();
    this.#known = new Set();
  }

  protected take(event: TraceEvent): void {
    const [setup, pages, finalize] = this.parts;
    const { pid, name, line, place } = event;
    const now = this.#now.get(pid);
    if (isFromUser(event)) {
      this.#unfinished(event, 'is in user mode');
      this.#now.delete(pid);
      this.#known.add(pid);
    }
    if (place !== 'entry') return;
    if (name === setup) {
      // One that collects nothing has no more to do, so that another may follow at once.
      this.#unfinished(event, 'begins another migration');
      this.times++;
      this.#now.set(pid, { line, hasPages: false });
    } else if (name === pages) {
      if (now === undefined) this.#without(event, setup);
      else if (now.hasPages)
        this.broken(`line ${line}: ${who(event)} calls ${pages} twice for the migration that it has begun in line ${now.line}`, [
          now.line,
          line,
        ]);
      if (now !== undefined) this.#now.set(pid, { ...now, hasPages: true });
    } else if (name === finalize) {
      if (now === undefined) this.#without(event, setup);
      else if (!now.hasPages)
        this.broken(
          `line ${line}: ${who(event)} calls ${finalize} without ${pages}, for the migration that it has begun in line ${now.line}`,
          [now.line, line],
        );
      this.#now.delete(pid);
    }
  }

  #unfinished(event: TraceEvent, does: string): void {
    const now = this.#now.get(event.pid);
    if (now?.hasPages !== true) return;
    this.broken(
      `line ${now.line}: ${who(event)} begins a migration that moves pages, and ${does} in line ${event.line} without ${this.parts[2]}`,
      [now.line, event.line],
    );
  }

  #without(event: TraceEvent, setup: string): void {
    if (!this.#known.has(event.pid)) return;
    this.broken(`line ${event.line}: ${who(event)} calls ${event.name} without ${setup}`, [event.line]);
  }
}
