/**
 * mini-hmm, the yardstick: shared seq, lock, pte and dev. A faulter reads seq; if it is odd it waits; reads pte; locks; if seq
 * has changed it unlocks and tries again; dev = pte; unlocks. The invalidator, I times: seq++; lock; dev = 0; unlock;
 * pte = new; seq++. At the end dev is 0 or pte.
 */
import { increase, load, set, store } from '../arena/access.ts';
import { Header } from '../arena/structures.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';
import { ownerTag, type Task } from '../sync/task.ts';
import { waitUntil } from '../sync/wait.ts';
import { AGAIN, type Prepared, type Scenario } from './kit/scenario.ts';
import { wordArena } from './kit/wordArena.ts';

const SEQ = Header.shared;
const LOCK = Header.shared + 1;
const PTE = Header.shared + 2;
const DEV = Header.shared + 3;

function* lock(task: Task): Steps<void> {
  yield* waitUntil(task, Point.lock, LOCK, -1, 0);
  store(task.arena, LOCK, ownerTag(task, LOCK));
}

/** One attempt; what it has seen does not matter to the next. */
function* fault(task: Task, early: boolean): Steps<unknown> {
  const { arena } = task;
  yield* waitUntil(task, Point.mmuIntervalReadBegin, SEQ, 1, 0);
  const seq = load(arena, SEQ);
  yield Point.hmmWalkPte;
  const pte = load(arena, PTE);
  if (early) {
    yield Point.driverSnapshot;
    if (load(arena, SEQ) !== seq) return AGAIN;
    yield* lock(task);
  } else {
    yield* lock(task);
    yield Point.driverSnapshot;
    const stale = load(arena, SEQ) !== seq;
    if (stale) {
      store(arena, LOCK, 0);
      return AGAIN;
    }
    yield Point.driverChecked;
  }
  set(arena, DEV, pte);
  store(arena, LOCK, 0);
  return undefined;
}

function* invalidate(task: Task, value: number): Steps<void> {
  const { arena } = task;
  yield Point.invalidateRangeStart;
  increase(arena, SEQ, 1);
  yield* lock(task);
  yield Point.driverInvalidate;
  set(arena, DEV, 0);
  store(arena, LOCK, 0);
  yield Point.setPte;
  store(arena, PTE, value);
  yield Point.invalidateRangeEnd;
  increase(arena, SEQ, 1);
}

function prepare(faulters: number, invalidations: number, early: boolean): Prepared {
  const arena = wordArena(faulters + 1);
  store(arena, PTE, 1);
  // One for all: faulters are interchangeable.
  const faults = [(task: Task) => fault(task, early)];
  const invalidator = {
    name: 'I',
    operations: Array.from({ length: invalidations }, (_, i) => (task: Task) => invalidate(task, 2 + i)),
  };
  return {
    arena,
    // The sequence has changed when the check comes.
    covers: [{ actor: 'F0', point: 'lock', while: { actor: 'I', point: 'setPte' } }],
    actors: [...Array.from({ length: faulters }, (_, id) => ({ name: `F${id}`, operations: faults })), invalidator],
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
  flawed: early,
  prepare: () => prepare(faulters, invalidations, early),
});
