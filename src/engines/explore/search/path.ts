/** The states on the path that a search is on, found by their hash. */
import { grown } from '../machine/grown.ts';

export class Path {
  #low = new Int32Array(64);
  #high = new Int32Array(64);
  /** Open addressing; a slot has 1 + the depth of a state. The state that came last leaves first, so its slot can simply be emptied. */
  #slots = new Int32Array(256);
  #depth = 0;

  get depth(): number {
    return this.#depth;
  }

  clear(): void {
    this.#depth = 0;
    this.#slots.fill(0);
  }

  /** The slot of the key, or the empty one where it belongs. */
  #slotOf(low: number, high: number): number {
    const mask = this.#slots.length - 1;
    let slot = (Math.imul(low, 0x9e3779b1) ^ high) & mask;
    for (let at = this.#slots[slot] as number; at !== 0; at = this.#slots[slot] as number) {
      if (this.#low[at - 1] === low && this.#high[at - 1] === high) break;
      slot = (slot + 1) & mask;
    }
    return slot;
  }

  /** The depth at which the state is on the path, or -1. */
  depthOf(low: number, high: number): number {
    return (this.#slots[this.#slotOf(low, high)] as number) - 1;
  }

  /** The path goes on to a state that is not on it. */
  push(low: number, high: number): void {
    if (this.#depth === this.#low.length) this.#grow();
    this.#slots[this.#slotOf(low, high)] = this.#depth + 1;
    this.#low[this.#depth] = low;
    this.#high[this.#depth] = high;
    this.#depth++;
  }

  pop(): void {
    const top = this.#depth - 1;
    this.#slots[this.#slotOf(this.#low[top] as number, this.#high[top] as number)] = 0;
    this.#depth = top;
  }

  #grow(): void {
    this.#low = grown(this.#low);
    this.#high = grown(this.#high);
    this.#slots = new Int32Array(2 * this.#slots.length);
    for (let at = 0; at < this.#depth; at++)
      this.#slots[this.#slotOf(this.#low[at] as number, this.#high[at] as number)] = at + 1;
  }
}
