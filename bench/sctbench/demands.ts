/** Programs that do what they should and demand what is not so: account, lazy01, arithmetic_prog, din_phil. */
import { increase, load, store } from '../../src/arena/access.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { actor, assert, endsWith, lock, memory, read, signal, unless, unlock, wait, word, write } from './kit.ts';
import type { Program } from './program.ts';

const MUTEX = word(0);

const BALANCE = word(1);
const DEPOSITED = word(2);
const WITHDRAWN = word(3);
const CHECKED = 4;
const [OPENING, DEPOSIT, WITHDRAWAL] = [1, 2, 4];

function* transact(task: Task, amount: number, done: number): Steps<void> {
  yield* lock(task, MUTEX);
  increase(task.arena, BALANCE, amount);
  store(task.arena, done, 1);
  yield* unlock(task, MUTEX);
}

function* checkBalance(task: Task, expected: number): Steps<void> {
  const { arena } = task;
  yield* lock(task, MUTEX);
  if (load(arena, DEPOSITED) === 1 && load(arena, WITHDRAWN) === 1) {
    const balance = load(arena, BALANCE);
    assert(balance === expected, () => `the balance is ${balance}, not ${expected}`);
    store(arena, word(CHECKED), 1);
  }
  yield* unlock(task, MUTEX);
}

const account: Program = {
  name: 'CS.account',
  what: 'one deposits, one withdraws, one checks the balance when both are done; all under a mutex',
  mistake: 'the check takes the deposit off',
  repair: 'it adds it',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(3);
    store(arena, BALANCE, OPENING);
    const expected = OPENING + (repaired ? DEPOSIT : -DEPOSIT) - WITHDRAWAL;
    return {
      arena,
      covers: [endsWith(arena, CHECKED, 1, 'the balance was checked')],
      actors: [
        actor('deposit', (task) => transact(task, DEPOSIT, DEPOSITED)),
        actor('withdraw', (task) => transact(task, -WITHDRAWAL, WITHDRAWN)),
        actor('check', (task) => checkBalance(task, expected)),
      ],
      check: () => [],
    };
  },
};

const DATA = word(1);
const SEEN = 2;

function* add(task: Task, amount: number): Steps<void> {
  yield* lock(task, MUTEX);
  increase(task.arena, DATA, amount);
  yield* unlock(task, MUTEX);
}

function* checkData(task: Task, most: number): Steps<void> {
  const { arena } = task;
  yield* lock(task, MUTEX);
  const data = load(arena, DATA);
  store(arena, word(SEEN), data);
  assert(data <= most, () => `the sum is ${data}, more than ${most}`);
  yield* unlock(task, MUTEX);
}

const lazy01: Program = {
  name: 'CS.lazy01',
  what: 'one adds 1, one adds 2, one looks at the sum; all under a mutex',
  mistake: 'the sum is to stay below 3',
  repair: 'it may come to 3',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(3);
    return {
      arena,
      covers: [endsWith(arena, SEEN, repaired ? 3 : 2, 'the sum was seen at its highest')],
      actors: [
        actor('one', (task) => add(task, 1)),
        actor('two', (task) => add(task, 2)),
        actor('look', (task) => checkData(task, repaired ? 3 : 2)),
      ],
      check: () => [],
    };
  },
};

const NUMBER = word(1);
const TOTAL = word(2);
const EMPTY = word(3);
const FULL = word(4);
const TERMS = 3;

function* produce(task: Task): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < TERMS; i++) {
    yield* lock(task, MUTEX);
    while (load(arena, NUMBER) > 0) yield* wait(task, EMPTY, MUTEX);
    increase(arena, NUMBER, 1);
    yield* unlock(task, MUTEX);
    yield* signal(task, FULL);
  }
}

function* consume(task: Task): Steps<void> {
  const { arena } = task;
  for (let i = 0; i < TERMS; i++) {
    yield* lock(task, MUTEX);
    while (load(arena, NUMBER) === 0) yield* wait(task, FULL, MUTEX);
    increase(arena, TOTAL, i);
    increase(arena, NUMBER, -1);
    yield* unlock(task, MUTEX);
    yield* signal(task, EMPTY);
  }
  increase(arena, TOTAL, TERMS);
}

const arithmeticProg: Program = {
  name: 'CS.arithmetic_prog',
  what: 'one hands over three numbers one by one, the other adds them up; a mutex and two condition variables',
  mistake: 'the sum is demanded not to be 6',
  repair: 'it must be 6',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(2);
    return {
      arena,
      covers: [
        { actor: 'consumer', point: 'wait', what: 'the consumer has waited' },
        { actor: 'producer', point: 'wait', what: 'the producer has waited' },
      ],
      actors: [actor('producer', produce), actor('consumer', consume)],
      check() {
        const total = arena.words[TOTAL] as number;
        return unless((total === (TERMS * (TERMS + 1)) / 2) === repaired, `the sum is ${total}`);
      },
    };
  },
};

const EATEN = 1;
const FORKS = 2;

/** All of it under the lock that stands for the atomic section of the original. */
function* eat(task: Task, forks: readonly number[]): Steps<void> {
  for (const fork of forks) yield* lock(task, word(FORKS + fork));
  for (const fork of forks.toReversed()) yield* unlock(task, word(FORKS + fork));
}

function* philosopher(task: Task, seats: number, seat: number, repaired: boolean): Steps<void> {
  yield* lock(task, MUTEX);
  yield* eat(task, [(seat + 1) % seats, seat]);
  if (repaired) increase(task.arena, word(EATEN), 1);
  yield* unlock(task, MUTEX);
  if (repaired) return;
  yield* write(task, word(EATEN), (yield* read(task, word(EATEN))) + 1);
  const eaten = yield* read(task, word(EATEN));
  assert(eaten !== seats, () => `all ${seats} have eaten`);
}

const dinPhil = (seats: number): Program => ({
  name: `CS.din_phil${seats}`,
  what: `${seats} philosophers take two forks each, one philosopher at a time, and count themselves`,
  mistake: 'they count without a lock, and who is the last finds that wrong',
  repair: 'they count under the lock, and at the end all have been counted',
  rule: 'I-ASSERT',
  prepare(repaired) {
    const arena = memory(seats);
    return {
      arena,
      covers: [
        { actor: 'P0', point: 'lock', while: { actor: 'P1', point: 'wait' }, what: 'one waits while another has the table' },
      ],
      actors: Array.from({ length: seats }, (_, seat) => actor(`P${seat}`, (task) => philosopher(task, seats, seat, repaired))),
      check() {
        const eaten = arena.words[word(EATEN)] as number;
        return unless(!repaired || eaten === seats, `${eaten} of ${seats} were counted`);
      },
    };
  },
});

export const demands: readonly Program[] = [account, lazy01, arithmeticProg, ...[2, 3, 4, 5, 6, 7].map(dinPhil)];
