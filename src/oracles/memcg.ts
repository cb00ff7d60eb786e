/** I-MEMCG: what is charged to memory cgroups is what their processes have, each page once. */
import { get, load } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { ZERO_PFN } from '../arena/config.ts';
import { handleOf, liveObjects } from '../arena/pool.ts';
import { Memcg } from '../arena/structures.ts';
import type { Pfn } from '../arena/units.ts';
import { isZeroPage, PG_FILE, PG_HUGETLB } from '../mm/page/page.ts';
import type { Finding } from './finding.ts';

/** Hugetlb pages, and pages that a driver has inserted into a mapping, are charged to nobody. */
function isCharged(arena: Arena, pfn: Pfn): boolean {
  const flags = load(arena, arena.page.flags + pfn);
  const inserted = (flags & PG_FILE) !== 0 && load(arena, arena.page.mapping + pfn) === 0;
  return (flags & PG_HUGETLB) === 0 && !inserted;
}

/** Quiescent: pages that are mapped are charged, free ones are not, and each cgroup has counted what is charged to it. */
export function checkMemcg(arena: Arena): Finding[] {
  if (!arena.hasMemcg) return [];
  const findings: Finding[] = [];
  const report = (message: string): number => findings.push({ rule: 'I-MEMCG', message });
  const charged = new Map<number, number>();
  for (let pfn = ZERO_PFN + 1; pfn < arena.pageCount; pfn++) {
    if (isZeroPage(arena, pfn)) continue;
    const memcg = load(arena, arena.page.memcg + pfn);
    const mapped = load(arena, arena.page.mapcount + pfn) > 0;
    if (memcg !== 0) charged.set(memcg, (charged.get(memcg) ?? 0) + 1);
    if (memcg !== 0 && load(arena, arena.page.refcount + pfn) === 0)
      report(`page ${pfn} is free, and a memory cgroup is charged for it`);
    if (memcg === 0 && mapped && isCharged(arena, pfn)) report(`page ${pfn} is mapped, and no memory cgroup is charged for it`);
  }
  for (const memcg of liveObjects(arena, arena.pools.memcg)) {
    const usage = load(arena, memcg + Memcg.usage);
    const pages = charged.get(handleOf(arena, arena.pools.memcg, memcg)) ?? 0;
    const max = get(arena, memcg + Memcg.max);
    if (usage !== pages) report(`a memory cgroup counts ${usage} pages, and ${pages} are charged to it`);
    if (max !== 0 && usage > max) report(`a memory cgroup counts ${usage} pages, its limit is ${max}`);
  }
  return findings;
}
