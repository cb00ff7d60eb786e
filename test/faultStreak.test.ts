/** Rule I-PROG for one access of a race: it fires when nobody can be the reason for its faults, and only then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createArena } from '../src/arena/arena.ts';
import { Counter } from '../src/arena/counters.ts';
import { Actor, ActorState } from '../src/arena/structures.ts';
import { Violation } from '../src/arena/violation.ts';
import { FaultStreak, MOST_FAULTS, ROUNDS_OF_OTHERS } from '../src/engines/race/faultStreak.ts';
import { Watchdog } from '../src/engines/race/watchdog.ts';
import { count, countEvent, Task } from '../src/sync/task.ts';
import { parkThread } from '../src/sync/wait.ts';

/** Three actors in the middle of an operation; the first one faults. */
function race() {
  const arena = createArena({ systemPages: 16, devicePages: 0, devices: 0, tables: 4, actors: 4, frameWords: 16 });
  const tasks = [0, 1, 2].map((id) => new Task(arena, id, { park: parkThread }));
  for (const { actor } of tasks) {
    arena.words[actor + Actor.state] = ActorState.running;
    arena.words[actor + Actor.operation] = 1;
  }
  const [self, second, third] = tasks as [Task, Task, Task];
  const streak = new FaultStreak(arena, 3);
  /** Faults number `from` to `to`, and what happens after each. */
  const faults = (from: number, to: number, meanwhile: (fault: number) => void): void => {
    for (let fault = from; fault <= to; fault++) {
      streak.refaulted(self, 'the access', 7, fault);
      meanwhile(fault);
    }
  };
  return { arena, self, second, third, faults, streak };
}

const livelock = (error: unknown): boolean =>
  error instanceof Violation &&
  error.rule === 'I-PROG' &&
  /^livelock: the access of actor 0 to address page 7 has faulted \d+ times without an error and gets nowhere/.test(error.detail);

test('everybody else gets on, by operations or by faults, and nothing is invalidated: a livelock', () => {
  const { second, third, faults } = race();
  const meanwhile = (fault: number): void => {
    if (fault % 10 !== 0) return;
    count(second, Counter.operations);
    count(third, Counter.cpuFaults);
  };
  faults(1, MOST_FAULTS - 1, meanwhile);
  assert.throws(() => faults(MOST_FAULTS, MOST_FAULTS, meanwhile), livelock);
});

test('fewer faults are no livelock, however little happens', () => {
  const { second, third, faults } = race();
  faults(1, MOST_FAULTS - 1, () => {
    count(second, Counter.operations);
    count(third, Counter.operations);
  });
});

test('as long as one operation of another actor goes on, that may be the reason', () => {
  const { second, third, faults } = race();
  faults(1, 20 * MOST_FAULTS, () => count(second, Counter.operations));
  // Once it has ended, and as many after it, the reason is gone.
  faults(20 * MOST_FAULTS + 1, 20 * MOST_FAULTS + 1, () => count(third, Counter.operations, ROUNDS_OF_OTHERS));
  assert.throws(() => faults(20 * MOST_FAULTS + 2, 21 * MOST_FAULTS, () => {}), livelock);
});

test('faults that follow invalidations are no livelock, however many they are', () => {
  const { second, third, faults } = race();
  faults(1, 20 * MOST_FAULTS, (fault) => {
    count(third, Counter.operations);
    if (fault % 3 !== 0) return;
    count(second, Counter.operations);
    countEvent(second);
  });
});

test('faults that a driver sends back until a time has passed are no livelock; those after them are counted from there', () => {
  const { second, third, faults, streak } = race();
  const meanwhile = (): void => {
    count(second, Counter.operations);
    count(third, Counter.operations);
  };
  faults(1, 20 * MOST_FAULTS, () => {
    meanwhile();
    streak.postponed();
  });
  faults(20 * MOST_FAULTS + 1, 21 * MOST_FAULTS - 1, meanwhile);
  assert.throws(() => faults(21 * MOST_FAULTS, 22 * MOST_FAULTS, meanwhile), livelock);
});

test('an actor that is gone, or waits for its next operation, is no reason', () => {
  const { arena, second, third, faults } = race();
  arena.words[second.actor + Actor.state] = ActorState.done;
  arena.words[third.actor + Actor.operation] = 0;
  assert.throws(() => faults(1, MOST_FAULTS, () => {}), livelock);
});

test('each access is judged by its own faults', () => {
  const { second, third, faults } = race();
  for (let access = 0; access < 50; access++) {
    faults(1, MOST_FAULTS - 1, () => {
      count(second, Counter.operations);
      count(third, Counter.operations);
    });
  }
});

test('who goes round and round is blamed, and not who waits for it for longer', () => {
  const { arena, self, second, third } = race();
  const watchdog = new Watchdog(arena, ['device0', 'cpu0', 'cpu1'], 8);
  const now = 1000;
  for (const { actor } of [second, third]) arena.words[actor + Actor.waitWord] = self.actor + Actor.signal;
  assert.equal(watchdog.check(now), null);
  // The one that holds the lock ends an operation later than the others, and then no other.
  arena.words[self.actor + Actor.progress] = 1;
  assert.equal(watchdog.check(now + 3000), null);
  arena.words[self.actor + Actor.recentAt] = 100_000;
  const stuck = watchdog.check(now + 8000);
  assert.equal(stuck?.rule, 'I-PROG');
  assert.equal(stuck?.actor, 'device0');
  assert.match(stuck?.message ?? '', /^livelock: no progress for 5\.0 s: .*device0 /);
});

test('who waits while nobody gets on, and nobody runs, is in a deadlock', () => {
  const { arena, self, second, third } = race();
  const watchdog = new Watchdog(arena, ['device0', 'cpu0', 'cpu1'], 8);
  const now = 1000;
  for (const { actor } of [self, second, third]) arena.words[actor + Actor.waitWord] = self.actor + Actor.signal;
  assert.equal(watchdog.check(now), null);
  const stuck = watchdog.check(now + 8000);
  assert.equal(stuck?.rule, 'I-DEAD');
  assert.equal(stuck?.actor, 'device0');
});
