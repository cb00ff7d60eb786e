/** A set of states, each known by 64 bits of hash, with a number of 8 bits to each: 9 bytes a slot, at most 3/4 full. */
export class Visited {
  #capacity: number;
  #mask: number;
  #keys: Int32Array;
  #values: Uint8Array;
  size = 0;

  constructor(capacity = 1 << 12) {
    this.#capacity = capacity;
    this.#mask = capacity - 1;
    this.#keys = new Int32Array(2 * capacity);
    this.#values = new Uint8Array(capacity);
  }

  /**
   * Notes that the state was reached at the price `value`. False if it was reached before at no higher price. A key of two
   * zeros stands for an empty slot, so that one state in 2^64 is looked at again and again.
   */
  add(low: number, high: number, value: number): boolean {
    if (4 * this.size >= 3 * this.#capacity) this.#grow();
    const slot = this.#find(low, high);
    if (this.#keys[2 * slot] === 0 && this.#keys[2 * slot + 1] === 0) {
      this.#keys[2 * slot] = low;
      this.#keys[2 * slot + 1] = high;
      this.#values[slot] = value;
      this.size++;
      return true;
    }
    if ((this.#values[slot] as number) <= value) return false;
    this.#values[slot] = value;
    return true;
  }

  /** The slot of the key, or the empty one where it belongs. */
  #find(low: number, high: number): number {
    const keys = this.#keys;
    // The halves are well mixed already, except where they are sums of differences.
    let slot = (Math.imul(low, 0x9e3779b1) ^ high) & this.#mask;
    for (;;) {
      const a = keys[2 * slot];
      const b = keys[2 * slot + 1];
      if ((a === low && b === high) || (a === 0 && b === 0)) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #grow(): void {
    const [keys, values, capacity] = [this.#keys, this.#values, this.#capacity];
    this.#capacity *= 2;
    this.#mask = this.#capacity - 1;
    this.#keys = new Int32Array(2 * this.#capacity);
    this.#values = new Uint8Array(this.#capacity);
    for (let i = 0; i < capacity; i++) {
      const low = keys[2 * i] as number;
      const high = keys[2 * i + 1] as number;
      if (low === 0 && high === 0) continue;
      const slot = this.#find(low, high);
      this.#keys[2 * slot] = low;
      this.#keys[2 * slot + 1] = high;
      this.#values[slot] = values[i] as number;
    }
  }
}
