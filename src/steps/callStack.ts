/**
 * An operation under way and the operations it has called. Where calls are written with `yield*` the stack is that of the
 * language and only the outermost operation is kept here; in the flat tree (flatten.ts) an operation hands over what it calls.
 */
import type { Steps } from './operation.ts';

type Operation = Generator<number | Operation, unknown, unknown>;

export class CallStack {
  /** What the last operation has returned. */
  result: unknown;
  #top: Operation | null = null;
  readonly #callers: Operation[] = [];

  /** Is there no operation? */
  get idle(): boolean {
    return this.#top === null;
  }

  /** Begins an operation; the last one must have ended. */
  start(operation: Steps<unknown>): void {
    this.#top = operation as Operation;
  }

  /** Goes on to the next point and returns its id; -1 when the operation has ended. */
  next(): number {
    let top = this.#top as Operation;
    let sent: unknown;
    for (;;) {
      const { done, value } = top.next(sent);
      if (done) {
        const caller = this.#callers.pop();
        if (caller === undefined) {
          this.#top = null;
          this.result = value;
          return -1;
        }
        top = caller;
        sent = value;
      } else if (typeof value === 'number') {
        this.#top = top;
        return value;
      } else {
        this.#callers.push(top);
        top = value;
        sent = undefined;
      }
    }
  }
}
