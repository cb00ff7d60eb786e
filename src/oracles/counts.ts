/** I-REF, I-MAP, I-ENTRY, I-QUIET: references, mappings and counters add up when nothing is under way. */

import { get, load } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { ZERO_PFN } from '../arena/config.ts';
import { liveObjects } from '../arena/pool.ts';
import { Header, Mm, Pgmap } from '../arena/structures.ts';
import type { Pfn } from '../arena/units.ts';
import { pagesIn } from '../mm/file/addressSpace.ts';
import { isDevicePrivatePage } from '../mm/page/devPagemap.ts';
import {
  allocatablePages,
  isDevicePage,
  isZeroPage,
  PG_ANON_EXCLUSIVE,
  PG_FILE,
  PG_HUGETLB,
  PG_LOCKED,
  PG_LRU,
  pageMapping,
} from '../mm/page/page.ts';
import {
  describePte,
  isDeviceExclusive,
  isDevicePrivate,
  isGuard,
  isMigration,
  isSwap,
  leafKind,
  leafWritable,
  mapsPage,
  PTE_PROTNONE,
  PTE_SPECIAL,
  ptePfn,
  ptePresent,
} from '../mm/table/pte.ts';
import { forEachEntry } from '../mm/table/tables.ts';
import { VM_ACCESS, VM_WRITE, vmaFlags, vmaLookup } from '../mm/vma/vma.ts';
import type { Finding } from './finding.ts';
import { checkMemcg } from './memcg.ts';
import { checkRmap } from './rmap.ts';
import { checkSwap } from './swap.ts';

/** Entries of one address space: counts them into `maps` and reports entries that cannot be. */
function countMm(arena: Arena, mm: Mm, maps: Int32Array, findings: Finding[]): void {
  let rss = 0;
  let rssFile = 0;
  forEachEntry(arena, get(arena, mm + Mm.pgd), (vpn, pte) => {
    const pfn = ptePfn(pte);
    const where = `entry ${describePte(pte)} at address page ${vpn}`;
    if (isMigration(pte)) findings.push({ rule: 'I-MIG', message: `${where} outlives its migration` });
    if (mapsPage(pte)) {
      maps[pfn] = (maps[pfn] ?? 0) + 1;
      const flags = load(arena, arena.page.flags + pfn);
      const file = (flags & PG_FILE) !== 0;
      // hugetlb pages have an account of their own.
      if (file) rssFile++;
      else if ((flags & PG_HUGETLB) === 0) rss++;
      const exclusive = (flags & PG_ANON_EXCLUSIVE) !== 0;
      if (leafWritable(pte) && !exclusive && !file)
        findings.push({ rule: 'I-ENTRY', message: `${where} is writable, its page is not exclusive` });
      const vma = vmaLookup(arena, mm, vpn);
      if (leafWritable(pte) && !isDeviceExclusive(pte) && (vma === 0 || (vmaFlags(arena, vma) & VM_WRITE) === 0))
        findings.push({ rule: 'I-PERM', message: `${where} is writable, its mapping is not` });
      if (ptePresent(pte) && (pte & PTE_PROTNONE) === 0 && (vma === 0 || (vmaFlags(arena, vma) & VM_ACCESS) === 0))
        findings.push({ rule: 'I-PERM', message: `${where} can be read, its mapping cannot` });
    } else if (
      !isMigration(pte) &&
      !isGuard(pte) &&
      !(isSwap(pte) && arena.hasSwap) &&
      !(ptePresent(pte) && (pte & PTE_SPECIAL) !== 0 && isZeroPage(arena, pfn))
    ) {
      findings.push({ rule: 'I-ENTRY', message: `${where} is of no known kind (${leafKind(pte)})` });
    }
    if (isDevicePrivate(pte) !== (!isSwap(pte) && isDevicePrivatePage(arena, pfn))) {
      findings.push({ rule: 'I-ENTRY', message: `${where} does not match its kind of page` });
    }
  });
  const counted = load(arena, mm + Mm.rssAnon);
  if (counted !== rss) findings.push({ rule: 'I-REF', message: `rss of mm ${mm} is ${counted}, ${rss} pages are mapped` });
  const countedFile = load(arena, mm + Mm.rssFile);
  if (countedFile !== rssFile)
    findings.push({ rule: 'I-REF', message: `file rss of mm ${mm} is ${countedFile}, ${rssFile} file pages are mapped` });
}

/** Is a page that reclaim must come across on no list? Hugetlb pages and those that a driver has inserted never are on one. */
function isIsolated(arena: Arena, pfn: Pfn, flags: number, mapped: number): boolean {
  const never = (flags & PG_HUGETLB) !== 0 || ((flags & PG_FILE) !== 0 && pageMapping(arena, pfn) === 0);
  return mapped > 0 && !isDevicePage(arena, pfn) && !never && (flags & PG_LRU) === 0;
}

/** Each page: references are its mappings, it is unlocked, and where reclaim finds it. `pinned` are pages the caller knows to be referenced. */
function countPages(arena: Arena, maps: Int32Array, pinned: ReadonlyMap<number, number>, findings: Finding[]): number {
  let used = 0;
  for (let pfn = ZERO_PFN + 1; pfn < arena.pageCount; pfn++) {
    const references = load(arena, arena.page.refcount + pfn);
    const mapped = maps[pfn] ?? 0;
    const flags = load(arena, arena.page.flags + pfn);
    // Also of one that is free: the first piece of a huge page has the lock of all.
    if ((flags & PG_LOCKED) !== 0)
      findings.push({ rule: 'I-QUIET', message: `page ${pfn} is locked though nothing is under way` });
    if ((references === 0 && mapped === 0) || isZeroPage(arena, pfn)) continue;
    if (!isDevicePage(arena, pfn)) used++;
    const mapcount = load(arena, arena.page.mapcount + pfn);
    const expected = mapped + (pinned.get(pfn) ?? 0);
    if (references !== expected) {
      const rule = references === 0 ? 'I-FREE' : 'I-REF';
      findings.push({ rule, message: `page ${pfn} has ${references} references, ${expected} are accounted for` });
    }
    if (mapcount !== mapped)
      findings.push({ rule: 'I-MAP', message: `page ${pfn} has mapcount ${mapcount}, ${mapped} entries map it` });
    if (get(arena, arena.page.dma + pfn) !== 0)
      findings.push({ rule: 'I-DMA', message: `page ${pfn} is mapped for DMA by a copy engine, though nothing is copied` });
    if (isIsolated(arena, pfn, flags, mapped))
      findings.push({ rule: 'I-QUIET', message: `page ${pfn} is mapped and not on the LRU, though nobody works on it` });
    if ((flags & PG_ANON_EXCLUSIVE) !== 0 && mapped > 1) {
      findings.push({ rule: 'I-ENTRY', message: `page ${pfn} is exclusive and mapped ${mapped} times` });
    }
  }
  return used;
}

/** Pages of files: each has the reference of its page cache, and knows its place. */
function countFiles(arena: Arena, held: Map<number, number>, findings: Finding[]): void {
  for (const mapping of liveObjects(arena, arena.pools.addressSpace)) {
    const handle = get(arena, mapping);
    for (const [index, pfn] of pagesIn(arena, mapping, 0, Number.POSITIVE_INFINITY)) {
      held.set(pfn, (held.get(pfn) ?? 0) + 1);
      const known = get(arena, arena.page.mapping + pfn) === handle && get(arena, arena.page.index + pfn) === index;
      if (!known)
        findings.push({ rule: 'I-ENTRY', message: `page ${pfn} is cached at page ${index} of a file it does not know` });
    }
  }
}

function checkPgmaps(arena: Arena, findings: Finding[]): void {
  for (const pgmap of liveObjects(arena, arena.pools.pgmap)) {
    const inUse = (get(arena, pgmap + Pgmap.allocated) - get(arena, pgmap + Pgmap.freed)) | 0;
    const ref = load(arena, pgmap + Pgmap.ref);
    if (ref !== 1 + inUse)
      findings.push({ rule: 'I-PGMAP', message: `pagemap ${pgmap} has ${ref} references, ${1 + inUse} are accounted for` });
  }
}

/** Quiescent: everything the page tables, the pages and the free lists say about each other. */
export function checkCounts(arena: Arena, pinned: ReadonlyMap<number, number> = new Map()): Finding[] {
  const findings: Finding[] = [];
  const maps = new Int32Array(arena.pageCount);
  for (const mm of liveObjects(arena, arena.pools.mm)) {
    if (load(arena, mm + Mm.users) > 0) countMm(arena, mm, maps, findings);
  }
  const held = new Map(pinned);
  countFiles(arena, held, findings);
  if (arena.hasSwap) findings.push(...checkSwap(arena, held));
  const used = countPages(arena, maps, held, findings);
  const free = get(arena, Header.zoneFreeCount);
  const total = allocatablePages(arena);
  if (used + free !== total)
    findings.push({ rule: 'I-QUIET', message: `${used} system pages are in use and ${free} free, of ${total}` });
  checkPgmaps(arena, findings);
  findings.push(...checkMemcg(arena), ...checkRmap(arena));
  return findings;
}
