/** A server that a worker waits for: it is said once in a while, and known to who leaves. */
import type { Queue } from 'bullmq';
import { sleep } from '../engines/shared/sleep.ts';
import { reason } from './lookAt.ts';
import { type Server, shownServer } from './server.ts';

/** A server of which there was an error so short a time ago is away: it is asked at least as often. */
const AWAY_MS = 6000;
/** Time between two questions: some of what goes wrong with a connection the queue keeps to itself, and tries again. */
const ASK_MS = 2000;
/** An answer that takes so long is none. */
const ANSWER_MS = 4000;

/** What goes wrong with a connection, and not with a task. */
const isAboutConnection = (error: Error): boolean =>
  (error as NodeJS.ErrnoException).code !== undefined
    ? typeof (error as NodeJS.ErrnoException).code === 'string'
    : /^(Connection|Socket timeout|Query read timeout|timeout)/.test(error.message);

export class Away {
  readonly #server: Server;
  readonly #say: (line: string) => void;
  #at = Number.NEGATIVE_INFINITY;
  #saidAt = Number.NEGATIVE_INFINITY;

  constructor(server: Server, say: (line: string) => void) {
    this.#server = server;
    this.#say = say;
  }

  get isNow(): boolean {
    return Date.now() - this.#at < AWAY_MS;
  }

  /** Takes what a queue or a worker says about errors. */
  readonly hear = (error: Error): void => {
    if (!isAboutConnection(error)) {
      this.#say(reason(error, this.#server));
      return;
    }
    this.#at = Date.now();
    if (this.#at - this.#saidAt < AWAY_MS) return;
    this.#saidAt = this.#at;
    this.#say(`waiting for ${shownServer(this.#server)}: ${reason(error, this.#server)}`);
  };

  /** Asks the server now and then whether it is there, until the signal. */
  async ask(queue: Queue, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const late = setTimeout(() => this.hear(new Error('timeout expired')), ANSWER_MS);
      await queue.isPaused().catch(this.hear);
      clearTimeout(late);
      await sleep(ASK_MS);
    }
  }
}
