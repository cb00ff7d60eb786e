/** I-MAP, I-ENTRY: at rest the reverse mapping leads to each entry, lists and trees of VMAs are whole, and no entry is outside a mapping. */

import { get, load } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { VPN_LIMIT } from '../arena/config.ts';
import type { Pool } from '../arena/places.ts';
import { liveObjects } from '../arena/pool.ts';
import { AddressSpace, AnonVma, Mm, Vma } from '../arena/structures.ts';
import type { Word } from '../arena/units.ts';
import { PG_FILE, PG_HUGETLB, pageFlags, pageIndex, pageMapping } from '../mm/page/page.ts';
import { describePte, mapsPage, ptePfn } from '../mm/table/pte.ts';
import { forEachEntry } from '../mm/table/tables.ts';
import { linearPageIndex, vmaEnd, vmaLookup, vmaStart, vmasIn } from '../mm/vma/vma.ts';
import type { Finding } from './finding.ts';

/** Which VMAs an owner lists: the words of its list, and the word of a VMA that names its owner. */
interface Listing {
  readonly pool: Pool;
  readonly head: number;
  readonly tail: number;
  readonly prev: number;
  readonly next: number;
  readonly owner: number;
}

/** The VMAs of a list, in its order; a list that is not whole ends where it is broken. */
function listed(
  arena: Arena,
  { head, tail, prev, next }: Listing,
  owner: Word,
): { readonly vmas: number[]; readonly isWhole: boolean } {
  const vmas: number[] = [];
  let last = 0;
  for (let vma = get(arena, owner + head); vma !== 0; vma = get(arena, vma + next)) {
    if (vmas.includes(vma) || get(arena, vma) <= 0 || get(arena, vma + prev) !== last) return { vmas, isWhole: false };
    if (last !== 0 && get(arena, last + Vma.pgoff) > get(arena, vma + Vma.pgoff)) return { vmas, isWhole: false };
    vmas.push(vma);
    last = vma;
  }
  return { vmas, isWhole: get(arena, owner + tail) === last };
}

/** Each list has the VMAs that name its owner, each once, and in order. */
function checkLists(arena: Arena, listing: Listing, findings: Finding[]): void {
  const naming = new Map<number, number>();
  for (const vma of liveObjects(arena, arena.pools.vma)) {
    const handle = get(arena, vma + listing.owner);
    if (handle !== 0) naming.set(handle, (naming.get(handle) ?? 0) + 1);
  }
  for (const owner of liveObjects(arena, listing.pool)) {
    const handle = get(arena, owner);
    const { vmas, isWhole } = listed(arena, listing, owner);
    const own = vmas.filter((vma) => get(arena, vma + listing.owner) === handle).length;
    if (!isWhole || own !== vmas.length || own !== (naming.get(handle) ?? 0))
      findings.push({ rule: 'I-MAP', message: `the list of ${listing.pool.name} ${owner} is not that of the VMAs that name it` });
    naming.delete(handle);
  }
  for (const handle of naming.keys())
    findings.push({ rule: 'I-UAF', message: `a VMA names ${listing.pool.name} ${handle}, which is no more` });
}

function checkTree(arena: Arena, mm: Mm, findings: Finding[]): void {
  const vmas = vmasIn(arena, mm, 0, VPN_LIMIT);
  const isInOrder = vmas.every(
    (vma, i) =>
      vmaStart(arena, vma) < vmaEnd(arena, vma) && (i === 0 || vmaEnd(arena, vmas[i - 1] as number) <= vmaStart(arena, vma)),
  );
  if (!isInOrder || get(arena, mm + Mm.vmaCount) !== vmas.length)
    findings.push({ rule: 'I-ENTRY', message: `the VMAs of mm ${mm} overlap, or are not as many as are counted` });
}

/** What a walk from the page would look at is where the entry is. */
function checkEntries(arena: Arena, mm: Mm, findings: Finding[]): void {
  forEachEntry(arena, get(arena, mm + Mm.pgd), (vpn, pte) => {
    const where = `entry ${describePte(pte)} at address page ${vpn}`;
    const vma = vmaLookup(arena, mm, vpn);
    if (vma === 0) findings.push({ rule: 'I-ENTRY', message: `${where} is outside of all mappings` });
    if (vma === 0 || !mapsPage(pte)) return;
    const pfn = ptePfn(pte);
    const flags = pageFlags(arena, pfn);
    const handle = pageMapping(arena, pfn);
    const isFile = (flags & PG_FILE) !== 0;
    if (isFile && handle === 0 && load(arena, vma + Vma.mapping) !== 0)
      findings.push({ rule: 'I-MAP', message: `${where} maps page ${pfn}, which has left its file` });
    // Hugetlb pages are not walked for, and what a driver has inserted belongs to nothing.
    if ((flags & PG_HUGETLB) !== 0 || (isFile && handle === 0)) return;
    const owner = isFile ? Vma.mapping : Vma.anonVma;
    if (load(arena, vma + owner) !== handle || linearPageIndex(arena, vma, vpn) !== pageIndex(arena, pfn))
      findings.push({ rule: 'I-MAP', message: `${where} is not where a walk from page ${pfn} looks for it` });
  });
}

/** Quiescent. */
export function checkRmap(arena: Arena): Finding[] {
  const findings: Finding[] = [];
  const { anonVma, addressSpace } = arena.pools;
  checkLists(
    arena,
    { pool: anonVma, head: AnonVma.head, tail: AnonVma.tail, prev: Vma.anonPrev, next: Vma.anonNext, owner: Vma.anonVma },
    findings,
  );
  checkLists(
    arena,
    {
      pool: addressSpace,
      head: AddressSpace.head,
      tail: AddressSpace.tail,
      prev: Vma.sharedPrev,
      next: Vma.sharedNext,
      owner: Vma.mapping,
    },
    findings,
  );
  for (const mm of liveObjects(arena, arena.pools.mm)) {
    if (load(arena, mm + Mm.users) <= 0) continue;
    checkTree(arena, mm, findings);
    checkEntries(arena, mm, findings);
  }
  return findings;
}
