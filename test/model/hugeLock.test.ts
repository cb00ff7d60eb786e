/** A huge page has one lock. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PTRS_PER_TABLE } from '../../src/arena/config.ts';
import { MIGRATE_PFN_MIGRATE, MIGRATE_VMA_SELECT_DEVICE_PRIVATE, migratePfnToPage } from '../../src/migrate/migratePfn.ts';
import { migrateVma, migrateVmaFinalize, migrateVmaPages, migrateVmaSetup } from '../../src/migrate/migrateVma.ts';
import { dissolve } from '../../src/mm/huge/compound.ts';
import { allocHugePage } from '../../src/mm/page/hugeZone.ts';
import { compoundHead, getPage } from '../../src/mm/page/page.ts';
import { hasLocked, isPageLocked, lockPage, trylockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { munmap } from '../../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { vmaLookup } from '../../src/mm/vma/vma.ts';
import { onDevice, PAGES } from '../../src/scenarios/kit/hugeMachine.ts';
import { FIRST, smallMachine } from '../../src/scenarios/kit/smallMachine.ts';
import { run } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { pfnOf } from './look.ts';
import { machine, soloTask } from './machine.ts';
import { actor, steppedOnly } from './schedule.ts';
import { violates } from './violates.ts';

/** A huge page of nobody's. */
function scene() {
  const { arena, task } = machine({ systemPages: 64 + 2 * PTRS_PER_TABLE, hugePages: 2 });
  return { arena, task, other: soloTask(arena, 1), head: run(allocHugePage(task)) };
}

test('who locks a piece has locked all of them', () => {
  const { arena, task, other, head } = scene();
  run(lockPage(task, head + 3));
  for (const piece of [head, head + 3, head + 5]) {
    assert.equal(isPageLocked(arena, piece), true);
    assert.equal(run(trylockPage(other, piece)), false);
    assert.deepEqual([hasLocked(task, piece), hasLocked(other, piece)], [true, false]);
  }
  violates('I-LOCK', /actor 1 unlocks page/, () => run(unlockPage(other, head + 3)));
  run(unlockPage(task, head + 5));
  assert.equal(run(trylockPage(other, head + 3)), true);
});

test('a split leaves the splitter the locks that he keeps, and nobody the others', () => {
  const { arena, task, other, head } = scene();
  run(lockPage(task, head + 3));
  run(dissolve(task, head, [head + 3]));
  assert.equal(compoundHead(arena, head + 3), 0);
  assert.equal(run(trylockPage(other, head + 3)), false);
  assert.equal(run(trylockPage(other, head)), true);
  assert.equal(run(trylockPage(other, head + 5)), true);
  run(unlockPage(task, head + 3));
  assert.equal(isPageLocked(arena, head + 3), false);
});

test('the splitter may keep all of them', () => {
  const { task, other, head } = scene();
  run(lockPage(task, head));
  run(dissolve(task, head, [head, head + 1, head + 2]));
  const taken = [0, 1, 2, 3].map((i) => run(trylockPage(other, head + i)));
  assert.deepEqual(taken, [false, false, false, true]);
});

test('who has waited for the lock of a huge page gets that of its piece after a split', steppedOnly, () => {
  const { arena, task, head } = scene();
  run(lockPage(task, head + 3));
  const [kept, free] = [3, 5].map((i) => actor(arena, 2 + i, (by: Task) => lockPage(by, head + i)));
  assert.deepEqual([kept?.go(), free?.go()], ['waits', 'waits']);
  run(dissolve(task, head, [head + 3]));
  assert.deepEqual([kept?.go(), free?.go()], ['waits', 'done']);
  assert.equal(hasLocked(free?.task as Task, head + 5), true);
  run(unlockPage(task, head + 3));
  assert.equal(kept?.go(), 'done');
});

test('the first piece may be freed while the huge page is locked, the last one may not', () => {
  const { arena, task, other, head } = scene();
  run(lockPage(task, head + 1));
  run(putPage(task, head));
  assert.equal(isPageLocked(arena, head + 1), true);
  assert.equal(run(trylockPage(other, head + 2)), false);
  run(unlockPage(task, head + 1));
  assert.equal(run(trylockPage(task, head + 1)), true);
  for (let piece = head + 2; piece < head + PTRS_PER_TABLE; piece++) run(putPage(task, piece));
  violates('I-LOCK', /huge page \d+ is freed while locked/, () => run(putPage(task, head + 1)));
});

test('a fault on a piece splits the huge page, and takes of the others only those whose lock it gets', () => {
  const m = smallMachine({ actors: 1, pages: PAGES, hugePages: 3, deviceMemory: PAGES });
  const { arena, task, mm } = m;
  onDevice(m);
  run(munmap(task, mm, FIRST + 2, PAGES - 2));
  const [head, tail] = [pfnOf(arena, mm, FIRST), pfnOf(arena, mm, FIRST + 1)] as const;
  run(mmapReadLock(task, mm));
  assert.ok(run(trylockPage(task, tail)));
  run(getPage(task, tail));
  const migrate = migrateVma({
    mm,
    vma: vmaLookup(arena, mm, FIRST),
    start: FIRST,
    end: FIRST + 2,
    pgmapOwner: 1,
    flags: MIGRATE_VMA_SELECT_DEVICE_PRIVATE,
    faultPage: tail,
  });
  assert.equal(run(migrateVmaSetup(task, migrate)), 0);
  assert.equal(compoundHead(arena, tail), 0);
  // The tail is locked already, and collect does not know by whom: the next fault finds a page of its own.
  assert.deepEqual([...migrate.src].map(migratePfnToPage), [head, 0]);
  assert.ok(((migrate.src[0] as number) & MIGRATE_PFN_MIGRATE) !== 0 && hasLocked(task, head));
  run(migrateVmaPages(task, migrate));
  run(migrateVmaFinalize(task, migrate));
  assert.deepEqual([isPageLocked(arena, head), isPageLocked(arena, tail)], [false, true]);
  run(unlockPage(task, tail));
  run(putPage(task, tail));
  run(mmapReadUnlock(task, mm));
  assert.deepEqual(m.check(), []);
});
