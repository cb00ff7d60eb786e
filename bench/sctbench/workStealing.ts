/**
 * The work-stealing queue of the CHESS programs (the THE protocol of Cilk-5): the owner pushes and pops at the tail, stealers take from the
 * head, and only where they may meet do they lock. Four programs: chess.WSQ, chess.IWSQ, and both with a list of what each thread does.
 */
import { load, store, xchg } from '../../src/arena/access.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { actor, alike, assert, at, endsWith, lock, memory, put, read, unless, unlock, word, write } from './kit.ts';
import type { Program } from './program.ts';

const LOCK = word(0);
const HEAD = word(1);
const TAIL = word(2);
/** Size of the ring minus one, and where it begins in the array. */
const MASK = word(3);
const RING = word(4);
const STOLEN = 5;
/** How many lists of calls there are. */
const LISTS = word(6);
/** In the array: how often each item was worked on, and how many calls are on each list. */
const [ITEMS_AT, DEPTHS_AT] = [48, 56];
const [ITEMS, STEALERS, ATTEMPTS, FIRST_SIZE] = [4, 2, 2, 2];
const NONE = -1;

/** What the four differ in. */
interface Kind {
  /** The lock is a word that is exchanged again and again until it was free. */
  readonly spins: boolean;
  /** The queue believes that it has room for one more than it may take while somebody steals. */
  readonly overfills: boolean;
  /** Each thread notes its calls on a list of its own. */
  readonly notes: boolean;
  /** All is pushed before anything is popped. */
  readonly pushesFirst: boolean;
}

function* acquire(task: Task, { spins }: Kind): Steps<void> {
  if (!spins) return yield* lock(task, LOCK);
  do yield Point.call;
  while (xchg(task.arena, LOCK, 1) !== 0);
}

function* release(task: Task, { spins }: Kind): Steps<void> {
  if (spins) yield* write(task, LOCK, 0);
  else yield* unlock(task, LOCK);
}

/** The place of an item in the ring. */
const placeOf = ({ arena }: Task, index: number): number => load(arena, RING) + (index & load(arena, MASK));

function* take(task: Task, index: number): Steps<number> {
  yield Point.call;
  return at(task.arena, placeOf(task, index));
}

function* append(task: Task, index: number, item: number): Steps<void> {
  yield Point.call;
  put(task.arena, placeOf(task, index), item);
  yield* write(task, TAIL, index + 1);
}

function* push(task: Task, kind: Kind, item: number): Steps<void> {
  const tail = yield* read(task, TAIL);
  const head = yield* read(task, HEAD);
  const room = load(task.arena, MASK) + (kind.overfills ? 1 : 0);
  if (tail < head + room) yield* append(task, tail, item);
  else yield* pushLocked(task, kind, item);
}

/** Counts anew from the beginning of the ring, and moves to one of twice the size when it is full. */
function* pushLocked(task: Task, kind: Kind, item: number): Steps<void> {
  const { arena } = task;
  yield* acquire(task, kind);
  const head = yield* read(task, HEAD);
  const count = (yield* read(task, TAIL)) - head;
  const mask = load(arena, MASK);
  if (count < mask) {
    yield* write(task, HEAD, head & mask);
    yield* write(task, TAIL, (head & mask) + count);
  } else {
    // All of it under the lock; the ring of size n begins at n.
    const size = 2 * (mask + 1);
    for (let i = 0; i < count; i++) put(arena, size + i, at(arena, placeOf(task, head + i)));
    store(arena, RING, size);
    store(arena, MASK, size - 1);
    yield* write(task, HEAD, 0);
    yield* write(task, TAIL, count);
  }
  yield* append(task, yield* read(task, TAIL), item);
  yield* release(task, kind);
}

function* pop(task: Task, kind: Kind): Steps<number> {
  const tail = (yield* read(task, TAIL)) - 1;
  yield* write(task, TAIL, tail);
  if ((yield* read(task, HEAD)) <= tail) return yield* take(task, tail);
  yield* write(task, TAIL, tail + 1);
  return yield* popLocked(task, kind);
}

function* popLocked(task: Task, kind: Kind): Steps<number> {
  yield* acquire(task, kind);
  const tail = (yield* read(task, TAIL)) - 1;
  yield* write(task, TAIL, tail);
  let item = NONE;
  if ((yield* read(task, HEAD)) <= tail) item = yield* take(task, tail);
  else {
    yield* write(task, HEAD, 0);
    yield* write(task, TAIL, 0);
  }
  yield* release(task, kind);
  return item;
}

function* steal(task: Task, kind: Kind): Steps<number> {
  yield* acquire(task, kind);
  const head = yield* read(task, HEAD);
  yield* write(task, HEAD, head + 1);
  let item = NONE;
  if (head < (yield* read(task, TAIL))) item = yield* take(task, head);
  else yield* write(task, HEAD, head);
  yield* release(task, kind);
  return item;
}

function* work(task: Task, item: number): Steps<void> {
  if (item === NONE) return;
  yield Point.call;
  put(task.arena, ITEMS_AT + item, at(task.arena, ITEMS_AT + item) + 1);
}

/** A call of the thread is noted on its list. The lists are made longer if there are not enough, which cuts them off if there are. */
function* noteCall(task: Task, { notes }: Kind, thread: number): Steps<void> {
  if (!notes) return;
  const { arena } = task;
  if ((yield* read(task, LISTS)) <= thread) {
    yield Point.call;
    for (let list = load(arena, LISTS); list <= STEALERS; list++) put(arena, DEPTHS_AT + list, 0);
    for (let list = thread + 1; list <= STEALERS; list++) put(arena, DEPTHS_AT + list, 0);
    store(arena, LISTS, thread + 1);
  }
  yield* changeDepth(task, thread, 1);
  yield* changeDepth(task, thread, 0);
}

/** Looks at the list of a thread, which must be there, and must have a call on it unless one is added. */
function* changeDepth(task: Task, thread: number, by: number): Steps<void> {
  const { arena } = task;
  yield Point.call;
  const depth = at(arena, DEPTHS_AT + thread);
  assert(load(arena, LISTS) > thread && (by > 0 || depth > 0), () => `the list of thread ${thread} has been cut off`);
  put(arena, DEPTHS_AT + thread, depth + by);
}

function* noteReturn(task: Task, { notes }: Kind, thread: number): Steps<void> {
  if (notes) yield* changeDepth(task, thread, -1);
}

function* pushOne(task: Task, kind: Kind, item: number): Steps<void> {
  yield* noteCall(task, kind, 0);
  yield* push(task, kind, item);
  yield* noteReturn(task, kind, 0);
}

function* popOne(task: Task, kind: Kind): Steps<void> {
  yield* noteCall(task, kind, 0);
  const item = yield* pop(task, kind);
  yield* noteReturn(task, kind, 0);
  yield* work(task, item);
}

function* own(task: Task, kind: Kind): Steps<void> {
  for (let item = 0; item < ITEMS; item++) {
    yield* pushOne(task, kind, item);
    if (!kind.pushesFirst && item % 2 === 1) yield* popOne(task, kind);
  }
  const left = kind.pushesFirst ? ITEMS : ITEMS / 2;
  for (let i = 0; i < left; i++) yield* popOne(task, kind);
}

function* stealSome(task: Task, kind: Kind, thread: number): Steps<void> {
  for (let i = 0; i < ATTEMPTS; i++) {
    yield* noteCall(task, kind, thread);
    const item = yield* steal(task, kind);
    yield* noteReturn(task, kind, thread);
    yield* work(task, item);
    if (item !== NONE) store(task.arena, word(STOLEN), 1);
  }
}

interface Chess {
  readonly name: string;
  readonly what: string;
  readonly spins: boolean;
  readonly notes: boolean;
  readonly pushesFirst: boolean;
}

const stealing = ({ name, what, spins, notes, pushesFirst }: Chess): Program => ({
  name: `chess.${name}`,
  what: `one pushes and pops ${ITEMS} items, ${STEALERS} steal, ${ATTEMPTS} times each; ${what}`,
  mistake: notes
    ? 'a thread that finds no list of its own makes one, and may cut off another one that was made meanwhile'
    : 'the ring may be filled to its last place, and the item that is just being stolen overwritten',
  repair: notes ? 'all lists are there from the beginning' : 'one place stays free',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(1 + STEALERS);
    store(arena, MASK, FIRST_SIZE - 1);
    store(arena, RING, FIRST_SIZE);
    store(arena, LISTS, repaired ? 1 + STEALERS : 1);
    const kind: Kind = { spins, notes, pushesFirst, overfills: !notes && !repaired };
    const done = (): number[] => Array.from({ length: ITEMS }, (_, item) => at(arena, ITEMS_AT + item));
    return {
      arena,
      covers: [endsWith(arena, STOLEN, 1, 'an item was stolen'), endsWith(arena, STOLEN, 0, 'no item was stolen')],
      actors: [
        actor('owner', (task) => own(task, kind)),
        ...(notes
          ? Array.from({ length: STEALERS }, (_, i) => actor(`stealer${i + 1}`, (task) => stealSome(task, kind, i + 1)))
          : alike(STEALERS, 'stealer', (task) => stealSome(task, kind, NONE))),
      ],
      check: () =>
        unless(
          done().every((times) => times === 1),
          `the items were worked on ${done().join(', ')} times`,
        ),
    };
  },
});

export const workStealing: readonly Program[] = [
  stealing({ name: 'WSQ', what: 'the lock is a mutex', spins: false, notes: false, pushesFirst: false }),
  stealing({ name: 'IWSQ', what: 'the lock spins', spins: true, notes: false, pushesFirst: false }),
  stealing({
    name: 'IWSQWS',
    what: 'the lock spins, and each thread lists its calls',
    spins: true,
    notes: true,
    pushesFirst: false,
  }),
  stealing({
    name: 'SWSQ',
    what: 'the lock spins, each thread lists its calls, and all is pushed before anything is popped',
    spins: true,
    notes: true,
    pushesFirst: true,
  }),
];
