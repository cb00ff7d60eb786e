/** Drivers that look whether an invalidation has come. */

import { Protocol } from './automaton.ts';
import { type TraceEvent, who } from './events.ts';
import { START } from './notifierPairs.ts';
import { isFromUser } from './operations.ts';

const READ_BEGIN = 'mmu_interval_read_begin';
/** Of the test driver: who tells it to forget pages, and where it puts pages into the table of the device. */
const INVALIDATE = 'dmirror_interval_invalidate';
const UPDATE = 'dmirror_do_fault';

interface Reading {
  readonly line: number;
  readonly interval: string | null;
  readonly tgid: number | null;
  /** The function has returned: the thread has gone on. */
  hasSequence: boolean;
  /** Line of an invalidation that has come since. */
  invalidated: number | null;
}

/** A driver that has read a sequence stores nothing in its table when an invalidation has come and gone meanwhile: it has to try again. */
export class RetryObeyed extends Protocol {
  readonly protocol = 'retry';
  protected readonly parts = [READ_BEGIN, INVALIDATE, UPDATE];
  readonly #reading = new Map<number, Reading>();
  /** Threads in the callback of the driver: it counts when they have gone on. */
  readonly #telling = new Map<number, TraceEvent>();
  /** Threads that invalidate for a migration, which the driver may know to be its own. */
  readonly #moving = new Set<number>();

  lost(): void {
    this.#reading.clear();
    this.#telling.clear();
    this.#moving.clear();
  }

  protected take(event: TraceEvent): void {
    const { pid, name, place, from, tgid, line } = event;
    const telling = this.#telling.get(pid);
    if (telling !== undefined && !/lock/.test(name)) {
      this.#telling.delete(pid);
      for (const [reader, reading] of this.#reading)
        if (reader !== pid && reading.hasSequence && reading.line < telling.line && isOf(reading, telling))
          reading.invalidated ??= telling.line;
    }
    const reading = this.#reading.get(pid);
    if (reading !== undefined && name !== READ_BEGIN) reading.hasSequence = true;
    if (isFromUser(event)) this.#reading.delete(pid);
    if (place !== 'entry') return;
    if (name === START) {
      if (from !== null && /^migrate_/.test(from)) this.#moving.add(pid);
      else this.#moving.delete(pid);
    } else if (name === READ_BEGIN) {
      this.times++;
      const interval = event.fields.get('interval_sub') ?? null;
      this.#reading.set(pid, { line, interval, tgid, hasSequence: false, invalidated: null });
    } else if (name === INVALIDATE && !this.#moving.has(pid)) this.#telling.set(pid, event);
    else if (name === UPDATE && reading !== undefined) {
      const { invalidated } = reading;
      if (invalidated !== null)
        this.broken(
          `line ${line}: ${who(event)} stores what it has found since line ${reading.line}, and the invalidation of line ${invalidated} has come and gone meanwhile`,
          [reading.line, invalidated, line],
        );
      this.#reading.delete(pid);
    }
  }
}

/** Is it the table of the same device? Where neither the notifier nor the process is in the trace, nobody knows. */
function isOf(reading: Reading, telling: TraceEvent): boolean {
  const notifier = telling.fields.get('mni') ?? null;
  if (notifier !== null && reading.interval !== null) return notifier === reading.interval;
  return reading.tgid !== null && reading.tgid === telling.tgid;
}
