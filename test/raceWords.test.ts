/** Words of 32 bits that count up in a long race: what happens when they pass their largest value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createArena } from '../src/arena/arena.ts';
import { Counter } from '../src/arena/counters.ts';
import { Actor, ActorState } from '../src/arena/structures.ts';
import { CounterTotals } from '../src/engines/race/counterTotals.ts';
import { nextPassed, passedPoints, recentPoints } from '../src/engines/race/pauseHook.ts';
import { Watchdog } from '../src/engines/race/watchdog.ts';
import { Ledger } from '../src/oracles/ledger.ts';
import { points } from '../src/steps/points.ts';
import { count, countEvent, foreignEvents, Task } from '../src/sync/task.ts';
import { parkThread } from '../src/sync/wait.ts';

const LARGEST = 2 ** 31 - 1;
const RING = 16;

const small = () => createArena({ systemPages: 16, devicePages: 0, devices: 0, tables: 4, actors: 3, frameWords: 16 });
const taskOf = (arena: ReturnType<typeof small>, id: number): Task => new Task(arena, id, { park: parkThread });

/** Everything in an actor's record but the ring and its counter. */
function besides(words: Int32Array, actor: number): number[] {
  const record = [...words.slice(actor, actor + Actor.shape.size)];
  return record.filter((_, i) => (i < Actor.recent || i >= Actor.recent + RING) && i !== Actor.recentAt);
}

for (const start of [LARGEST - 20, -20]) {
  test(`the last points are right on both sides of ${start + 20}, and nothing beside the ring is written`, () => {
    const arena = small();
    const { words } = arena;
    const task = taskOf(arena, 1);
    words.fill(77, task.actor, task.actor + Actor.shape.size);
    words[task.actor + Actor.recentAt] = start;
    const before = besides(words, task.actor);
    const { hook } = passedPoints(task, [], () => 0, new Int32Array(1));
    for (let i = 0; i < 40; i++) {
      hook(i % points.length);
      if (i < RING) continue;
      const last = Array.from({ length: RING }, (_, k) => points[(i - RING + 1 + k) % points.length]?.name);
      assert.deepEqual(recentPoints(words, task.actor), last, `after ${i + 1} points`);
    }
    assert.deepEqual(besides(words, task.actor), before);
  });
}

test('the number of points passed never looks like that of a ring that is not full', () => {
  assert.equal(nextPassed(0), 1);
  assert.equal(nextPassed(LARGEST), -(2 ** 31));
  assert.equal(nextPassed(-1), RING);
});

test('sums of counters go on where the words wrap around', () => {
  const arena = small();
  const totals = new CounterTotals(arena);
  const tasks = [taskOf(arena, 0), taskOf(arena, 1)] as const;
  for (const { actor } of tasks) arena.words[actor + Actor.counters + Counter.operations] = LARGEST - 1;
  assert.equal(totals.read().operations, 2 * (LARGEST - 1));
  for (let i = 0; i < 5; i++) count(tasks[0], Counter.operations);
  count(tasks[1], Counter.operations, 1000);
  assert.ok((arena.words[tasks[0].actor + Actor.counters + Counter.operations] as number) < 0, 'the word has wrapped');
  assert.equal(totals.read().operations, 2 * (LARGEST - 1) + 1005);
  assert.equal(totals.read().operations, 2 * (LARGEST - 1) + 1005);
});

test('an event of somebody else is noticed where the count of events wraps around', () => {
  const arena = small();
  const [self, other] = [taskOf(arena, 0), taskOf(arena, 1)];
  arena.words[other.actor + Actor.ownEvents] = LARGEST;
  const trace = passedPoints(self, [], () => 0, new Int32Array(1));
  trace.hook(3);
  countEvent(other);
  assert.ok(foreignEvents(self) < 0);
  trace.hook(4);
  assert.equal(trace.hits[3], 1);
});

test('the watchdog tells a livelock from a wait where the count of points wraps around', () => {
  const arena = small();
  const task = taskOf(arena, 0);
  const { words } = arena;
  words[task.actor + Actor.state] = ActorState.running;
  words[task.actor + Actor.operation] = 1;
  words[task.actor + Actor.recentAt] = LARGEST - 500;
  // It is seen waiting each time, as one that takes a lock again and again.
  words[task.actor + Actor.waitWord] = task.actor + Actor.signal;
  const watchdog = new Watchdog(arena, ['cpu0'], 1);
  const now = 1000;
  assert.equal(watchdog.check(now), null);
  words[task.actor + Actor.recentAt] = -(2 ** 31) + 1000;
  const stuck = watchdog.check(now + 1500);
  assert.equal(stuck?.rule, 'I-PROG');
  assert.match(stuck?.message ?? '', /^livelock: /);
});

test('the ledger knows what was written last where its values wrap around', () => {
  const ledger = new Ledger(1, 1);
  const words = new Int32Array(ledger.buffer);
  // What a slot has had so many writes for.
  for (let i = 0; i < words.length; i++) words[i] = i < 3 ? 0 : LARGEST - 2;
  const seen: number[] = [];
  for (let i = 0; i < 6; i++) {
    const before = ledger.expect(0, 0);
    const next = ledger.beginWrite(0, 0);
    assert.equal(ledger.objection(0, 0, before.acknowledged, before), null, 'not written yet');
    assert.equal(ledger.objection(0, 0, next.value, before), null, 'written, not acknowledged');
    ledger.acknowledge(0, 0, next);
    const after = ledger.expect(0, 0);
    assert.equal(after.acknowledged, next.value);
    assert.equal(ledger.objection(0, 0, next.value, after), null);
    assert.match(ledger.objection(0, 0, before.acknowledged, after) ?? '', /had been acknowledged/, 'the value before is lost');
    seen.push(next.value);
  }
  assert.equal(new Set(seen).size, 6);
  assert.ok(!seen.includes(0), '0 is what a page without contents reads as');
});

test('discards are compared where their number wraps around', () => {
  const ledger = new Ledger(1, 1);
  const words = new Int32Array(ledger.buffer);
  words[0] = LARGEST;
  words[1] = LARGEST;
  ledger.acknowledge(0, 0, ledger.beginWrite(0, 0));
  const expected = ledger.expect(0, 0);
  assert.match(ledger.objection(0, 0, 0, expected) ?? '', /acknowledged/, 'nothing was discarded');
  ledger.beginDiscard(0, 1);
  assert.equal(ledger.objection(0, 0, 0, expected), null);
});
