import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, get, set, store } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import { Header, Mm } from '../../src/arena/structures.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { PG_ANON_EXCLUSIVE, PG_LOCKED } from '../../src/mm/page/page.ts';
import { allocPage } from '../../src/mm/page/zone.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { LEAF_MIGRATION_READ, mkLeaf, PTE_WRITE } from '../../src/mm/table/pte.ts';
import { tableAlloc } from '../../src/mm/table/tables.ts';
import { beginAccess } from '../../src/mm/table/tlb.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { pfnOf, pteOf, pteWord } from './look.ts';
import { machine, soloTask } from './machine.ts';

const AT = 16;

/** Page AT is written and private, AT + 1 is shared with a child, AT + 2 is the zero page. */
function scene() {
  const { arena, task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 4));
  run(cpuStore(task, mm, AT + 1, 0, 2));
  const child = run(forkMm(task, mm));
  run(cpuStore(task, mm, AT, 0, 1));
  run(cpuLoad(task, mm, AT + 2, 0));
  return { arena, task, mm, child };
}

test('counts add up where nothing is wrong', () => {
  const { arena } = scene();
  checkCounts(arena);
});

/** What is broken, how, and what the complaint must say. */
const sabotages: readonly (readonly [string, (arena: Arena, mm: number) => void, RegExp])[] = [
  ['a lost reference', (arena, mm) => add(arena, arena.page.refcount + pfnOf(arena, mm, AT + 1), -1), /refcount/],
  ['a leaked reference', (arena, mm) => add(arena, arena.page.refcount + pfnOf(arena, mm, AT), 1), /refcount/],
  ['a wrong mapcount', (arena, mm) => add(arena, arena.page.mapcount + pfnOf(arena, mm, AT), 1), /mapcount/],
  ['a wrong rss', (arena, mm) => add(arena, mm + Mm.rssAnon, 1), /rss/],
  ['a leaked page', (arena) => run(allocPage(soloTask(arena, 2), false)), /refcount/],
  ['a wrong count of free pages', (arena) => set(arena, Header.zoneFreeCount, 3), /free pages/],
  ['a leaked page table', (arena) => tableAlloc(arena), /page-table pages/],
  ['a locked page', (arena, mm) => Atomics.or(arena.words, arena.page.flags + pfnOf(arena, mm, AT), PG_LOCKED), /lock of page/],
  [
    'a migration entry',
    (arena, mm) => store(arena, pteWord(arena, mm, AT), mkLeaf(LEAF_MIGRATION_READ, pfnOf(arena, mm, AT))),
    /migration entry at rest/,
  ],
  [
    'a writable zero page',
    (arena, mm) => store(arena, pteWord(arena, mm, AT + 2), pteOf(arena, mm, AT + 2) | PTE_WRITE),
    /zero page be written/,
  ],
  [
    'a writable shared page',
    (arena, mm) => store(arena, pteWord(arena, mm, AT + 1), pteOf(arena, mm, AT + 1) | PTE_WRITE),
    /so it is exclusive/,
  ],
  [
    'a shared exclusive page',
    (arena, mm) => Atomics.or(arena.words, arena.page.flags + pfnOf(arena, mm, AT + 1), PG_ANON_EXCLUSIVE),
    /so it is mapped once/,
  ],
  ['a wrong index', (arena, mm) => add(arena, arena.page.index + pfnOf(arena, mm, AT), 1), /index of the page/],
  ['an open window', (arena) => beginAccess(soloTask(arena, 2), 0), /window/],
  ['a lost VMA', (arena, mm) => set(arena, mm + Mm.vmaRoot, 0), /map_count/],
  ['a held mmap_lock', (arena, mm) => store(arena, mm + Mm.mmapLock, 1), /mmap_lock/],
  ['a leaked mm count', (arena, mm) => add(arena, mm + Mm.count, 1), /mm_count/],
];

for (const [name, sabotage, complaint] of sabotages) {
  test(`${name} is noticed`, () => {
    const { arena, mm } = scene();
    sabotage(arena, mm);
    assert.throws(() => checkCounts(arena), complaint);
  });
}

test('what a test holds on purpose is allowed, and demanded', () => {
  const { arena, mm } = scene();
  const pfn = pfnOf(arena, mm, AT);
  const held = { references: new Map([[pfn, 2]]), locked: [pfn] };
  assert.throws(() => checkCounts(arena, held), /refcount/);
  add(arena, arena.page.refcount + pfn, 2);
  assert.throws(() => checkCounts(arena, held), /lock of page/);
  Atomics.or(arena.words, arena.page.flags + pfn, PG_LOCKED);
  checkCounts(arena, held);
  assert.equal(get(arena, arena.page.refcount + pfn), 3);
});
