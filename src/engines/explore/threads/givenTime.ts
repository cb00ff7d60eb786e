/**
 * A clock for what threads may take: it goes as fast as they get a processor. By the clock on the wall a step would have no end because
 * the machine is busy with something else.
 */

/** Who sleeps uses no processor: time never goes more slowly than the wall's, divided by this. */
const SLOWEST = 20;

export class GivenTime {
  #wall: number;
  #cpu: number;
  #now = 0;

  constructor(wall = performance.now(), cpu = process.cpuUsage()) {
    this.#wall = wall;
    this.#cpu = cpu.user + cpu.system;
  }

  /** To be called a few times a second: milliseconds that each of `busy` threads of the process has had so far. */
  now(busy: number, wall = performance.now(), cpu = process.cpuUsage()): number {
    const used = cpu.user + cpu.system;
    const [passed, had] = [wall - this.#wall, (used - this.#cpu) / 1000 / Math.max(1, busy)];
    this.#now += Math.max(Math.min(passed, had), passed / SLOWEST);
    [this.#wall, this.#cpu] = [wall, used];
    return this.#now;
  }
}
