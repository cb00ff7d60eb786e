/** States that were reached, each with the price at which it was: 9 bytes a slot. */
import { KeyTable } from './keyTable.ts';

/** Highest price that can be told apart. */
export const HIGHEST_PRICE = 255;

export class Visited {
  readonly #table = new KeyTable((length) => new Uint8Array(length));

  get size(): number {
    return this.#table.size;
  }

  /** The price at which the last state that was added had been reached before; -1 if it had not been. */
  before = -1;

  /** Notes that the state was reached at the price `value`. False if it was reached before at no higher price. */
  add(low: number, high: number, value: number): boolean {
    const table = this.#table;
    const slot = table.slotOf(low, high);
    if (table.isEmpty(slot)) {
      table.fill(slot, low, high, value);
      this.before = -1;
      return true;
    }
    this.before = table.valueAt(slot);
    if (this.before <= value) return false;
    table.setValueAt(slot, value);
    return true;
  }

  /** Was the state noted, at whatever price? */
  has(low: number, high: number): boolean {
    return !this.#table.isEmpty(this.#table.slotOf(low, high));
  }
}
