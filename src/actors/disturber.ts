/** The disturber: everything a process may do to its address space while others use it. */

import { PTRS_PER_TABLE } from '../arena/config.ts';
import { Counter } from '../arena/counters.ts';
import type { PageNumber, Vpn } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { cpuLoad, cpuStore } from '../mm/fault/cpuAccess.ts';
import { reclaimPage } from '../mm/swap/reclaim.ts';
import { clearRefs } from '../mm/syscalls/clearRefs.ts';
import { madviseCollapse } from '../mm/syscalls/collapse.ts';
import { mmput } from '../mm/syscalls/exit.ts';
import { forkMm } from '../mm/syscalls/fork.ts';
import { madvise, madviseDontneed } from '../mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../mm/syscalls/mmap.ts';
import { mprotect } from '../mm/syscalls/mprotect.ts';
import { mremap } from '../mm/syscalls/mremap.ts';
import { splitHugePages } from '../mm/syscalls/splitHugePages.ts';
import { VM_READ, VM_WRITE } from '../mm/vma/vma.ts';
import type { Steps } from '../steps/steps.ts';
import { count } from '../sync/task.ts';
import type { Operation, World } from './world.ts';
import { randomRange, randomStretch } from './world.ts';

/** Longest range of one operation, in pages. */
const SPAN = 16;
/** Pages and slots a forked child looks at. */
const LOOKS = 6;

/** The part of the region whose contents may go away, as first page and length relative to the region. */
const volatileStart = (world: World): PageNumber => world.stable;
const volatilePages = (world: World): number => world.pages - world.stable;

const failed = (world: World): void => count(world.task, Counter.failedOperations);

function* dontneed(world: World) {
  const { task, mm, ledger, base } = world;
  const [start, end] = randomStretch(world, volatileStart(world), volatilePages(world), SPAN);
  ledger.beginDiscard(start, end);
  if ((yield* madviseDontneed(task, mm, base + start, end - start)) < 0) failed(world);
  ledger.endDiscard(start, end);
}

/** munmap, then a fresh mapping at the same place: in between the range faults. */
function* unmap(world: World) {
  const { task, mm, ledger, base } = world;
  const [start, end] = randomStretch(world, volatileStart(world), volatilePages(world), SPAN);
  ledger.beginDiscard(start, end);
  const gone = yield* munmap(task, mm, base + start, end - start);
  // Another disturber may have mapped part of it again already: what it holds goes too, inside our bracket.
  const back = yield* mmapAnonymous(task, mm, base + start, end - start);
  if (gone < 0 || back < 0) failed(world);
  if (task.arena.hasHuge) yield* madvise(task, mm, base + start, end - start, 'hugepage');
  ledger.endDiscard(start, end);
}

/** Gives a range back its permissions, page by page where another disturber has moved parts of it away. */
function* unprotect(world: World, start: Vpn, end: Vpn): Steps<void> {
  const { task, mm } = world;
  if ((yield* mprotect(task, mm, start, end - start, VM_READ | VM_WRITE)) === 0) return;
  for (let vpn = start; vpn < end; vpn++) yield* mprotect(task, mm, vpn, 1, VM_READ | VM_WRITE);
}

function* protect(world: World) {
  const { task, mm, base, pages } = world;
  const [start, end] = randomStretch(world, base, pages, SPAN);
  const access = world.random(8) === 0 ? 0 : VM_READ;
  if ((yield* mprotect(task, mm, start, end - start, access)) < 0) failed(world);
  yield* unprotect(world, start, end);
}

/** Moves a range away and back; its contents come along. */
function* move(world: World) {
  const { task, mm, base, stable, scratch } = world;
  if (stable === 0) return;
  const [start, end] = randomStretch(world, base, stable, SPAN);
  const pages = end - start;
  // Leaves move whole where the new place is aligned as the old one is.
  const to = scratch + (task.arena.hasHuge && world.random(2) === 0 ? start % PTRS_PER_TABLE : 0);
  if ((yield* mremap(task, mm, start, pages, { pages, to })) < 0) {
    failed(world);
    return;
  }
  const back = yield* mremap(task, mm, to, pages, { pages, to: start });
  if (back < 0) throw new Violation('I-DATA', `disturber${world.index} cannot move ${pages} pages back: ${back}`);
  yield* unprotect(world, start, end);
}

/** A child sees what was there at the fork, whatever the parent and the devices do afterwards, and the reverse. */
function* fork(world: World) {
  const { task, mm, ledger, base } = world;
  const looks = Array.from({ length: LOOKS }, () => {
    const page = world.random(world.pages);
    const slot = world.random(ledger.actors);
    return { page, slot, expected: ledger.expect(page, slot), seen: 0 as number | null };
  });
  const child = yield* forkMm(task, mm);
  if (child < 0) {
    count(task, Counter.forkFailures);
    return;
  }
  count(task, Counter.forks);
  for (const look of looks) {
    look.seen = yield* cpuLoad(task, child, base + look.page, look.slot);
    if (look.seen !== null) ledger.check(look.page, look.slot, look.seen, look.expected, `child of disturber${world.index}`);
  }
  // No reader of the parent's memory may ever see this.
  for (const look of looks) yield* cpuStore(task, child, base + look.page, task.id, -1 - look.page);
  for (const { page, slot, seen } of looks) {
    if (slot === task.id) continue;
    const again = yield* cpuLoad(task, child, base + page, slot);
    if (seen !== null && again !== null && again !== seen) {
      throw new Violation(
        'I-ISO',
        `a child of disturber${world.index} reads ${seen}, then ${again}, on page ${page}: somebody writes its memory`,
      );
    }
  }
  yield* mmput(task, child);
}

/** MADV_COLLAPSE, as khugepaged does it all the time: what has been split becomes huge again. */
function* collapse(world: World) {
  const { task, mm, base, pages } = world;
  const start = base + PTRS_PER_TABLE * world.random(Math.floor(pages / PTRS_PER_TABLE));
  if ((yield* madviseCollapse(task, mm, start, PTRS_PER_TABLE)) < 0) failed(world);
}

/** What reclaim does to huge pages, and debugfs on request. */
function* split(world: World) {
  const { task, mm, base, pages } = world;
  const [start, end] = randomRange(world, base, pages, SPAN);
  yield* splitHugePages(task, mm, start, end, 0);
}

/** MADV_PAGEOUT: contents go to swap, and come back at the next touch. */
function* pageout(world: World) {
  const { task, mm, base, pages } = world;
  const [start, end] = randomStretch(world, base, pages, SPAN);
  if ((yield* madvise(task, mm, start, end - start, 'pageout')) < 0) failed(world);
}

/** What kswapd does: page frames in a row, whoever has them. */
function* reclaim(world: World) {
  const { task } = world;
  const { systemPages } = task.arena.config;
  const first = world.random(systemPages);
  for (let i = 0; i < SPAN; i++) yield* reclaimPage(task, (first + i) % systemPages);
}

export const disturberOperations: readonly Operation[] = [
  { name: 'dontneed', weight: 30, run: dontneed },
  { name: 'munmap', weight: 20, run: unmap },
  { name: 'mprotect', weight: 25, run: protect },
  { name: 'mremap', weight: 15, run: move },
  { name: 'fork', weight: 10, run: fork },
  { name: 'pageout', weight: 15, needsSwap: true, run: pageout },
  { name: 'reclaim', weight: 15, needsSwap: true, run: reclaim },
  { name: 'collapse', weight: 60, needsHuge: true, run: collapse },
  { name: 'splitHugePages', weight: 5, needsHuge: true, run: split },
  { name: 'clearRefs', weight: 3, run: ({ task, mm }) => clearRefs(task, mm) },
];
