/** Programs in which two accesses that belong together are parted: reorder, twostage, wronglock. */
import { load, store } from '../../src/arena/access.ts';
import type { Word } from '../../src/arena/units.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { alike, assert, endsWith, lock, memory, read, unlock, word, write } from './kit.ts';
import type { Program } from './program.ts';

const MUTEX = word(0);
const OTHER = word(1);
const A = word(2);
const B = word(3);
/** What a check has seen. */
const SEEN = 4;

function* setBoth(task: Task, repaired: boolean): Steps<void> {
  if (repaired) yield* lock(task, MUTEX);
  yield* write(task, A, 1);
  yield* write(task, B, -1);
  if (repaired) yield* unlock(task, MUTEX);
}

function* checkBoth(task: Task, repaired: boolean): Steps<void> {
  if (repaired) yield* lock(task, MUTEX);
  const a = yield* read(task, A);
  const b = yield* read(task, B);
  assert(b === -a, () => `a is ${a} and b is ${b}`);
  if (repaired) {
    store(task.arena, word(SEEN), a);
    yield* unlock(task, MUTEX);
  }
}

const reorder = (threads: number, setters: number, checkers: number): Program => ({
  name: `CS.reorder_${threads}`,
  what: `${setters} set a to 1 and then b to -1; ${checkers === 1 ? 'one looks' : `${checkers} look`} at both`,
  mistake: 'nothing keeps a look from coming in between',
  repair: 'all do it under a mutex',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(setters + checkers);
    return {
      arena,
      covers: [endsWith(arena, SEEN, 1, 'both were seen set'), endsWith(arena, SEEN, 0, 'neither was seen set')],
      actors: [
        ...alike(setters, 'set', (task) => setBoth(task, repaired)),
        ...alike(checkers, 'check', (task) => checkBoth(task, repaired)),
      ],
      check: () => [],
    };
  },
});

/** The first stage is left before the second is entered, unless it was repaired. */
function* bothStages(task: Task, repaired: boolean): Steps<void> {
  const { arena } = task;
  yield* lock(task, MUTEX);
  store(arena, A, 1);
  if (!repaired) yield* unlock(task, MUTEX);
  yield* lock(task, OTHER);
  store(arena, B, (repaired ? load(arena, A) : yield* read(task, A)) + 1);
  yield* unlock(task, OTHER);
  if (repaired) yield* unlock(task, MUTEX);
}

function* checkStages(task: Task, repaired: boolean): Steps<void> {
  const { arena } = task;
  yield* lock(task, MUTEX);
  const first = load(arena, A);
  if (first === 0 || !repaired) yield* unlock(task, MUTEX);
  if (first === 0) return;
  yield* lock(task, OTHER);
  const second = load(arena, B);
  yield* unlock(task, OTHER);
  if (repaired) {
    store(arena, word(SEEN), 1);
    yield* unlock(task, MUTEX);
  }
  assert(second === first + 1, () => `the first is ${first}, the second ${second}`);
}

const twostage = (name: string, setters: number): Program => ({
  name: `CS.${name}`,
  what: `${setters === 1 ? 'one sets' : `${setters} set`} two values, each under a mutex of its own; one checks that they belong together`,
  mistake: 'the first mutex is released before the second is taken',
  repair: 'the first is held over both',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(setters + 1);
    return {
      arena,
      covers: [endsWith(arena, SEEN, 1, 'the values were compared')],
      actors: [
        ...alike(setters, 'set', (task) => bothStages(task, repaired)),
        ...alike(1, 'check', (task) => checkStages(task, repaired)),
      ],
      check: () => [],
    };
  },
});

function* increaseUnder(task: Task, mutex: Word, isChecked: boolean): Steps<void> {
  yield* lock(task, mutex);
  const before = isChecked ? yield* read(task, A) : 0;
  yield* write(task, A, (yield* read(task, A)) + 1);
  if (isChecked) {
    const after = yield* read(task, A);
    assert(after === before + 1, () => `after an increase of ${before} it is ${after}`);
  }
  yield* unlock(task, mutex);
}

const wronglock = (name: string, others: number): Program => ({
  name: `CS.${name}`,
  what: `one increases a number under a mutex, and checks that it did; ${others} increase it, too`,
  mistake: 'the others hold another mutex',
  repair: 'all hold the same',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(1 + others);
    const increased = () => arena.words[A] as number;
    return {
      arena,
      covers: [{ actor: 'check0', point: 'wait', what: 'the one that checks has waited for another' }],
      actors: [
        ...alike(1, 'check', (task) => increaseUnder(task, MUTEX, true)),
        ...alike(others, 'other', (task) => increaseUnder(task, repaired ? MUTEX : OTHER, false)),
      ],
      check: () =>
        !repaired || increased() === 1 + others ? [] : [{ rule: 'I-ASSERT', message: `it was increased ${increased()} times` }],
    };
  },
});

export const atomicity: readonly Program[] = [
  reorder(3, 2, 1),
  reorder(4, 3, 1),
  reorder(5, 4, 1),
  reorder(10, 9, 1),
  reorder(20, 10, 10),
  twostage('twostage', 1),
  twostage('twostage_20', 19),
  wronglock('wronglock_3', 3),
  wronglock('wronglock', 7),
];
