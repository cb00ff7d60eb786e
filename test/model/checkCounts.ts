/** Conservation at a quiescent point: every count of the arena against what its page tables and lists say. */
import assert from 'node:assert/strict';
import { get, load } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { ZERO_PFN } from '../../src/arena/config.ts';
import { handleOf, liveObjects } from '../../src/arena/pool.ts';
import {
  Actor,
  AddressSpace,
  AnonVma,
  Header,
  IntervalSub,
  Mm,
  MmFlag,
  Pgmap,
  Subscriptions,
  Vma,
} from '../../src/arena/structures.ts';
import { pagesIn } from '../../src/mm/file/addressSpace.ts';
import { isDevicePrivatePage } from '../../src/mm/page/devPagemap.ts';
import {
  isDevicePage,
  PG_ANON_EXCLUSIVE,
  PG_DEVICE,
  PG_FILE,
  PG_LOCKED,
  pageCount,
  pageFlags,
  pageIndex,
  pageMapcount,
  pageMapping,
  pageSwap,
} from '../../src/mm/page/page.ts';
import { freePages } from '../../src/mm/page/zone.ts';
import {
  describePte,
  isDeviceExclusive,
  isDevicePrivate,
  isMigration,
  leafWritable,
  mapsPage,
  PTE_SPECIAL,
  ptePfn,
  ptePresent,
  pteWrite,
} from '../../src/mm/table/pte.ts';
import { forEachEntry } from '../../src/mm/table/tables.ts';
import { linearPageIndex, VM_WRITE, vmaFlags, vmaLookup, vmasIn } from '../../src/mm/vma/vma.ts';
import { checkSwap } from '../../src/oracles/swap.ts';

/** What a test holds on purpose. */
export interface Held {
  /** References beyond those of the page tables, by page frame. */
  readonly references?: ReadonlyMap<number, number>;
  /** Pages locked on purpose. */
  readonly locked?: readonly number[];
}

interface Seen {
  /** Entries that map each page. */
  readonly maps: Map<number, number>;
  /** Pages that some writable entry maps. */
  readonly writable: Set<number>;
  /** Page-table pages in use. */
  tables: number;
  /** Pages that the cache of a file holds. */
  readonly cached: Set<number>;
}

const isFilePage = (arena: Arena, pfn: number): boolean => (pageFlags(arena, pfn) & PG_FILE) !== 0;

/** An address space whose tables still stand. */
const lives = (arena: Arena, mm: number): boolean => (load(arena, mm + Mm.flags) & MmFlag.exiting) === 0;

/** The page an entry maps, 0 for none. */
function checkEntry(arena: Arena, mm: number, vpn: number, entry: number, seen: Seen): number {
  const what = `mm ${mm} page ${vpn}: ${describePte(entry)}`;
  assert.ok(!isMigration(entry), `${what} is a migration entry at rest`);
  const vma = vmaLookup(arena, mm, vpn);
  assert.notEqual(vma, 0, `${what} is in no VMA`);
  const pfn = ptePfn(entry);
  if (ptePresent(entry) && (entry & PTE_SPECIAL) !== 0) {
    assert.equal(pfn, ZERO_PFN, `${what} is special but not the zero page`);
    assert.ok(!pteWrite(entry), `${what} lets the zero page be written`);
  }
  if (!mapsPage(entry)) return 0;
  assert.equal(isDevicePrivatePage(arena, pfn), isDevicePrivate(entry), `${what} is the wrong kind of entry for its page`);
  const owner = isFilePage(arena, pfn) ? get(arena, vma + Vma.mapping) : load(arena, vma + Vma.anonVma);
  assert.equal(pageMapping(arena, pfn), owner, `${what}: mapping of the page`);
  assert.equal(pageIndex(arena, pfn), linearPageIndex(arena, vma, vpn), `${what}: index of the page`);
  // A device-exclusive entry outlives an mprotect: it is restored with the protection of that time.
  if (leafWritable(entry) && !isDeviceExclusive(entry)) {
    assert.notEqual(vmaFlags(arena, vma) & VM_WRITE, 0, `${what} may be written, its VMA may not`);
  }
  seen.maps.set(pfn, (seen.maps.get(pfn) ?? 0) + 1);
  if (leafWritable(entry) && !isFilePage(arena, pfn)) seen.writable.add(pfn);
  return pfn;
}

function checkMm(arena: Arena, mm: number, seen: Seen): void {
  assert.equal(load(arena, mm + Mm.mmapLock), 0, `mmap_lock of mm ${mm} is free`);
  const handle = handleOf(arena, arena.pools.mm, mm);
  const subscribed = liveObjects(arena, arena.pools.interval).filter(
    (sub) => get(arena, sub + IntervalSub.mm) === handle && get(arena, sub + IntervalSub.inTree) === 1,
  ).length;
  const alive = lives(arena, mm);
  assert.equal(load(arena, mm + Mm.count), subscribed + (alive ? 1 : 0), `mm_count of mm ${mm}`);
  assert.equal(get(arena, mm + Mm.vmaCount), vmasIn(arena, mm, 0, 2 ** 27).length, `map_count of mm ${mm}`);
  let anonymous = 0;
  let ofFiles = 0;
  if (alive) {
    seen.tables += tablesUnder(arena, get(arena, mm + Mm.pgd));
    forEachEntry(arena, get(arena, mm + Mm.pgd), (vpn, entry) => {
      const pfn = checkEntry(arena, mm, vpn, entry, seen);
      if (pfn !== 0 && isFilePage(arena, pfn)) ofFiles++;
      else if (pfn !== 0) anonymous++;
    });
  }
  assert.equal(load(arena, mm + Mm.rssAnon), anonymous, `rss of mm ${mm}`);
  assert.equal(load(arena, mm + Mm.rssFile), ofFiles, `file rss of mm ${mm}`);
}

function tablesUnder(arena: Arena, root: number): number {
  const entriesOf = (table: number) => arena.words.subarray(arena.tables + table * 512, arena.tables + (table + 1) * 512);
  let count = 1;
  for (const upper of entriesOf(root)) {
    if (upper === 0) continue;
    count += 1 + entriesOf(ptePfn(upper)).filter((middle) => middle !== 0).length;
  }
  return count;
}

/** Files: the cache holds a reference to each of its pages, and each page knows its place. */
function checkFiles(arena: Arena, seen: Seen): void {
  for (const mapping of liveObjects(arena, arena.pools.addressSpace)) {
    const root = get(arena, mapping + AddressSpace.table);
    if (root !== 0) seen.tables += tablesUnder(arena, root);
    for (const [index, pfn] of pagesIn(arena, mapping, 0, Number.POSITIVE_INFINITY)) {
      seen.cached.add(pfn);
      assert.equal(pageMapping(arena, pfn), get(arena, mapping), `file of page ${pfn}`);
      assert.equal(pageIndex(arena, pfn), index, `place of page ${pfn} in its file`);
    }
    assert.equal(load(arena, mapping + AddressSpace.lock), 0, `lock of file ${mapping} is free`);
  }
}

function checkPage(arena: Arena, pfn: number, seen: Seen, held: Held): void {
  const maps = seen.maps.get(pfn) ?? 0;
  const extra = (held.references?.get(pfn) ?? 0) + (seen.cached.has(pfn) || pageSwap(arena, pfn) !== 0 ? 1 : 0);
  assert.equal(pageMapcount(arena, pfn), maps, `mapcount of page ${pfn}`);
  assert.equal(pageCount(arena, pfn), maps + extra, `refcount of page ${pfn}`);
  const flags = pageFlags(arena, pfn);
  assert.equal((flags & PG_LOCKED) !== 0, held.locked?.includes(pfn) ?? false, `lock of page ${pfn}`);
  if (seen.writable.has(pfn)) {
    assert.notEqual(flags & PG_ANON_EXCLUSIVE, 0, `page ${pfn} may be written, so it is exclusive`);
  }
  if ((flags & PG_ANON_EXCLUSIVE) !== 0) assert.ok(maps <= 1, `page ${pfn} is exclusive, so it is mapped once`);
  if (maps + extra > 0) return;
  assert.equal(flags & ~PG_DEVICE, 0, `flags of the free page ${pfn}`);
  assert.equal(pageMapping(arena, pfn), 0, `mapping of the free page ${pfn}`);
}

/** Table pages handed out and not given back. */
function tablesInUse(arena: Arena): number {
  let free = 0;
  for (let t = get(arena, Header.tableFree); t !== 0; t = get(arena, arena.table.link + t)) free++;
  return get(arena, Header.tableFresh) - 1 - free;
}

function checkAnonVmas(arena: Arena): void {
  for (const anonVma of liveObjects(arena, arena.pools.anonVma)) {
    const handle = handleOf(arena, arena.pools.anonVma, anonVma);
    const vmas = liveObjects(arena, arena.pools.vma).filter((vma) => load(arena, vma + Vma.anonVma) === handle);
    let pages = 0;
    for (let pfn = 0; pfn < arena.pageCount; pfn++) {
      if (pageMapping(arena, pfn) === handle && !isFilePage(arena, pfn)) pages++;
    }
    assert.equal(load(arena, anonVma + AnonVma.users), vmas.length + pages, `users of anon_vma ${anonVma}`);
    const listed: number[] = [];
    for (let vma = get(arena, anonVma + AnonVma.head); vma !== 0; vma = get(arena, vma + Vma.anonNext)) listed.push(vma);
    assert.deepEqual(listed.toSorted(), vmas.toSorted(), `VMAs of anon_vma ${anonVma}`);
    assert.equal(load(arena, anonVma + AnonVma.lock), 0, `lock of anon_vma ${anonVma} is free`);
  }
}

function checkNotifiers(arena: Arena): void {
  for (const subs of liveObjects(arena, arena.pools.subscriptions)) {
    assert.equal(get(arena, subs + Subscriptions.active), 0, 'no invalidation is open');
    assert.equal(load(arena, subs + Subscriptions.invalidateSeq) & 1, 0, 'the sequence is even');
    assert.equal(get(arena, subs + Subscriptions.deferred), 0, 'nothing is deferred');
    assert.equal(load(arena, subs + Subscriptions.waiters), 0, 'nobody waits');
  }
}

function checkActors(arena: Arena): void {
  for (let id = 0; id < arena.config.actors; id++) {
    const actor = arena.actors + id * Actor.shape.size;
    assert.equal(load(arena, actor + Actor.access) & 1, 0, `actor ${id} has closed its CPU window`);
    assert.equal(get(arena, actor + Actor.spinDepth), 0, `actor ${id} holds no spin lock`);
  }
}

/** Asserts that nothing is under way in the arena and that every count is what it must be. */
export function checkCounts(arena: Arena, held: Held = {}): void {
  const seen: Seen = { maps: new Map(), writable: new Set(), tables: 0, cached: new Set() };
  const mms = liveObjects(arena, arena.pools.mm);
  for (const mm of mms) checkMm(arena, mm, seen);
  checkFiles(arena, seen);
  const vmas = mms.reduce((sum, mm) => sum + get(arena, mm + Mm.vmaCount), 0);
  assert.equal(liveObjects(arena, arena.pools.vma).length, vmas, 'every VMA is in some tree');
  assert.equal(tablesInUse(arena), seen.tables, 'page-table pages in use');
  let free = 0;
  for (let pfn = ZERO_PFN + 1; pfn < arena.pageCount; pfn++) {
    checkPage(arena, pfn, seen, held);
    if (!isDevicePage(arena, pfn) && pageCount(arena, pfn) === 0) free++;
  }
  assert.equal(freePages(arena), free, 'free pages of system memory');
  for (const pgmap of liveObjects(arena, arena.pools.pgmap)) {
    const start = get(arena, pgmap + Pgmap.start);
    let used = 0;
    for (let i = 0; i < get(arena, pgmap + Pgmap.pages); i++) if (pageCount(arena, start + i) !== 0) used++;
    assert.equal(load(arena, pgmap + Pgmap.ref), 1 + used, `references of pagemap ${pgmap}`);
  }
  assert.deepEqual(checkSwap(arena, new Map()), []);
  checkAnonVmas(arena);
  checkNotifiers(arena);
  checkActors(arena);
}
