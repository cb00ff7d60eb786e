/** Pages of the swap cache that migrate, and what the oracle of the swap device sees. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, set, store } from '../../src/arena/access.ts';
import { frameAt } from '../../src/arena/frames.ts';
import { Header, Mm } from '../../src/arena/structures.ts';
import { MIGRATE_PFN_MIGRATE, migratePfn } from '../../src/migrate/migratePfn.ts';
import { migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../src/migrate/migrateVma.ts';
import { copyPage } from '../../src/mm/page/copyPage.ts';
import { PG_DIRTY, pageSwap, setPageFlags } from '../../src/mm/page/page.ts';
import { lockPage } from '../../src/mm/page/pageLock.ts';
import { allocPage } from '../../src/mm/page/zone.ts';
import { madviseCollapse } from '../../src/mm/syscalls/collapse.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mkSwap } from '../../src/mm/table/pte.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { checkCounts as oracle } from '../../src/oracles/counts.ts';
import { checkLeaks } from '../../src/oracles/leaks.ts';
import { run } from '../../src/steps/steps.ts';
import { checkCounts } from './checkCounts.ts';
import { entryOf, pfnOf, pteWord } from './look.ts';
import { AT, freeSlots, scene, slotOf } from './swapScene.ts';
import { testDevice, toDevice, transaction } from './testDevice.ts';

test('a page of the swap cache migrates to a device, and gives its slot back', () => {
  const { arena, task, mm, pageout, read } = scene();
  const pgmap = testDevice(arena);
  pageout();
  read();
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  assert.deepEqual([entryOf(arena, mm, AT), freeSlots(arena)], ['DP_W', 4]);
  assert.equal(read(), 7);
  pageout();
  assert.equal(read(), 7);
  checkCounts(arena);
});

test('it stays when another process has the slot, too', () => {
  const { arena, task, mm, pageout, read } = scene();
  const pgmap = testDevice(arena);
  pageout();
  const child = run(forkMm(task, mm));
  read();
  run(toDevice(task, mm, pgmap, AT, AT + 1));
  assert.deepEqual([entryOf(arena, mm, AT), slotOf(arena, 0)], ['PRES(A)', [1, pfnOf(arena, mm, AT)]]);
  assert.equal(read(AT, child), 7);
  run(mmput(task, child));
  checkCounts(arena);
});

test('on its way to another page of system memory it keeps the slot', () => {
  const { arena, task, mm, pageout, read } = scene();
  pageout();
  read();
  const from = pfnOf(arena, mm, AT);
  run(mmapReadLock(task, mm));
  const migrate = transaction(task, mm, AT, AT + 1, 1);
  assert.equal(run(migrateVmaSetup(task, migrate)), 0);
  const to = run(allocPage(task, false));
  run(lockPage(task, to));
  run(copyPage(task, to, from));
  migrate.dst[0] = migratePfn(to);
  run(migrateVmaPages(task, migrate));
  assert.notEqual((migrate.src[0] as number) & MIGRATE_PFN_MIGRATE, 0);
  run(migrateVmaFinalize(task, migrate));
  run(mmapReadUnlock(task, mm));
  assert.deepEqual([pfnOf(arena, mm, AT), slotOf(arena, 0), pageSwap(arena, from)], [to, [0, to], 0]);
  checkCounts(arena);
  pageout();
  assert.equal(read(), 7);
});

test('MADV_PAGEOUT of a part of a huge page splits it; MADV_COLLAPSE brings the pages back', () => {
  const { arena, task, mm, write, read, pageout } = scene({ systemPages: 3000, hugePages: 4, tables: 64, swapSlots: 16 });
  const start = 512;
  run(mmapAnonymous(task, mm, start, 512));
  for (let i = 0; i < 512; i++) write(i + 1, start + i);
  assert.equal(run(madviseCollapse(task, mm, start, 512)), 0);
  pageout(2, start + 3);
  assert.deepEqual([entryOf(arena, mm, start + 3), entryOf(arena, mm, start + 5)], ['SWAP(exclusive)', 'PRES(W,D,A)']);
  assert.deepEqual(oracle(arena), []);
  assert.equal(run(madviseCollapse(task, mm, start, 512)), 0);
  for (let i = 0; i < 8; i++) assert.equal(read(start + i), i + 1);
  assert.equal(freeSlots(arena), 16);
  assert.deepEqual(oracle(arena), []);
});

type Scene = ReturnType<typeof scene>;
const rules = (findings: readonly { rule: string }[]): string[] => [...new Set(findings.map(({ rule }) => rule))].sort();

/** AT is mapped and in the swap cache for slot 0, AT + 1 is in slot 1. */
function sabotaged(): Scene {
  const s = scene();
  s.write(8, AT + 1);
  s.pageout(2);
  s.read();
  assert.deepEqual(oracle(s.arena), []);
  return s;
}

const sabotages: readonly (readonly [string, (s: Scene) => void, readonly string[]])[] = [
  ['a slot that counts an entry too many', ({ arena }) => add(arena, arena.swap.count + 1, 1), ['I-REF']],
  ['an entry that was forgotten', ({ arena, mm }) => store(arena, pteWord(arena, mm, AT + 1), 0), ['I-REF']],
  ['entries that are not counted', ({ arena, mm }) => add(arena, mm + Mm.rssSwap, -1), ['I-REF']],
  [
    'a slot that is not there',
    ({ arena, mm }) => store(arena, pteWord(arena, mm, AT + 1), mkSwap(9, true)),
    ['I-ENTRY', 'I-REF'],
  ],
  [
    'two entries, each the only one',
    ({ arena, mm }) => {
      store(arena, pteWord(arena, mm, AT + 2), mkSwap(1, true));
      add(arena, arena.swap.count + 1, 1);
      add(arena, mm + Mm.rssSwap, 1);
    },
    ['I-ENTRY'],
  ],
  [
    'an exclusive page whose slot has an entry',
    ({ arena, mm }) => {
      store(arena, pteWord(arena, mm, AT + 2), mkSwap(0, false));
      add(arena, arena.swap.count, 1);
      add(arena, mm + Mm.rssSwap, 1);
    },
    ['I-ENTRY'],
  ],
  ['a page that believes in another slot', ({ arena, mm }) => set(arena, arena.page.swap + pfnOf(arena, mm, AT), 3), ['I-ENTRY']],
  ['a slot without its page', ({ arena }) => set(arena, arena.swap.cache, 0), ['I-ENTRY', 'I-QUIET', 'I-REF']],
  ['a free slot that is not counted', ({ arena }) => add(arena, Header.swapFree, -1), ['I-QUIET']],
  [
    'a page that was written and is clean',
    ({ arena, mm }) => Atomics.store(arena.frames, frameAt(arena, pfnOf(arena, mm, AT)), 99),
    ['I-DIRTY'],
  ],
];

for (const [what, spoil, expected] of sabotages) {
  test(`the oracle sees ${what}`, () => {
    const s = sabotaged();
    spoil(s);
    assert.deepEqual(rules(oracle(s.arena)), expected);
  });
}

test('a page that was written and is marked so is no finding; slots in use at the end are', () => {
  const { arena, task, mm } = sabotaged();
  const pfn = pfnOf(arena, mm, AT);
  Atomics.store(arena.frames, frameAt(arena, pfn), 99);
  setPageFlags(arena, pfn, PG_DIRTY);
  assert.deepEqual(oracle(arena), []);
  run(mmput(task, mm));
  assert.equal(checkLeaks(arena).filter(({ message }) => message.includes('swap')).length, 0);
  add(arena, Header.swapFree, -1);
  assert.equal(checkLeaks(arena).filter(({ message }) => message === '1 swap slots are still in use').length, 1);
});
