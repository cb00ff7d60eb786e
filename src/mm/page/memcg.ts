/**
 * Memory cgroups (mm/memcontrol.c), as far as device memory has to do with them: each page of a process is charged to its cgroup once,
 * wherever it is. A page that migrates hands its charge to the page that stands for it from then on, so a migration never comes up
 * against a limit, on the way to the device or home. Where an arena has no cgroups nothing is charged, and nothing is looked at.
 */
import { add, cas, get, load, set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { deref, handleOf, poolAlloc, poolFree } from '../../arena/pool.ts';
import { Memcg, Mm } from '../../arena/structures.ts';
import type { Handle, Pfn } from '../../arena/units.ts';
import { Violation } from '../../arena/violation.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { PG_HUGETLB, PG_LRU, pageHas, setPageFlags } from './page.ts';

/** root_mem_cgroup: for processes that are in no other cgroup. It has no limit, and what is charged to it is not counted. */
const ROOT = -1;

/** A new cgroup with a limit in pages (memory.max), 0 for none. Its handle, or 0 when there is no room. */
export function memcgAlloc(arena: Arena, max: number): Handle<'memcg'> {
  const memcg = poolAlloc(arena, arena.pools.memcg);
  if (memcg === 0) return 0;
  set(arena, memcg + Memcg.max, max);
  return handleOf(arena, arena.pools.memcg, memcg);
}

/** css_free: the cgroup goes, and nothing is charged to it any more. */
export function memcgFree(arena: Arena, handle: Handle<'memcg'>): void {
  const memcg = deref(arena, arena.pools.memcg, handle);
  const usage = load(arena, memcg + Memcg.usage);
  if (usage !== 0) throw new Violation('I-MEMCG', `a memory cgroup goes, and ${usage} pages are charged to it`);
  poolFree(arena, arena.pools.memcg, memcg);
}

/** Puts an address space that maps nothing yet into a cgroup. */
export const joinMemcg = (arena: Arena, mm: Mm, memcg: Handle<'memcg'>): void => set(arena, mm + Mm.memcg, memcg);

/** The cgroup a page is charged to, {@link ROOT} included; 0 for none. */
const memcgOf = (arena: Arena, pfn: Pfn): number => get(arena, arena.page.memcg + pfn);

/** page_counter_try_charge: false when the limit is in the way. */
function* tryCharge(task: Task, handle: Handle<'memcg'>, pages: number): Steps<boolean> {
  const { arena } = task;
  const memcg = deref(arena, arena.pools.memcg, handle);
  const max = get(arena, memcg + Memcg.max);
  yield Point.memcgCharge;
  for (;;) {
    const usage = load(arena, memcg + Memcg.usage);
    if (max !== 0 && usage + pages > max) return false;
    if (cas(arena, memcg + Memcg.usage, usage, usage + pages) === usage) return true;
  }
}

/**
 * mem_cgroup_charge: `pages` pages from `first` on, fresh from the allocator, are charged to the cgroup of an address space; `mm` 0 is
 * the root. False when the limit is in the way: nothing is reclaimed to make room.
 *
 * @kernel mm/memcontrol.c mem_cgroup_charge
 */
export function* memCgroupCharge(task: Task, mm: Mm, first: Pfn, pages = 1): Steps<boolean> {
  const { arena } = task;
  if (!arena.hasMemcg) return true;
  const memcg = mm === 0 ? 0 : get(arena, mm + Mm.memcg);
  for (let pfn = first; pfn < first + pages; pfn++) {
    if (memcgOf(arena, pfn) !== 0) throw new Violation('I-MEMCG', `page ${pfn} is charged to a memory cgroup a second time`);
  }
  if (memcg !== 0 && !(yield* tryCharge(task, memcg, pages))) return false;
  for (let pfn = first; pfn < first + pages; pfn++) set(arena, arena.page.memcg + pfn, memcg === 0 ? ROOT : memcg);
  return true;
}

/**
 * mem_cgroup_uncharge: the last reference of a page is gone.
 *
 * @kernel mm/memcontrol.c mem_cgroup_uncharge
 */
export function* memCgroupUncharge(task: Task, pfn: Pfn): Steps<void> {
  const { arena } = task;
  const memcg = memcgOf(arena, pfn);
  set(arena, arena.page.memcg + pfn, 0);
  if (memcg === 0 || memcg === ROOT) return;
  yield Point.memcgCharge;
  const left = add(arena, deref(arena, arena.pools.memcg, memcg) + Memcg.usage, -1) - 1;
  if (left < 0) throw new Violation('I-MEMCG', `page ${pfn} is uncharged, and the usage of its memory cgroup falls below 0`);
}

/**
 * mem_cgroup_migrate: `to` stands for what `from` stood for, and takes over its charge. Both are locked. Never fails.
 *
 * @kernel mm/memcontrol.c mem_cgroup_migrate
 */
export function memCgroupMigrate(arena: Arena, from: Pfn, to: Pfn): void {
  if (!arena.hasMemcg) return;
  const memcg = memcgOf(arena, from);
  if (memcg === 0)
    throw new Violation('I-MEMCG', `page ${from} is to hand its charge to page ${to}, but no memory cgroup is charged for it`);
  if (memcgOf(arena, to) !== 0)
    throw new Violation('I-MEMCG', `page ${to} takes over the charge of page ${from}, though it is charged already`);
  set(arena, arena.page.memcg + to, memcg);
  set(arena, arena.page.memcg + from, 0);
}

/**
 * folio_add_lru: reclaim finds the page from now on, by the lists of the cgroup that is charged for it.
 *
 * @kernel mm/swap.c folio_add_lru
 */
export function addLru(arena: Arena, pfn: Pfn): void {
  // A huge page of hugetlb has an account of its own.
  if (arena.hasMemcg && memcgOf(arena, pfn) === 0 && !pageHas(arena, pfn, PG_HUGETLB))
    throw new Violation('I-MEMCG', `page ${pfn} is put on the LRU, but no memory cgroup is charged for it`);
  setPageFlags(arena, pfn, PG_LRU);
}
