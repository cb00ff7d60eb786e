/** Programs in which one fills something and one empties it: circular_buffer, queue, stack. */
import { load, store } from '../../src/arena/access.ts';
import type { Word } from '../../src/arena/units.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { actor, assert, at, endsWith, lock, memory, put, signal, unlock, wait, word } from './kit.ts';
import type { Program } from './program.ts';

const MUTEX = word(0);
/** Where the next one is put, and where the next one is taken from. */
const IN = word(1);
const OUT = word(2);
const TAKEN = 7;

/** Whose turn it is has its flag set, and waits for its condition variable to be told. */
interface Side {
  readonly flag: Word;
  readonly condition: Word;
}
const PUTS: Side = { flag: word(3), condition: word(5) };
const TAKES: Side = { flag: word(4), condition: word(6) };

/** Does something under the mutex if it is this one's turn, and hands over. Without the repair who finds that it is not gives up. Was it its turn? */
function* inTurn(task: Task, own: Side, other: Side, repaired: boolean, act: () => void): Steps<boolean> {
  const { arena } = task;
  yield* lock(task, MUTEX);
  while (repaired && load(arena, own.flag) === 0) yield* wait(task, own.condition, MUTEX);
  if (load(arena, own.flag) !== 1) {
    yield* unlock(task, MUTEX);
    return false;
  }
  act();
  store(arena, own.flag, 0);
  store(arena, other.flag, 1);
  yield* unlock(task, MUTEX);
  yield* signal(task, other.condition);
  return true;
}

function* fillByTurns(task: Task, size: number, times: number, repaired: boolean): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < times; i++) {
    yield* inTurn(task, PUTS, TAKES, repaired, () => {
      const next = load(arena, IN);
      put(arena, next, i);
      store(arena, IN, (next + 1) % size);
    });
  }
}

/** Takes what comes next, and compares it with what is expected. */
function* emptyByTurns(task: Task, times: number, repaired: boolean, expected: (i: number) => number): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < times; i++) {
    yield* inTurn(task, TAKES, PUTS, repaired, () => {
      const next = load(arena, OUT);
      const [taken, right] = [at(arena, next), expected(i)];
      assert(taken === right, () => `${taken} was taken in place of ${right}`);
      store(arena, OUT, next + 1);
      store(arena, word(TAKEN), i + 1);
    });
  }
}

const [BUFFER, MESSAGES] = [10, 7];

const circularBuffer: Program = {
  name: 'CS.circular_buffer',
  what: `one puts ${MESSAGES} numbers into a circular buffer, one takes them out and compares them, by turns, under a mutex`,
  mistake: 'who comes when it is not its turn leaves the number out and goes on to the next',
  repair: 'it waits for its turn, by a condition variable',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(2);
    store(arena, PUTS.flag, 1);
    return {
      arena,
      covers: [endsWith(arena, TAKEN, MESSAGES, 'all numbers were taken')],
      actors: [
        actor('in', (task) => fillByTurns(task, BUFFER, MESSAGES, repaired)),
        actor('out', (task) => emptyByTurns(task, MESSAGES, repaired, (i) => i)),
      ],
      check: () => [],
    };
  },
};

const [QUEUE, STORED] = [20, 32];

/** Puts the number into the queue, and into the list of what should come out of it. */
function enqueue({ arena }: Task, value: number, index: number): void {
  const tail = load(arena, IN);
  put(arena, tail, value);
  put(arena, STORED + index, value);
  store(arena, IN, tail + 1);
}

function* fillQueue(task: Task, repaired: boolean): Steps<void> {
  let value = 0;
  if (!repaired) {
    yield* lock(task, MUTEX);
    enqueue(task, value++, 0);
    yield* unlock(task, MUTEX);
  }
  for (let i = value; i < QUEUE; i++) {
    if (yield* inTurn(task, PUTS, TAKES, repaired, () => enqueue(task, value, i))) value++;
  }
}

const queue: Program = {
  name: 'CS.queue',
  what: `one puts up to ${QUEUE} numbers into a queue and onto a list, one takes them from the queue and compares them with the list, by turns`,
  mistake: 'who comes when it is not its turn goes on to the next place of the list',
  repair: 'it waits for its turn, by a condition variable',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(2);
    store(arena, PUTS.flag, 1);
    return {
      arena,
      covers: [endsWith(arena, TAKEN, QUEUE, 'all were taken')],
      actors: [
        actor('in', (task) => fillQueue(task, repaired)),
        actor('out', (task) => emptyByTurns(task, QUEUE, repaired, (i) => at(arena, STORED + i))),
      ],
      check: () => [],
    };
  },
};

const STACK = 10;

function* pushAll(task: Task): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < STACK; i++) {
    yield* lock(task, MUTEX);
    const top = load(arena, IN);
    assert(top < STACK, () => 'the stack is full');
    put(arena, top, i);
    store(arena, IN, top + 1);
    store(arena, TAKES.flag, 1);
    yield* unlock(task, MUTEX);
  }
}

function* popAll(task: Task, repaired: boolean): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < STACK; i++) {
    yield* lock(task, MUTEX);
    const top = load(arena, IN);
    if (repaired ? top > 0 : load(arena, TAKES.flag) === 1) {
      assert(top > 0, () => 'the stack is empty');
      store(arena, IN, top - 1);
      store(arena, word(TAKEN), load(arena, word(TAKEN)) + 1);
    }
    yield* unlock(task, MUTEX);
  }
}

const stack: Program = {
  name: 'CS.stack',
  what: `one pushes ${STACK} numbers, one pops as often, under a mutex`,
  mistake: 'it pops when anything was ever pushed',
  repair: 'it pops when something is there',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(2);
    return {
      arena,
      covers: [endsWith(arena, TAKEN, STACK, 'all were popped'), endsWith(arena, TAKEN, 0, 'none was popped')],
      actors: [actor('push', pushAll), actor('pop', (task) => popAll(task, repaired))],
      check: () => [],
    };
  },
};

export const buffers: readonly Program[] = [circularBuffer, queue, stack];
