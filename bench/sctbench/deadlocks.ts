/** Programs in which somebody waits for ever: deadlock01, carter01, phase01, sync01, sync02. */
import { increase, load, store } from '../../src/arena/access.ts';
import type { Word } from '../../src/arena/units.ts';
import type { Cover } from '../../src/scenarios/kit/covers.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { actor, alike, lock, memory, signal, unless, unlock, wait, word } from './kit.ts';
import type { Program } from './program.ts';

const A = word(0);
const B = word(1);
const COUNTER = word(2);

function* change(task: Task, outer: Word, inner: Word, by: number): Steps<void> {
  yield* lock(task, outer);
  yield* lock(task, inner);
  increase(task.arena, COUNTER, by);
  yield* unlock(task, inner);
  yield* unlock(task, outer);
}

const deadlock01: Program = {
  name: 'CS.deadlock01',
  what: 'two change a counter under two mutexes',
  mistake: 'one takes them in one order, one in the other',
  repair: 'both take them in the same order',
  rule: 'I-DEAD',
  prepare(repaired) {
    const arena = memory(2);
    store(arena, COUNTER, 1);
    return {
      arena,
      covers: [{ actor: 'down', point: 'wait', what: 'one has waited for the other' }],
      actors: [
        actor('up', (task) => change(task, A, B, 1)),
        actor('down', (task) => (repaired ? change(task, A, B, -1) : change(task, B, A, -1))),
      ],
      check: () => unless(arena.words[COUNTER] === 1, `the counter is ${arena.words[COUNTER]}`),
    };
  },
};

/** The first of a class to come locks the room, the last to leave unlocks it. */
function* visit(task: Task, door: Word, visitors: Word, room: Word): Steps<void> {
  const { arena } = task;
  yield* lock(task, door);
  increase(arena, visitors, 1);
  if (load(arena, visitors) === 1) yield* lock(task, room);
  yield* unlock(task, door);
  yield* lock(task, door);
  increase(arena, visitors, -1);
  if (load(arena, visitors) === 0) yield* unlock(task, room);
  yield* unlock(task, door);
}

const carter01: Program = {
  name: 'CS.carter01',
  what: 'visitors of two classes share a room by turns; the first of a class locks it, the last unlocks it; doors are mutexes',
  mistake: 'both classes come and leave by one door, and one waits for the room in it',
  repair: 'each class has a door of its own',
  rule: 'I-DEAD',
  prepare(repaired) {
    const arena = memory(2);
    const [door, room, other] = [A, B, word(5)];
    return {
      arena,
      covers: [{ actor: 'b', point: 'wait', what: 'one has waited for the other' }],
      actors: [
        actor('a', (task) => visit(task, door, word(3), room)),
        actor('b', (task) => visit(task, repaired ? other : door, word(4), room)),
      ],
      check: () => unless(arena.words[room] === 0, 'the room is locked'),
    };
  },
};

/** Twice through each; the second time the first mutex is kept, unless it was repaired. */
function* phases(task: Task, repaired: boolean): Steps<void> {
  yield* lock(task, A);
  yield* unlock(task, A);
  yield* lock(task, A);
  if (repaired) yield* unlock(task, A);
  for (let times = 0; times < 2; times++) {
    yield* lock(task, B);
    yield* unlock(task, B);
  }
}

const phase01: Program = {
  name: 'CS.phase01',
  what: 'two pass through two mutexes, twice through each',
  mistake: 'the first mutex is not released the second time, so who comes to the end still holds it',
  repair: 'it is released',
  rule: 'I-LOCK',
  prepare(repaired) {
    const arena = memory(2);
    return {
      arena,
      covers: [{ point: 'wait', what: 'one has waited for the other' }],
      actors: alike(2, 'T', (task) => phases(task, repaired)),
      check: () => [],
    };
  },
};

const MUTEX = word(0);
const NUMBER = word(1);
const EMPTY = word(3);
const FULL = word(4);

function* produce(task: Task, times: number): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < times; i++) {
    yield* lock(task, MUTEX);
    while (load(arena, NUMBER) > 0) yield* wait(task, EMPTY, MUTEX);
    increase(arena, NUMBER, 1);
    yield* unlock(task, MUTEX);
    yield* signal(task, FULL);
  }
}

function* consume(task: Task, times: number, takes: boolean): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < times; i++) {
    yield* lock(task, MUTEX);
    while (load(arena, NUMBER) === 0) yield* wait(task, FULL, MUTEX);
    if (takes) increase(arena, NUMBER, -1);
    yield* unlock(task, MUTEX);
    yield* signal(task, EMPTY);
  }
}

interface Handover {
  readonly name: string;
  readonly times: number;
  readonly mistake: string;
  readonly repair: string;
  /** What is there at first, and whether the consumer takes it. */
  readonly bad: readonly [filled: number, takes: boolean];
  readonly good: readonly [filled: number, takes: boolean];
}

const handover = ({ name, times, mistake, repair, bad, good }: Handover): Program => ({
  name,
  what: `one produces ${times === 1 ? 'once' : 'twice'} when nothing is there, one consumes as often when something is; a mutex and two condition variables`,
  mistake,
  repair,
  rule: 'I-DEAD',
  prepare(repaired) {
    const arena = memory(2);
    const [filled, takes] = repaired ? good : bad;
    store(arena, NUMBER, filled);
    const waits = (who: string): Cover => ({ actor: who, point: 'wait', what: `the ${who} has waited` });
    return {
      arena,
      covers: [waits(filled > 0 ? 'producer' : 'consumer')],
      actors: [actor('producer', (task) => produce(task, times)), actor('consumer', (task) => consume(task, times, takes))],
      check: () => unless(arena.words[NUMBER] === filled, `${arena.words[NUMBER]} are left`),
    };
  },
});

const sync01 = handover({
  name: 'CS.sync01',
  times: 1,
  mistake: 'the consumer leaves the one that is there, and the producer waits for it to be gone',
  repair: 'the consumer takes it',
  bad: [1, false],
  good: [1, true],
});

const sync02 = handover({
  name: 'CS.sync02',
  times: 2,
  mistake: 'two are there at first: they are all that is consumed, and nobody takes the first that is produced',
  repair: 'nothing is there at first',
  bad: [2, true],
  good: [0, true],
});

export const deadlocks: readonly Program[] = [deadlock01, carter01, phase01, sync01, sync02];
