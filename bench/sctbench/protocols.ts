/** Programs in which some agree by flags on who may do what: bluetooth_driver, token_ring, fsbench. */
import { add, increase, load, store } from '../../src/arena/access.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { waitUntil } from '../../src/sync/wait.ts';
import { actor, assert, at, endsWith, lock, memory, put, read, unless, unlock, word, write } from './kit.ts';
import type { Program } from './program.ts';

const PENDING = word(0);
const STOPPING = word(1);
const DRAINED = word(2);
const STOPPED = word(3);
const SERVED = 4;

/** One request less is under way; the last one says so. */
function* leave(task: Task): Steps<void> {
  yield Point.call;
  if (add(task.arena, PENDING, -1) === 1) yield* write(task, DRAINED, 1);
}

/** A request: may the device be used? */
function* enter(task: Task, repaired: boolean): Steps<boolean> {
  if (!repaired) {
    if ((yield* read(task, STOPPING)) === 1) return false;
    yield Point.call;
    increase(task.arena, PENDING, 1);
    return true;
  }
  // Counted first: who stops the device then waits for it.
  yield Point.call;
  increase(task.arena, PENDING, 1);
  return (yield* read(task, STOPPING)) === 0;
}

function* request(task: Task, repaired: boolean): Steps<void> {
  if (yield* enter(task, repaired)) {
    const stopped = yield* read(task, STOPPED);
    assert(stopped === 0, () => 'the device is used after it was stopped');
    if (repaired) store(task.arena, word(SERVED), 1);
  }
  yield* leave(task);
}

function* stop(task: Task): Steps<void> {
  yield* write(task, STOPPING, 1);
  yield* leave(task);
  if ((yield* read(task, DRAINED)) === 1) yield* write(task, STOPPED, 1);
}

const bluetoothDriver: Program = {
  name: 'CS.bluetooth_driver',
  what: 'one uses a device, one stops it when no request is under way; requests are counted',
  mistake: 'a request looks whether the device is being stopped, and is counted after that',
  repair: 'it is counted first',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(2);
    store(arena, PENDING, 1);
    return {
      arena,
      covers: [
        endsWith(arena, SERVED, 1, 'the device was used'),
        { end: () => arena.words[STOPPED] === 1, what: 'the device was stopped' },
        { actor: 'stop', point: 'call', while: { actor: 'request', point: 'call' }, what: 'both are under way' },
      ],
      actors: [actor('request', (task) => request(task, repaired)), actor('stop', stop)],
      check: () => [],
    };
  },
};

const X1 = word(0);
const X2 = word(1);
const X3 = word(2);
/** Whether each of the three has had its turn. */
const HAD = [word(3), word(4), word(5)] as const;
const COMPARED = 6;

/** One step: the original does it in an atomic section. */
function* pass(task: Task, place: 0 | 1 | 2, repaired: boolean): Steps<void> {
  const { arena } = task;
  if (repaired && place > 0) yield* waitUntil(task, Point.call, HAD[place - 1] as number, -1, 1);
  else yield Point.call;
  if (place === 0) store(arena, X1, (load(arena, X3) + 1) % 4);
  else if (place === 1) store(arena, X2, load(arena, X1));
  else store(arena, X3, load(arena, X2));
  store(arena, HAD[place], 1);
}

function* compare(task: Task): Steps<void> {
  const { arena } = task;
  yield Point.call;
  if (!HAD.every((had) => load(arena, had) === 1)) return;
  const values = [load(arena, X1), load(arena, X2), load(arena, X3)];
  assert(new Set(values).size === 1, () => `the values are ${values.join(', ')}`);
  store(arena, word(COMPARED), 1);
}

const tokenRing: Program = {
  name: 'CS.token_ring',
  what: 'three hand a value on in a ring, each once and at once; one checks that all have the same when all have had their turn',
  mistake: 'each takes its turn when it likes',
  repair: 'each waits for the one before it',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(4);
    store(arena, X1, 1);
    store(arena, X2, 2);
    store(arena, X3, 1);
    return {
      arena,
      covers: [endsWith(arena, COMPARED, 1, 'the values were compared')],
      actors: [
        actor('first', (task) => pass(task, 0, repaired)),
        actor('second', (task) => pass(task, 1, repaired)),
        actor('third', (task) => pass(task, 2, repaired)),
        actor('check', compare),
      ],
      check: () => [],
    };
  },
};

/** The original has 26 blocks and 27 threads: they are as many states as nobody can look at. */
const [BLOCKS, THREADS] = [4, 5];
/** Mutexes of the inodes and the blocks; in the array who has which block, and which blocks are busy. */
const [INODE_LOCKS, BLOCK_LOCKS, BUSY] = [0, BLOCKS, 32];

function* allocate(task: Task, thread: number, repaired: boolean): Steps<void> {
  const { arena } = task;
  const inode = repaired ? thread % BLOCKS : thread;
  yield Point.call;
  assert(inode < BLOCKS, () => `inode ${inode} has no mutex`);
  yield* lock(task, word(INODE_LOCKS + inode));
  if (at(arena, inode) === 0) {
    let block = (2 * inode) % BLOCKS;
    for (let tried = 0; tried < BLOCKS; tried++) {
      yield* lock(task, word(BLOCK_LOCKS + block));
      const isFree = at(arena, BUSY + block) === 0;
      if (isFree) {
        put(arena, BUSY + block, 1);
        put(arena, inode, block + 1);
      }
      yield* unlock(task, word(BLOCK_LOCKS + block));
      if (isFree) break;
      block = (block + 1) % BLOCKS;
    }
  }
  yield* unlock(task, word(INODE_LOCKS + inode));
}

const fsbench: Program = {
  name: 'CS.fsbench',
  what: `${THREADS} threads give each inode one of ${BLOCKS} blocks; inodes and blocks have mutexes`,
  mistake: 'there is one inode more than there are mutexes',
  repair: 'the last thread shares an inode with the first',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(THREADS);
    const blocks = (): number[] => Array.from({ length: BLOCKS }, (_, inode) => at(arena, inode));
    return {
      arena,
      covers: [
        { end: () => at(arena, 0) !== 1, what: 'an inode has got another block than its first choice' },
        { actor: 'T0', point: 'wait', what: 'one has waited for a mutex' },
      ],
      actors: Array.from({ length: THREADS }, (_, thread) => actor(`T${thread}`, (task) => allocate(task, thread, repaired))),
      check: () => unless(new Set(blocks()).size === BLOCKS && !blocks().includes(0), `the inodes have ${blocks().join(', ')}`),
    };
  },
};

export const protocols: readonly Program[] = [bluetoothDriver, tokenRing, fsbench];
