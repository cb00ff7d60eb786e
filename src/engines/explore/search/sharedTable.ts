/**
 * States that several threads have reached, in memory that they share: open addressing, a slot of 8 bytes for the hash, a byte for what
 * remains to be done below it and, within a bound, one for the price. At most 3/4 of the slots are full; then the table grows in place
 * to twice its size, while all threads wait.
 */

/** Slots at first, and at most: as powers of two. */
const FIRST_BITS = 14;
const MOST_BITS = 26;

const growable = (bytesOfSlot: number, bits: number): SharedArrayBuffer =>
  new SharedArrayBuffer(bytesOfSlot << bits, { maxByteLength: bytesOfSlot << MOST_BITS });

/** What threads are given of a table. */
export interface TableMemory {
  readonly keys: SharedArrayBuffer;
  readonly parts: SharedArrayBuffer;
  /** Null where every state has the same price. */
  readonly prices: SharedArrayBuffer | null;
}

export function emptyTable(hasPrices: boolean): TableMemory {
  const bits = FIRST_BITS;
  return { keys: growable(8, bits), parts: growable(1, bits), prices: hasPrices ? growable(1, bits) : null };
}

/** A copy of a table, as bytes. */
export interface SavedTable {
  readonly keys: Uint8Array;
  readonly parts: Uint8Array;
  readonly prices: Uint8Array | null;
}

/** The table as it is, while no thread changes it: not a copy. */
export const bytesOf = ({ keys, parts, prices }: TableMemory): SavedTable => ({
  keys: new Uint8Array(keys),
  parts: new Uint8Array(parts),
  prices: prices === null ? null : new Uint8Array(prices),
});

/** A table with what was in one before. */
export function restoredTable({ keys, parts, prices }: SavedTable): TableMemory {
  const bits = Math.log2(parts.length);
  const memory = { keys: growable(8, bits), parts: growable(1, bits), prices: prices === null ? null : growable(1, bits) };
  const bytes = bytesOf(memory);
  bytes.keys.set(keys);
  bytes.parts.set(parts);
  if (prices !== null) bytes.prices?.set(prices);
  return memory;
}

/** Should a table of so many slots grow? */
export const isFull = (states: number, slots: number): boolean => 4 * states >= 3 * slots;

/** A byte of a state nobody has begun with; it is finished; one more than that for each part of it that is not. */
const [FRESH, FINISHED] = [0, 1];

/** In place of a half of a hash that is 0, which means an empty slot. */
const ZERO = 0x5bd1e995;

/** The table as one thread sees it. */
export class SharedTable {
  readonly #memory: TableMemory;
  #keys!: Int32Array<SharedArrayBuffer>;
  #parts!: Uint8Array<SharedArrayBuffer>;
  #prices!: Uint8Array<SharedArrayBuffer> | null;
  #mask = 0;
  /** States that this thread was the first to reach. */
  claimed = 0;
  /** The price at which the last state that was added had been reached before; -1 if it had not been. */
  before = -1;
  /** Where the last state that was added is: as long as {@link slots} stays what it is. */
  slot = 0;
  #isNew = false;

  /** What it takes, in bytes. */
  get bytes(): number {
    const { keys, parts, prices } = this.#memory;
    return keys.byteLength + parts.byteLength + (prices?.byteLength ?? 0);
  }

  constructor(memory: TableMemory) {
    this.#memory = memory;
    this.renew();
  }

  /** The table has grown. */
  renew(): void {
    const { keys, parts, prices } = this.#memory;
    const slots = keys.byteLength / 8;
    this.#keys = new Int32Array(keys, 0, 2 * slots);
    this.#parts = new Uint8Array(parts, 0, slots);
    this.#prices = prices === null ? null : new Uint8Array(prices, 0, slots);
    this.#mask = slots - 1;
  }

  get slots(): number {
    return this.#mask + 1;
  }

  /** Has another thread made it larger? */
  get hasGrown(): boolean {
    return this.#memory.keys.byteLength !== 8 * this.slots;
  }

  get canGrow(): boolean {
    return this.slots < 1 << MOST_BITS;
  }

  /** Notes that the state was reached at `price`. False if it was reached before at no higher one, by whomever. */
  add(low: number, high: number, price: number): boolean {
    const slot = this.#slotOf(low, high, true);
    const prices = this.#prices;
    this.slot = slot;
    this.before = -1;
    if (prices === null) return this.#isNew;
    // One more than the price; 0 is of a state whose first thread has not come to this yet.
    for (let seen = Atomics.load(prices, slot); seen === 0 || seen > price + 1; ) {
      const was = Atomics.compareExchange(prices, slot, seen, price + 1);
      if (was === seen) {
        this.before = seen - 1;
        return true;
      }
      seen = was;
    }
    return false;
  }

  /** The slot of the state; a new one, or with `makes` false -1, if nobody has reached it. */
  #slotOf(low: number, high: number, makes: boolean): number {
    const keys = this.#keys;
    const mask = this.#mask;
    const [one, other] = [low === 0 ? ZERO : low, high === 0 ? ZERO : high];
    let slot = home(one, other) & mask;
    this.#isNew = false;
    // A half, once it is there, stays what it is: a plain look that sees it is right, and is much cheaper.
    for (;;) {
      let found = keys[2 * slot] as number;
      if (found === 0) {
        if (!makes) return -1;
        found = Atomics.compareExchange(keys, 2 * slot, 0, one);
        if (found === 0) {
          this.#parts[slot] = FINISHED + 1;
          keys[2 * slot + 1] = other;
          this.claimed++;
          this.#isNew = true;
          return slot;
        }
      }
      if (found === one) {
        const half = keys[2 * slot + 1] as number;
        if ((half === 0 ? this.#secondHalf(slot) : half) === other) return slot;
      }
      slot = (slot + 1) & mask;
    }
  }

  /** The thread that has put the first half there is about to put the second one. */
  #secondHalf(slot: number): number {
    for (;;) {
      const half = Atomics.load(this.#keys, 2 * slot + 1);
      if (half !== 0) return half;
      Atomics.wait(this.#keys, 2 * slot + 1, 0, 1);
    }
  }

  /** Where a state is that was reached. */
  find(low: number, high: number): number {
    return this.#slotOf(low, high, false);
  }

  /** Has everything below the state in this slot been looked at, whatever its price? If another thread has just done so, it may say no. */
  isFinished(slot: number): boolean {
    return this.#parts[slot] === FINISHED;
  }

  /** A part of what is below the state in this slot is given to another thread. */
  addPart(slot: number): void {
    Atomics.add(this.#parts, slot, 1);
  }

  /** A part of the state in this slot is finished. Is all of it finished now? */
  finishPart(slot: number): boolean {
    return Atomics.sub(this.#parts, slot, 1) === FINISHED + 1;
  }

  /** The state in this slot, of which no other thread has a part, is finished. */
  finish(slot: number): void {
    this.#parts[slot] = FINISHED;
  }

  /**
   * Grows, while no other thread uses the table: {@link renew} is for them. Keys that stand together in a row, with empty slots around
   * it, belong either there or as far on in the upper half. So row by row is taken out and put in again, and nothing is needed beside.
   */
  grow(): void {
    const { keys, parts, prices } = this.#memory;
    const old = this.slots;
    keys.grow(16 * old);
    parts.grow(2 * old);
    prices?.grow(2 * old);
    this.renew();
    const { claimed } = this;
    const row: number[] = [];
    let first = 0;
    while (this.#keys[2 * first] !== 0) first++;
    // The row that goes over the end of the old table comes last, when all others are where they belong.
    for (let i = 0; i <= old; i++) {
      const slot = (first + i) & (old - 1);
      if (i < old && this.#keys[2 * slot] !== 0) this.#takeOut(slot, row);
      else if (row.length > 0) this.#putIn(row);
    }
    this.claimed = claimed;
  }

  #takeOut(slot: number, row: number[]): void {
    row.push(this.#keys[2 * slot] as number, this.#keys[2 * slot + 1] as number, this.#parts[slot] as number);
    if (this.#prices !== null) row.push(this.#prices[slot] as number);
    this.#keys[2 * slot] = 0;
    this.#keys[2 * slot + 1] = 0;
    this.#parts[slot] = FRESH;
    if (this.#prices !== null) this.#prices[slot] = 0;
  }

  #putIn(row: number[]): void {
    const size = this.#prices === null ? 3 : 4;
    for (let i = 0; i < row.length; i += size) {
      const slot = this.#slotOf(row[i] as number, row[i + 1] as number, true);
      this.#parts[slot] = row[i + 2] as number;
      if (this.#prices !== null) this.#prices[slot] = row[i + 3] as number;
    }
    row.length = 0;
  }
}

/** The halves are well mixed already, except where they are sums of differences. */
const home = (low: number, high: number): number => Math.imul(low, 0x9e3779b1) ^ high;
