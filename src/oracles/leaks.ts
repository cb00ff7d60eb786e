/** I-QUIET: after everything was torn down nothing is left. */
import { get } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { ZERO_PFN } from '../arena/config.ts';
import { poolLive } from '../arena/pool.ts';
import { Header } from '../arena/structures.ts';
import { allocatablePages, isZeroPage } from '../mm/page/page.ts';
import { isFree } from '../mm/page/zone.ts';
import type { Finding } from './finding.ts';

export function checkLeaks(arena: Arena): Finding[] {
  const findings: Finding[] = [];
  for (const pool of Object.values(arena.pools)) {
    const live = poolLive(arena, pool);
    if (live !== 0) findings.push({ rule: 'I-QUIET', message: `${live} ${pool.name} objects are left` });
  }
  const lost: number[] = [];
  for (let pfn = ZERO_PFN + 1; pfn < arena.pageCount; pfn++) if (!isFree(arena, pfn) && !isZeroPage(arena, pfn)) lost.push(pfn);
  if (lost.length > 0)
    findings.push({ rule: 'I-QUIET', message: `${lost.length} pages were never freed, the first is ${lost[0]}` });
  const free = get(arena, Header.zoneFreeCount);
  const total = allocatablePages(arena);
  if (lost.length === 0 && free !== total)
    findings.push({ rule: 'I-QUIET', message: `${free} of ${total} system pages are on the free list` });
  const slots = arena.config.swapSlots - get(arena, Header.swapFree);
  if (slots !== 0) findings.push({ rule: 'I-QUIET', message: `${slots} swap slots are still in use` });
  let tables = get(arena, Header.tableFresh) - 1;
  for (let table = get(arena, Header.tableFree); table !== 0; table = get(arena, arena.table.link + table)) tables--;
  if (tables !== 0) findings.push({ rule: 'I-QUIET', message: `${tables} page-table pages are left` });
  return findings;
}
