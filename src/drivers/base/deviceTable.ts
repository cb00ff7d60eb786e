/**
 * The device page table of a mirror: the same radix tables as the CPU's. An entry is `pfn << 12 | DEV_* bits`. It holds no
 * page reference: its lifetime rests wholly on the notifier clearing it in time. Changed only under the update lock.
 */

import { get, load, set, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Counter } from '../../arena/counters.ts';
import { Mirror } from '../../arena/structures.ts';
import type { DeviceEntry, HmmPfn, PageTable, Pfn, Vpn } from '../../arena/units.ts';
import type { HmmRange } from '../../hmm/hmmRange.ts';
import { HMM_PFN_VALID, HMM_PFN_WRITE } from '../../hmm/pfn.ts';
import { PG_DIRTY, setPageFlags } from '../../mm/page/page.ts';
import { ensureTable, lookupTable, nextPopulated, pteAt, tableEnd } from '../../mm/table/tables.ts';
import { Point } from '../../steps/points.ts';
import { erased, type Steps } from '../../steps/steps.ts';
import { count, type Task } from '../../sync/task.ts';

export const DEV_VALID = 1;
export const DEV_WRITE = 2;
export const DEV_ATOMIC = 4;

export const mkDeviceEntry = (pfn: Pfn, bits: number): DeviceEntry => (pfn << 12) | DEV_VALID | bits;
export const deviceEntryPfn = (entry: DeviceEntry): Pfn => entry >>> 12;

/** The entry of `vpn`, 0 for none. */
export function deviceEntry(arena: Arena, mirror: Mirror, vpn: Vpn): DeviceEntry {
  const table = lookupTable(arena, get(arena, mirror + Mirror.table), vpn);
  // Pairs with the store, and the look at accesses under way, of whoever erases the entry and flushes the device TLB.
  return table === 0 ? 0 : load(arena, pteAt(arena, table, vpn));
}

/** Stores an entry. Returns the one it replaced, or -1 when there is no memory for the table. */
export function* setDeviceEntry(task: Task, mirror: Mirror, vpn: Vpn, entry: DeviceEntry): Steps<number> {
  const { arena } = task;
  const table = yield* ensureDeviceTable(task, mirror, vpn);
  if (table === 0) return -1;
  const word = pteAt(arena, table, vpn);
  const old = get(arena, word);
  yield Point.setPte;
  store(arena, word, entry);
  return old;
}

/** Does replacing `old` by `entry` leave a translation that must not be used any more? */
export const needsFlush = (old: DeviceEntry, entry: DeviceEntry): boolean =>
  (old & DEV_VALID) !== 0 && (deviceEntryPfn(old) !== deviceEntryPfn(entry) || (old & ~entry & (DEV_WRITE | DEV_ATOMIC)) !== 0);

/**
 * Stores the entries for the words of a range fault, from `vpn` on in one last-level table, up to `end`. Returns the page it
 * stops at: one whose word lacks what the range asked for, or whose entry would replace another that the device may still use.
 * Plain stores under the update lock: a device that reads an entry a moment early finds what was there before, and that was
 * right then.
 */
export function storeFromPfns(arena: Arena, table: PageTable, range: HmmRange, vpn: Vpn, end: Vpn): Vpn {
  const pfns = range.hmmPfns;
  const required = range.defaultFlags & (HMM_PFN_VALID | HMM_PFN_WRITE);
  const { words } = arena;
  const to = pteAt(arena, table, vpn);
  const from = vpn - range.start;
  const count = end - vpn;
  let i = 0;
  // Four at a time, as long as all four are new or all four are there already. An explorer must see each access.
  for (; erased && i + 3 < count; i += 4) {
    const at = from + i;
    const w0 = pfns[at] as number;
    const w1 = pfns[at + 1] as number;
    const w2 = pfns[at + 2] as number;
    const w3 = pfns[at + 3] as number;
    if ((w0 & w1 & w2 & w3 & required) !== required) break;
    const slot = to + i;
    const o0 = words[slot] as number;
    const o1 = words[slot + 1] as number;
    const o2 = words[slot + 2] as number;
    const o3 = words[slot + 3] as number;
    const e0 = entryFromPfn(w0);
    const e1 = entryFromPfn(w1);
    const e2 = entryFromPfn(w2);
    const e3 = entryFromPfn(w3);
    if (((o0 ^ e0) | (o1 ^ e1) | (o2 ^ e2) | (o3 ^ e3)) === 0) continue;
    if ((o0 | o1 | o2 | o3) !== 0) break;
    words[slot] = e0;
    words[slot + 1] = e1;
    words[slot + 2] = e2;
    words[slot + 3] = e3;
  }
  for (; i < count; i++) {
    const word = pfns[from + i] as number;
    if ((word & required) !== required) break;
    const entry = entryFromPfn(word);
    const old = get(arena, to + i);
    if (old === entry) continue;
    if (old !== 0) break;
    set(arena, to + i, entry);
  }
  return vpn + i;
}

/** The device entry for a VALID word of a range fault; the shift drops its flags, which are the highest bits. */
export const entryFromPfn = (word: HmmPfn): DeviceEntry => (word << 12) | DEV_VALID | ((word >>> 29) & DEV_WRITE);

/** The last-level device table of `vpn`, made if need be; 0 when there is no memory for it. */
export function* ensureDeviceTable(task: Task, mirror: Mirror, vpn: Vpn): Steps<PageTable> {
  return yield* ensureTable(task, mirror + Mirror.tableLock, get(task.arena, mirror + Mirror.table), vpn);
}

/**
 * Clears the entries of [start, end) and returns how many there were; then the device TLB must be flushed before the
 * update lock is dropped. A page the device may have written is marked dirty first, as nothing else remembers that, unless `dirties` is false.
 */
export function* eraseDeviceEntries(task: Task, mirror: Mirror, start: Vpn, end: Vpn, dirties = true): Steps<number> {
  return yield* clearBits(task, mirror, [start, end], -1, dirties);
}

/**
 * Marks the entries of [start, end) as not to be used until they are validated: they stay, and are valid no more. For a driver
 * that does not unmap, but waits for what is under way. Returns how many there were.
 */
export function* suspendDeviceEntries(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<number> {
  return yield* clearBits(task, mirror, [start, end], DEV_VALID, true);
}

function* clearBits(
  task: Task,
  mirror: Mirror,
  [start, end]: readonly [Vpn, Vpn],
  bits: number,
  dirties: boolean,
): Steps<number> {
  const { arena } = task;
  const root = get(arena, mirror + Mirror.table);
  let cleared = 0;
  for (let vpn = nextPopulated(arena, root, start, end); vpn < end; vpn = nextPopulated(arena, root, vpn, end)) {
    const table = lookupTable(arena, root, vpn);
    const stop = tableEnd(vpn, end);
    for (; vpn < stop; vpn++) {
      const word = pteAt(arena, table, vpn);
      const entry = get(arena, word);
      if ((entry & bits) === 0) continue;
      if (dirties && (entry & DEV_VALID) !== 0 && (entry & (DEV_WRITE | DEV_ATOMIC)) !== 0)
        setPageFlags(arena, deviceEntryPfn(entry), PG_DIRTY);
      yield Point.clearPte;
      store(arena, word, entry & ~bits);
      cleared++;
    }
  }
  if (cleared > 0) count(task, Counter.zappedEntries, cleared);
  return cleared;
}
