/** Has the threads of a search say where they are, now and then and when it is enough, while all of them stand still. */
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import type { Crew } from '../search/crew.ts';
import type { SavedShare } from '../search/together.ts';

/** Threads go on for so many times as long as they have stood still, at least. */
const SHARE = 5;

/** Time after which a pause is asked for again, if the threads stand still already for another reason. */
const SOON_MS = 5;

export class Savings implements Disposable {
  readonly #crew: Crew;
  readonly #write: (shares: readonly SavedShare[]) => void;
  readonly #everyMs: number;
  readonly #ports: readonly MessageChannel[];
  /** Where each thread is, as far as it has said so, in this pause; and where it has ended. */
  #now: (SavedShare | undefined)[] = [];
  readonly #last: (SavedShare | undefined)[] = [];
  #isAsked = false;
  /** When they were asked to stand still. */
  #since = 0;
  #hasEnded = false;
  #timer: NodeJS.Timeout;
  #resolve: () => void = () => {};
  #reject: (error: unknown) => void = () => {};
  /** When the search has ended, and what is left of it, if anything, was written. Before that if it could not be written. @throws what writing throws. */
  readonly last: Promise<void>;

  constructor(crew: Crew, threads: number, everyMs: number, write: (shares: readonly SavedShare[]) => void) {
    this.#crew = crew;
    this.#write = write;
    this.#everyMs = everyMs;
    this.last = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.last.catch(() => {});
    this.#ports = Array.from({ length: threads }, (_, lane) => {
      const channel = new MessageChannel();
      channel.port1.on('message', (saved: SavedShare) => this.#said(lane, saved));
      return channel;
    });
    this.#timer = setTimeout(() => this.#ask(), everyMs);
  }

  /** What the thread is given to speak through. */
  port(lane: number): MessagePort {
    return (this.#ports[lane] as MessageChannel).port2;
  }

  #ask(): void {
    if (this.#hasEnded) return;
    this.#now = [];
    this.#since = performance.now();
    this.#isAsked = this.#crew.askToSave();
    if (!this.#isAsked) this.#timer = setTimeout(() => this.#ask(), SOON_MS);
  }

  #said(lane: number, saved: SavedShare): void {
    const shares = saved.isLast ? this.#last : this.#now;
    shares[lane] = saved;
    if (shares.filter((share) => share !== undefined).length < this.#ports.length) return;
    if (saved.isLast || this.#isAsked) this.#keep(shares as SavedShare[]);
    if (saved.isLast) this.#resolve();
    else this.#goOn();
  }

  #keep(shares: readonly SavedShare[]): void {
    try {
      this.#write(shares);
    } catch (error) {
      this.#reject(error);
    }
  }

  #goOn(): void {
    if (!this.#isAsked) return;
    this.#isAsked = false;
    this.#crew.goOn();
    const ms = Math.max(this.#everyMs, SHARE * (performance.now() - this.#since));
    if (!this.#hasEnded) this.#timer = setTimeout(() => this.#ask(), ms);
  }

  /** A thread has ended, so all will. `isEnough`: each of them says where it was. */
  end(isEnough: boolean): void {
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#goOn();
    if (!isEnough) this.#resolve();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    for (const { port1 } of this.#ports) port1.close();
  }
}
