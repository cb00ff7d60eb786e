/**
 * When what happens next: a binary heap over typed arrays. Events of one moment come in the order they were added.
 *
 * Most often an event that was taken out is followed by one that is added, of the same actor a little later. So the place of the
 * one taken out, the root, stays empty until then: the new one sinks from there, and mostly not far.
 */
export class EventQueue {
  readonly #times: Float64Array;
  readonly #orders: Float64Array;
  readonly #items: Int32Array;
  /** Places in use, with the empty root. */
  #places = 0;
  /** 1 while the root is empty, else 0. */
  #empty = 0;
  #added = 0;

  /** Room for `capacity` events at a time. */
  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#items = new Int32Array(capacity);
  }

  get size(): number {
    return this.#places - this.#empty;
  }

  /** Time of the next event, Infinity when there is none. */
  get time(): number {
    const times = this.#times;
    if (this.#places <= this.#empty) return Number.POSITIVE_INFINITY;
    if (this.#empty === 0) return times[0] as number;
    const [left, right] = [times[1] as number, times[2] as number];
    return this.#places > 2 && right < left ? right : left;
  }

  #before(a: number, time: number, order: number): boolean {
    const earlier = (this.#times[a] as number) - time;
    return earlier < 0 || (earlier === 0 && (this.#orders[a] as number) < order);
  }

  #put(at: number, time: number, order: number, item: number): void {
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#items[at] = item;
  }

  #move(from: number, to: number): void {
    this.#put(to, this.#times[from] as number, this.#orders[from] as number, this.#items[from] as number);
  }

  /** Puts an event into the empty root and lets it sink. */
  #sink(time: number, order: number, item: number): void {
    const places = this.#places;
    let at = 0;
    for (let child = 1; child < places; child = 2 * at + 1) {
      const right = child + 1;
      if (right < places && this.#before(right, this.#times[child] as number, this.#orders[child] as number)) child = right;
      if (!this.#before(child, time, order)) break;
      this.#move(child, at);
      at = child;
    }
    this.#put(at, time, order, item);
    this.#empty = 0;
  }

  /** @throws RangeError when the queue is full. */
  push(time: number, item: number): void {
    const order = this.#added++;
    if (this.#empty === 1) {
      this.#sink(time, order, item);
      return;
    }
    if (this.#places === this.#items.length) throw new RangeError(`event queue: there is room for ${this.#places} events`);
    let at = this.#places++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // The newcomer is the latest of its moment: it stays below its equals.
      if ((this.#times[parent] as number) <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#put(at, time, order, item);
  }

  /** Takes the next event out and returns its item, -1 when there is none. */
  pop(): number {
    if (this.#empty === 1) {
      const last = --this.#places;
      if (last === 0) this.#empty = 0;
      else this.#sink(this.#times[last] as number, this.#orders[last] as number, this.#items[last] as number);
    }
    if (this.#places === 0) return -1;
    this.#empty = 1;
    return this.#items[0] as number;
  }
}
