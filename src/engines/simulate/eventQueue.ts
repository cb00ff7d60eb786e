/** When what happens next: a binary heap over typed arrays. Events of one moment come in the order they were added. */
export class EventQueue {
  readonly #times: Float64Array;
  readonly #orders: Float64Array;
  readonly #items: Int32Array;
  #size = 0;
  #added = 0;

  /** Room for `capacity` events at a time. */
  constructor(capacity: number) {
    this.#times = new Float64Array(capacity);
    this.#orders = new Float64Array(capacity);
    this.#items = new Int32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  /** Time of the next event, Infinity when there is none. */
  get time(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : (this.#times[0] as number);
  }

  #before(a: number, b: number): boolean {
    const earlier = (this.#times[a] as number) - (this.#times[b] as number);
    return earlier < 0 || (earlier === 0 && (this.#orders[a] as number) < (this.#orders[b] as number));
  }

  #move(from: number, to: number): void {
    this.#times[to] = this.#times[from] as number;
    this.#orders[to] = this.#orders[from] as number;
    this.#items[to] = this.#items[from] as number;
  }

  /** @throws RangeError when the queue is full. */
  push(time: number, item: number): void {
    if (this.#size === this.#items.length) throw new RangeError(`event queue: there is room for ${this.#size} events`);
    const order = this.#added++;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      // The newcomer is the latest of its moment: it stays below its equals.
      if ((this.#times[parent] as number) <= time) break;
      this.#move(parent, at);
      at = parent;
    }
    this.#times[at] = time;
    this.#orders[at] = order;
    this.#items[at] = item;
  }

  /** Takes the next event out and returns its item, -1 when there is none. */
  pop(): number {
    if (this.#size === 0) return -1;
    const item = this.#items[0] as number;
    const last = --this.#size;
    let at = 0;
    for (let child = 1; child < last; child = 2 * at + 1) {
      if (child + 1 < last && this.#before(child + 1, child)) child++;
      if (!this.#before(child, last)) break;
      this.#move(child, at);
      at = child;
    }
    this.#move(last, at);
    return item;
  }
}
