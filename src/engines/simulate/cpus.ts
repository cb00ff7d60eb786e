/** The CPUs of a simulated machine: a thread needs one to run, and queues for it while all are taken. */
export class Cpus {
  /** CPU each actor has, -1 for none. */
  readonly of: Int32Array;
  readonly #free: number[];
  readonly #last: Int32Array;
  readonly #queue: Int32Array;
  #head = 0;
  #waiting = 0;
  #running = 0;

  constructor(cpus: number, actors: number) {
    this.of = new Int32Array(actors).fill(-1);
    this.#free = Array.from({ length: cpus }, (_, i) => cpus - 1 - i);
    this.#last = new Int32Array(cpus).fill(-1);
    this.#queue = new Int32Array(actors);
  }

  /** Threads that wait for a CPU. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Threads that have one. */
  get running(): number {
    return this.#running;
  }

  /** A CPU for the actor at once: true if it ran another thread before; or null, and the actor is in the queue. */
  take(actor: number): boolean | null {
    const cpu = this.#free.pop();
    if (cpu === undefined) {
      this.#queue[(this.#head + this.#waiting++) % this.#queue.length] = actor;
      return null;
    }
    this.#running++;
    return this.#give(cpu, actor);
  }

  #give(cpu: number, actor: number): boolean {
    this.of[actor] = cpu;
    const other = this.#last[cpu] !== actor;
    this.#last[cpu] = actor;
    return other;
  }

  /** The actor's CPU goes to the first in the queue, which is returned; -1 when nobody waits. */
  release(actor: number): number {
    const cpu = this.of[actor] as number;
    this.of[actor] = -1;
    if (this.#waiting === 0) {
      this.#free.push(cpu);
      this.#running--;
      return -1;
    }
    const next = this.#queue[this.#head] as number;
    this.#head = (this.#head + 1) % this.#queue.length;
    this.#waiting--;
    this.#give(cpu, next);
    return next;
  }
}
