/**
 * mini-hmm, the yardstick: shared seq, lock, pte and dev. A faulter reads seq; if it is odd it waits; reads pte; locks; if seq
 * has changed it unlocks and tries again; dev = pte; unlocks. The invalidator, I times: seq++; lock; dev = 0; unlock;
 * pte = new; seq++. At the end dev is 0 or pte.
 */
import { forgetSince, get, load, observed, set, store } from '../arena/access.ts';
import { type Arena, createArena } from '../arena/arena.ts';
import { Header } from '../arena/structures.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';
import { waitWhile } from '../sync/wait.ts';
import { AGAIN, type Prepared, type Scenario } from './scenario.ts';

const SEQ = Header.shared;
const LOCK = Header.shared + 1;
const PTE = Header.shared + 2;
const DEV = Header.shared + 3;

function* lock(task: Task): Steps<void> {
  const { arena } = task;
  const mark = observed();
  for (;;) {
    forgetSince(mark);
    yield Point.lock;
    const holder = get(arena, LOCK);
    if (holder === 0) break;
    yield* waitWhile(task, LOCK, holder);
  }
  forgetSince(mark);
  store(arena, LOCK, task.tag);
}

function* unlock(task: Task): Steps<void> {
  yield Point.unlock;
  store(task.arena, LOCK, 0);
}

/** One attempt; what it has seen does not matter to the next. */
function* fault(task: Task, early: boolean): Steps<unknown> {
  const { arena } = task;
  yield Point.mmuIntervalReadBegin;
  const seq = load(arena, SEQ);
  if ((seq & 1) !== 0) {
    yield* waitWhile(task, SEQ, seq);
    return AGAIN;
  }
  yield Point.hmmWalkPte;
  const pte = load(arena, PTE);
  if (early) {
    yield Point.driverSnapshot;
    if (load(arena, SEQ) !== seq) return AGAIN;
  }
  yield* lock(task);
  const stale = !early && load(arena, SEQ) !== seq;
  if (!stale) set(arena, DEV, pte);
  yield* unlock(task);
  return stale ? AGAIN : undefined;
}

function* invalidate(task: Task, value: number): Steps<void> {
  const { arena } = task;
  yield Point.invalidateRangeStart;
  store(arena, SEQ, load(arena, SEQ) + 1);
  yield* lock(task);
  set(arena, DEV, 0);
  yield* unlock(task);
  yield Point.setPte;
  store(arena, PTE, value);
  yield Point.invalidateRangeEnd;
  store(arena, SEQ, load(arena, SEQ) + 1);
}

function prepare(faulters: number, invalidations: number, early: boolean): Prepared {
  const arena: Arena = createArena({
    systemPages: 3,
    devicePages: 0,
    devices: 0,
    tables: 1,
    actors: faulters + 1,
    mms: 1,
    vmas: 1,
    mirrors: 1,
    intervals: 1,
    frameWords: 1,
  });
  store(arena, PTE, 1);
  const faulter = (id: number) => ({ name: `F${id}`, operations: [(task: Task) => fault(task, early)] });
  const invalidator = {
    name: 'I',
    operations: Array.from({ length: invalidations }, (_, i) => (task: Task) => invalidate(task, 2 + i)),
  };
  return {
    arena,
    actors: [...Array.from({ length: faulters }, (_, id) => faulter(id)), invalidator],
    check() {
      const [pte, dev] = [arena.words[PTE], arena.words[DEV]];
      return dev === 0 || dev === pte ? [] : [{ rule: 'I-STALE', message: `the device maps ${dev}, the CPU maps ${pte}` }];
    },
  };
}

/** mini-hmm with so many faulters and invalidations. With `early` the sequence is checked before the lock is taken. */
export const miniHmm = (faulters = 2, invalidations = 2, early = false): Scenario => ({
  name: `mini-hmm${early ? '-early' : ''}${faulters === 2 && invalidations === 2 ? '' : `-${faulters}x${invalidations}`}`,
  title: `${faulters} faulters against ${invalidations} invalidations over four shared words${early ? '; the check comes before the lock' : ''}`,
  windows: 'E1',
  prepare: () => prepare(faulters, invalidations, early),
});
