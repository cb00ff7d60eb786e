import type { Mm, Vma } from '../arena/structures.ts';
import type { Pfn, Vpn } from '../arena/units.ts';
/** A migration under way. */

/** Where a transaction is; each call checks that it is called in its turn (I-MIG). */
export type MigrateState = 'new' | 'collected' | 'committed' | 'done';

/** struct migrate_vma. Pages, `end` exclusive; all inside one VMA. */
export interface MigrateVma {
  readonly mm: Mm;
  readonly vma: Vma;
  readonly start: Vpn;
  readonly end: Vpn;
  /** One word a page; written by the core only. */
  readonly src: Int32Array;
  /** One word a page; cleared by the core, filled by the driver, consumed by finalize. */
  readonly dst: Int32Array;
  /** Compared with the owner of device pages, and sent as owner of the MIGRATE events. */
  readonly pgmapOwner: number;
  /** MIGRATE_VMA_SELECT_* bits. Empty entries are collected whatever they are. */
  readonly flags: number;
  /** The page a CPU fault is about, locked and referenced by the fault path; 0 otherwise. */
  readonly faultPage: Pfn;
  /** Slots walked. */
  npages: number;
  /** Slots still migrating after setup. */
  cpages: number;
  state: MigrateState;
}
