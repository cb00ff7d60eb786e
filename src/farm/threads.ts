/** The threads of a worker: each does one task at a time. */
import { MessageChannel } from 'node:worker_threads';
import { Piscina } from 'piscina';
import { accepted, type Refusal } from '../engines/shared/refusal.ts';
import { workerUrl } from '../package/workerUrl.ts';
import type { Task, TaskResult } from './task.ts';
import { LOOK_MS } from './wanted.ts';

export class TaskThreads {
  readonly #pool: Piscina<object, TaskResult | Refusal>;
  readonly #stops = new Set<() => void>();
  #isStopped = false;

  /** @param file what the threads run: a benchmark has its own. */
  constructor(threads: number, file: string = workerUrl('task').href) {
    this.#pool = new Piscina({ filename: file, minThreads: 1, maxThreads: threads, atomics: 'disabled' });
    this.#pool.on('error', () => {});
  }

  /** They take no more tasks, and those under way have come to an early end or soon will. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /**
   * Does a task; `isWanted` is asked now and then. Null when it was stopped.
   *
   * @throws UsageError for a task that the library refuses; what has ended the thread, if something has.
   */
  async run(task: Task, isWanted: () => Promise<boolean>): Promise<TaskResult | null> {
    // It may have been told to stop while it was asked whether the task is wanted.
    if (this.#isStopped) return null;
    const { port1, port2 } = new MessageChannel();
    let isCut = false;
    const stop = (): void => {
      isCut = true;
      port1.postMessage('stop');
    };
    const look = (): void => {
      // A server that does not answer says nothing.
      isWanted().then(
        (wanted) => wanted || stop(),
        () => {},
      );
    };
    this.#stops.add(stop);
    const looking = setInterval(look, LOOK_MS);
    try {
      const result = accepted(await this.#pool.run({ task, port: port2 }, { transferList: [port2] }));
      return isCut ? null : result;
    } finally {
      clearInterval(looking);
      this.#stops.delete(stop);
      port1.close();
    }
  }

  stop(): void {
    this.#isStopped = true;
    for (const stop of this.#stops) stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.destroy();
  }
}
