/** A table from 64 bits of hash to a small number: open addressing, at most 3/4 full. */
export class KeyTable<Values extends Uint8Array | Int32Array> {
  #mask: number;
  #keys: Int32Array;
  #values: Values;
  readonly #make: (length: number) => Values;
  size = 0;

  constructor(make: (length: number) => Values, capacity = 1 << 8) {
    this.#make = make;
    this.#mask = capacity - 1;
    this.#keys = new Int32Array(2 * capacity);
    this.#values = make(capacity);
  }

  /**
   * The slot of the key, or the empty one where it belongs. A key of two zeros stands for an empty slot, so that one state in 2^64
   * is looked at again and again.
   */
  slotOf(low: number, high: number): number {
    const keys = this.#keys;
    const mask = this.#mask;
    // The halves are well mixed already, except where they are sums of differences.
    let slot = (Math.imul(low, 0x9e3779b1) ^ high) & mask;
    for (;;) {
      const a = keys[2 * slot];
      const b = keys[2 * slot + 1];
      if ((a === low && b === high) || (a === 0 && b === 0)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  isEmpty(slot: number): boolean {
    return this.#keys[2 * slot] === 0 && this.#keys[2 * slot + 1] === 0;
  }

  valueAt(slot: number): number {
    return this.#values[slot] as number;
  }

  setValueAt(slot: number, value: number): void {
    this.#values[slot] = value;
  }

  /** Fills the empty slot that was found for the key. Slots change by it. */
  fill(slot: number, low: number, high: number, value: number): void {
    this.#keys[2 * slot] = low;
    this.#keys[2 * slot + 1] = high;
    this.#values[slot] = value;
    this.size++;
    if (4 * this.size >= 3 * (this.#mask + 1)) this.#grow();
  }

  #grow(): void {
    const [keys, values, capacity] = [this.#keys, this.#values, this.#mask + 1];
    this.#mask = 2 * capacity - 1;
    this.#keys = new Int32Array(4 * capacity);
    this.#values = this.#make(2 * capacity);
    for (let i = 0; i < capacity; i++) {
      const low = keys[2 * i] as number;
      const high = keys[2 * i + 1] as number;
      if (low === 0 && high === 0) continue;
      const slot = this.slotOf(low, high);
      this.#keys[2 * slot] = low;
      this.#keys[2 * slot + 1] = high;
      this.#values[slot] = values[i] as number;
    }
  }
}
