/** What a driver is: device state in a {@link Mirror}, hooks, and options that switch its policies. */

import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Mirror } from '../../arena/structures.ts';
import type { DeviceEntry, Errno, Vpn } from '../../arena/units.ts';
import type { DriverChange } from '../../kernels/changes.ts';
import type { PagemapOps } from '../../mm/page/devPagemap.ts';
import type { ClassicOps, IntervalOps } from '../../notifier/ops.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import type { Work } from '../../sync/workqueue.ts';

/** One policy of a driver: a closed set of values or whole numbers. */
export interface DriverOption {
  readonly help: string;
  readonly values?: readonly string[];
  /** The default; without it the first of the values. */
  readonly usual?: string;
  /** For numeric options: default and bounds. */
  readonly number?: { readonly default: number; readonly min: number; readonly max: number };
}

/** Objects of the arena that a driver takes for one mirror. */
export interface MirrorNeeds {
  readonly intervals: number;
  /** Page-table pages beside those of the device page table. */
  readonly tables: number;
}

/**
 * A driver plug-in. It is loaded in every worker, because the thread that changes the CPU page table is the one that runs
 * the driver's `invalidate`. It keeps no state of its own: everything is in the mirror (`mirror + Mirror.x`).
 *
 * Pages everywhere, ends exclusive. Errors are negative errno values.
 */
export interface Driver {
  readonly name: string;
  /** One line for `hmm-lab drivers`. */
  readonly summary: string;
  readonly options: Readonly<Record<string, DriverOption>>;
  /** Options that it has from the driver it derives from, and that stay at their defaults: its own hooks do not look at them. */
  readonly fixed?: readonly string[];
  /** What the driver did otherwise under older kernels (`kernel=6.1`), by its options. */
  readonly changes?: Readonly<Record<string, DriverChange>>;
  readonly interval: IntervalOps;
  /** Of its classic notifiers (mmu_notifier_register), which it registers under the id in `Mirror.driver`. */
  readonly classic?: ClassicOps;
  readonly pagemap: PagemapOps;
  /** Subscribes the mirror, made by {@link openMirror}, to its address space. */
  readonly open: (task: Task, mirror: Mirror) => Steps<Errno>;
  /** Unsubscribes and lets go of everything. */
  readonly close: (task: Task, mirror: Mirror) => Steps<void>;
  /** Makes the device able to access `start`, and as much up to `end` as it cares to. 0 or an error. */
  readonly fault: (task: Task, mirror: Mirror, start: Vpn, end: Vpn, write: boolean) => Steps<Errno>;
  /** Moves pages to the device. Returns how many moved. */
  readonly migrateToDevice: (task: Task, mirror: Mirror, start: Vpn, end: Vpn) => Steps<number>;
  /** Moves pages of this device back to system memory. Returns how many moved. */
  readonly migrateToSystem: (task: Task, mirror: Mirror, start: Vpn, end: Vpn) => Steps<number>;
  /** Gives the device atomic access to one page. 0 or an error. */
  readonly makeExclusive: (task: Task, mirror: Mirror, vpn: Vpn) => Steps<Errno>;
  /** Brings everything on the device back to system memory, as far as it can be had. Returns how many pages moved. */
  readonly evict: (task: Task, mirror: Mirror) => Steps<number>;
  /** Lets the device forget the entries of a range. Default: they are erased under the update lock, a mutex. */
  readonly forget?: (task: Task, mirror: Mirror, start: Vpn, end: Vpn) => Steps<void>;
  /** What a mirror of a region of so many pages may need at most; `words` are its option values. Default: one interval. */
  readonly needs?: (words: readonly number[], pages: number) => MirrorNeeds;
  /**
   * False: the device has no atomics, and makeExclusive always fails. `memory`: they work in memory of the device only, where makeExclusive
   * brings the page. True, or not there: makeExclusive keeps everybody else from the page.
   */
  readonly atomics?: boolean | 'memory';
  /**
   * Does a migration to the device move all pages of its range or none, with these option values? It may then give up with -EBUSY
   * because somebody holds a page for a moment. Default: no; what can be had moves.
   */
  readonly movesWhole?: (words: readonly number[]) => boolean;
  /** False: the device has no memory of its own, and nothing ever migrates to it. */
  readonly memory?: boolean;
  /** True: an engine of the device copies pages in a migration, by DMA mappings of them; else a CPU copies. */
  readonly dma?: boolean;
  /** What the driver leaves to a worker, in a queue in the mirror (`Mirror.work`); in the order in which a worker does it. */
  readonly work?: readonly Work[];
  /**
   * Of a device that walks the CPU's own page tables: the translation of an access, as a device entry, or 0 for a fault. A plain function,
   * called inside an access; the device keeps what it returns in its TLB. Default: the entry of the device page table.
   */
  readonly walk?: (task: Task, mirror: Mirror, vpn: Vpn, write: boolean) => DeviceEntry;
  /** Does the device access memory by itself (through a TLB), or under the driver lock? Default: by itself. */
  readonly accessUnderLock?: (arena: Arena, mirror: Mirror) => boolean;
}

/** A device as an actor uses it: its driver, and the mirror of an address space on it. */
export interface BoundDevice {
  readonly driver: Driver;
  readonly mirror: Mirror;
}

/** Needs of a mirror of a driver that does not say. */
const plainNeeds: MirrorNeeds = { intervals: 1, tables: 0 };

export const mirrorNeeds = (driver: Driver, words: readonly number[], pages: number): MirrorNeeds =>
  driver.needs?.(words, pages) ?? plainNeeds;

/** A device that walks the CPU's page tables has nothing that could collide with their changes. */
export const hasRetryLoop = (driver: Driver): boolean => driver.walk === undefined;

/** Words that a mirror has for options. */
export const MOST_OPTIONS = Mirror.private - Mirror.options;

/** Index of the value an option has for this mirror; for numeric options the number itself. */
export const driverOption = (arena: Arena, mirror: Mirror, place: number): number => get(arena, mirror + Mirror.options + place);
