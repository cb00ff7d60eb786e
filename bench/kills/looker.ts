/** Looks in a thread of its own, which is brought down when a step of a changed model does not come to its end. */
import { Worker } from 'node:worker_threads';
import { cpuMs, type Look, type LookJob, Pulse, type Shown } from './look.ts';

/** Without a beat for so long, in milliseconds of a processor or of the clock, a step has no end: a look beats many times a second. */
const QUIET_MS = 8000;
const ASLEEP_MS = 300_000;

type Answer = Look | { readonly error: string };

export class Looker {
  #thread: Worker | null = null;
  #heard: (answer: Answer | Error) => void = () => {};
  readonly #memory = new SharedArrayBuffer(4 * Pulse.words);

  /** @throws Error when the change makes no model. */
  async look(job: LookJob): Promise<Look> {
    const began = cpuMs();
    const thread = this.#thread ?? this.#begin();
    const pulse = new Int32Array(this.#memory);
    Atomics.store(pulse, Pulse.program, 0);
    let watch: NodeJS.Timeout | undefined;
    return new Promise<Look>((resolve, reject) => {
      let beat = -1;
      let [since, sinceClock] = [cpuMs(), Date.now()];
      const stuck = (): void => {
        this.#thread = null;
        void thread.terminate();
        const found: Shown = {
          rule: 'I-PROG',
          message: 'a step does not come to its end',
          program: job.names[pulse[Pulse.program] as number] as string,
          preemptions: pulse[Pulse.preemptions] as number,
        };
        resolve({ found, looked: [], seconds: (cpuMs() - began) / 1000 });
      };
      watch = setInterval(() => {
        const now = Atomics.load(pulse, Pulse.beat);
        if (now !== beat) [since, sinceClock] = [cpuMs(), Date.now()];
        beat = now;
        if (cpuMs() - since > QUIET_MS || Date.now() - sinceClock > ASLEEP_MS) stuck();
      }, 500);
      // One listener for all jobs: a thread whose last one goes does not deliver what it says afterwards.
      this.#heard = (answer) => {
        if (answer instanceof Error || 'error' in answer) reject(answer instanceof Error ? answer : new Error(answer.error));
        else resolve(answer);
      };
      thread.postMessage(job);
    }).finally(() => {
      clearInterval(watch);
      this.#heard = () => {};
    });
  }

  #begin(): Worker {
    const thread = new Worker(new URL('./worker.js', import.meta.url), { workerData: this.#memory });
    thread.on('message', (answer: Answer) => this.#heard(answer));
    thread.on('error', (error) => {
      if (this.#thread === thread) this.#thread = null;
      this.#heard(error as Error);
    });
    this.#thread = thread;
    return thread;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#thread?.terminate();
  }
}
