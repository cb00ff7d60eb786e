/** The machine that a program runs on. It holds nothing that changes while actors run: all of that is in the arena. */
import type { Arena } from '../arena/arena.ts';
import type { Mm } from '../arena/structures.ts';
import type { Handle, Vpn } from '../arena/units.ts';
import type { Driver } from '../drivers/base/driver.ts';
import type { Probed } from '../drivers/base/probe.ts';

/** Missing pages of [start, start + pages) of an address space: page i is filled with the word `first` + i. */
export interface MissingRange {
  readonly mm: Mm;
  readonly start: Vpn;
  readonly pages: number;
  readonly first: number;
  /** Of the userfaultfd that they are reported to. */
  readonly context: Handle<'userfaultfd'>;
}

export interface Machine {
  readonly arena: Arena;
  readonly driver: Driver;
  /** The id it is registered under. */
  readonly driverId: number;
  /** Values of its options. */
  readonly driverWords: readonly number[];
  /** By number; the nodes of those that have no hardware behind them exist all the same. */
  readonly devices: readonly Probed[];
  /** The page that programs call 0, and the first one after those that they can name. */
  readonly base: Vpn;
  readonly end: Vpn;
  /** Nobody closes a file or exits while others do something: then nobody counts who uses what. */
  readonly isFixed: boolean;
  /** Ranges whose missing pages a thread of their process fills; the set-up adds to them. */
  readonly missing: MissingRange[];
}
