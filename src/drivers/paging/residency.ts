/** Blocks of a region that are on a device, in the order of their last use: a ring of links, so that every change is constant. */
export class Residency {
  /** Blocks that fit. */
  readonly capacity: number;
  /** Neighbours in the ring; -1 for a block that is not on the device. The place after the blocks is the ring's head. */
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  readonly #holders: Uint8Array;
  readonly #head: number;
  #size = 0;

  constructor(blocks: number, capacity: number) {
    this.capacity = capacity;
    this.#head = blocks;
    this.#newer = new Int32Array(blocks + 1).fill(-1);
    this.#older = new Int32Array(blocks + 1).fill(-1);
    this.#newer[blocks] = blocks;
    this.#older[blocks] = blocks;
    this.#holders = new Uint8Array(blocks);
  }

  /** Are there more blocks than fit? */
  get overfull(): boolean {
    return this.#size > this.capacity;
  }

  has(block: number): boolean {
    return this.#newer[block] !== -1;
  }

  /** The block is on the device, and has just been used. */
  use(block: number): void {
    this.remove(block);
    const newest = this.#older[this.#head] as number;
    this.#newer[newest] = block;
    this.#older[block] = newest;
    this.#newer[block] = this.#head;
    this.#older[this.#head] = block;
    this.#size++;
  }

  /** The block leaves. */
  remove(block: number): void {
    if (!this.has(block)) return;
    const [newer, older] = [this.#newer[block] as number, this.#older[block] as number];
    this.#older[newer] = older;
    this.#newer[older] = newer;
    this.#newer[block] = -1;
    this.#older[block] = -1;
    this.#size--;
  }

  /** Somebody is at work on the block: until {@link release} it is no victim. */
  hold(block: number): void {
    this.#holders[block] = (this.#holders[block] as number) + 1;
  }

  release(block: number): void {
    this.#holders[block] = (this.#holders[block] as number) - 1;
  }

  /** The block used longest ago that nobody holds, -1 if there is none. */
  victim(): number {
    let block = this.#newer[this.#head] as number;
    while (block !== this.#head && this.#holders[block] !== 0) block = this.#newer[block] as number;
    return block === this.#head ? -1 : block;
  }
}
