/**
 * A page fresh from the allocator may be locked by somebody who knew its frame from before: the entry that named it is gone by now,
 * and it is looked at again only under the page lock. So nothing that makes a new page known may store over the page's flags or
 * counts, and nothing may take it for granted that such a page is unlocked.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load, store } from '../../src/arena/access.ts';
import { Header } from '../../src/arena/structures.ts';
import { explore } from '../../src/engines/explore/explore.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../../src/mm/fault/gup.ts';
import { userfaultfdCopy, userfaultfdRegister } from '../../src/mm/fault/userfaultfd.ts';
import { tryGetPage } from '../../src/mm/page/page.ts';
import { lockPage, unlockPage } from '../../src/mm/page/pageLock.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import {
  cpuReads,
  cpuWrites,
  deviceMustWrite,
  fillNow,
  forkNow,
  forks,
  moveNow,
  type Operation,
  swapOutNow,
  toSystem,
  valueIn,
} from '../../src/scenarios/kit/operations.ts';
import { type Plan, scenarioOf } from '../../src/scenarios/kit/plan.ts';
import { FIRST, type SmallMachine } from '../../src/scenarios/kit/smallMachine.ts';
import { run } from '../../src/steps/steps.ts';

/** Word of the scenario: the frame that the next allocation of system memory gets. */
const FRAME = Header.shared;

const locksFrame: Operation = function* (task) {
  const pfn = load(task.arena, FRAME);
  if (!(yield* tryGetPage(task, pfn))) return;
  yield* lockPage(task, pfn);
  yield* unlockPage(task, pfn);
  yield* putPage(task, pfn);
};

interface Introduction {
  readonly machine?: Plan['machine'];
  readonly before?: (m: SmallMachine) => unknown;
  /** What makes the new page known. */
  readonly by: (m: SmallMachine, made: number) => Operation;
  readonly check?: Plan['check'];
}

const introductions: Readonly<Record<string, Introduction>> = {
  'a first write': { by: (m) => cpuWrites(m, 0, 2), check: valueIn(2) },
  'a first write by a device': { by: (m) => deviceMustWrite(m, 0, 2), check: valueIn(2) },
  'a write to the zero page': {
    before: (m) => run(cpuReads(m, 0)(m.task)),
    by: (m) => cpuWrites(m, 0, 2),
    check: valueIn(2),
  },
  'a copy on write': {
    before(m) {
      fillNow(m);
      forkNow(m);
    },
    by: (m) => cpuWrites(m, 0, 2),
    check: valueIn(2),
  },
  'a write by a child': {
    before(m) {
      fillNow(m);
      return forkNow(m);
    },
    by: (_, child) => (task) => cpuStore(task, child, FIRST, 0, 2),
    check: valueIn(1),
  },
  'a page that comes back from swap': {
    machine: { swapSlots: 2 },
    before: swapOutNow,
    by: (m) => cpuReads(m, 0),
    check: valueIn(1),
  },
  'a fork with a pinned page': {
    before: fillNow,
    by: (m) =>
      function* (task) {
        yield* mmapReadLock(task, m.mm);
        const pfn = yield* getUserPage(task, m.mm, FIRST, FOLL_PIN | FOLL_WRITE);
        yield* mmapReadUnlock(task, m.mm);
        yield* forks(m)(task);
        yield* unpinUserPage(task, pfn);
      },
    check: valueIn(1),
  },
  'a page that a monitor resolves': {
    before: (m) => run(userfaultfdRegister(m.task, m.mm, FIRST, 1)),
    by: (m, context) => (task) => userfaultfdCopy(task, context, m.mm, FIRST, 2),
    check: valueIn(2),
  },
  'a migration home': {
    before(m) {
      fillNow(m);
      moveNow(m, 0);
    },
    by: (m) => toSystem(m, 0),
    check: valueIn(1),
  },
};

for (const [name, { machine, before, by, check }] of Object.entries(introductions)) {
  test(`${name}: a lock that another takes of the new page is not lost`, () => {
    const plan: Plan = {
      name,
      title: name,
      windows: '',
      machine: { pages: 1, ...machine },
      setup(m) {
        const made = before?.(m);
        store(m.arena, FRAME, get(m.arena, Header.zoneFree) || get(m.arena, Header.zoneFresh));
        return made;
      },
      actors: (m, made) => ({ A: [by(m, made)], S: [locksFrame] }),
      ...(check === undefined ? {} : { check }),
    };
    const limits = { seconds: 60, schedules: 1_000_000, preemptions: 3, seed: 1, settings: {} };
    const { verdict, basis, failure } = explore(scenarioOf(plan), { strategy: 'search', ...limits });
    assert.ok(verdict === 'proved' || verdict === 'bounded', `${verdict}, ${basis}, ${failure?.message}`);
  });
}
