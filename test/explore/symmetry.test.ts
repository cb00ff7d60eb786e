/** Interchangeable actors: the smaller search reaches every state of the larger one, up to who is who, and no more. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, namesOwner, or, set } from '../../src/arena/access.ts';
import { Header } from '../../src/arena/structures.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import type { Operation } from '../../src/scenarios/kit/operations.ts';
import { cpuWrites, deviceMustWrite, deviceReads, discards } from '../../src/scenarios/kit/operations.ts';
import { scenarioOf } from '../../src/scenarios/kit/plan.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { fillPage, type SmallMachine } from '../../src/scenarios/kit/smallMachine.ts';
import { miniHmm } from '../../src/scenarios/miniHmm.ts';
import { Point } from '../../src/steps/points.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import { waitUntil } from '../../src/sync/wait.ts';

/** All orders of the twins, as what each actor becomes. */
function exchanges(executor: Executor): number[][] {
  const orders = (left: readonly number[]): number[][] =>
    left.length === 0 ? [[]] : left.flatMap((one) => orders(left.filter((other) => other !== one)).map((rest) => [one, ...rest]));
  const actors = Array.from({ length: executor.count }, (_, i) => i);
  const twins = actors.filter((i) => executor.symmetry?.isTwin(i));
  return orders(twins).map((order) => actors.map((i) => (twins.includes(i) ? (order[twins.indexOf(i)] as number) : i)));
}

interface Reached {
  readonly states: number;
  /** States when nobody asks who is who: of all states that exchanges make of each other, one. */
  readonly orbits: number;
  /** Different hashes in which twins have no names; at least one an orbit. */
  readonly hashes: number;
  /** Hashes that stand for states that no exchange makes of each other. */
  readonly mistaken: number;
}

/**
 * All states that can be reached. Every path is walked in all exchanges of its actors at once, each by an executor of its own,
 * which says what a state is when its actors are exchanged.
 */
function reached(scenario: Scenario): Reached {
  const executor = new Executor(scenario, null);
  const { symmetry } = executor;
  assert.ok(symmetry !== null, `${scenario.name} has interchangeable actors`);
  executor.watchTwins(symmetry);
  const others = exchanges(executor).map((exchange) => ({ exchange, other: new Executor(scenario, null) }));
  const keyOf = ({ low, high }: Executor): string => `${low} ${high}`;
  const seen = new Set<string>();
  const orbits = new Set<string>();
  const orbitOf = new Map<string, string>();
  let mistaken = 0;
  const visit = (): void => {
    if (seen.has(keyOf(executor))) return;
    seen.add(keyOf(executor));
    const orbit = others.map(({ other }) => keyOf(other)).sort()[0] as string;
    orbits.add(orbit);
    executor.look(symmetry, -1);
    const hash = `${symmetry.keyLow} ${symmetry.keyHigh}`;
    if ((orbitOf.get(hash) ?? orbit) !== orbit) mistaken++;
    orbitOf.set(hash, orbit);
    for (let actor = 0; actor < executor.count; actor++) {
      if (!executor.canRun(actor)) continue;
      assert.equal(executor.step(actor), null);
      for (const { exchange, other } of others) assert.equal(other.step(exchange[actor] as number), null);
      visit();
      executor.back();
      for (const { other } of others) other.back();
    }
  };
  visit();
  return { states: seen.size, orbits: orbits.size, hashes: orbitOf.size, mistaken };
}

const searched = (scenario: Scenario, symmetry: boolean) =>
  search(new Executor(scenario, null), {
    preemptions: Number.POSITIVE_INFINITY,
    enough: () => false,
    symmetry,
    quietFirst: false,
    orders: false,
  });

/** A plan in which actors share operations. */
const plan = (name: string, actors: (m: SmallMachine) => Record<string, readonly Operation[]>): Scenario =>
  scenarioOf({ name, title: name, windows: '', machine: { pages: 1 }, setup: (m) => fillPage(m, 0, 1), actors });

const twice = (name: string, operation: (m: SmallMachine) => Operation): Scenario =>
  plan(name, (m) => {
    const same = [operation(m)];
    return { A: same, B: same };
  });

/** Three actors, a mutex that each takes twice, and a condition that each waits for in between. */
const queued = plan('three that wait for each other', ({ arena }) => {
  const [mutex, arrived] = [Header.shared, Header.shared + 1];
  const pass: Operation = function* (task) {
    for (let times = 0; times < 2; times++) {
      yield* mutexLock(task, mutex, LockClass.driverLock1);
      or(arena, arrived, 1);
      yield* mutexUnlock(task, mutex, LockClass.driverLock1);
      if (times === 0) yield* waitUntil(task, Point.setPte, arrived, 1, 1);
    }
  };
  const same = [pass];
  return { A: same, B: same, C: same };
});

const scenarios: readonly Scenario[] = [
  queued,
  miniHmm(2, 2),
  miniHmm(3, 1),
  twice('two device faults', (m) => deviceReads(m, 0)),
  twice('two device writes', (m) => deviceMustWrite(m, 0, 2)),
  twice('two CPU writes', (m) => cpuWrites(m, 0, 2)),
  twice('two discards', (m) => discards(m, 0)),
];

for (const scenario of scenarios) {
  test(`${scenario.name}: every state is reached, up to who is who`, () => {
    const { states, orbits, hashes, mistaken } = reached(scenario);
    const all = searched(scenario, false);
    const some = searched(scenario, true);
    assert.deepEqual([all.states, all.complete, all.failure], [states, true, null]);
    assert.deepEqual([mistaken, some.complete, some.failure], [0, true, null]);
    assert.ok(orbits <= some.states && some.states <= hashes, `${orbits} <= ${some.states} <= ${hashes}`);
    assert.ok(some.states < states, `${some.states} of ${states}`);
  });
}

test('who waits for a lock, or has waited, is not told apart by its owner', () => {
  const { orbits, hashes } = reached(queued);
  assert.equal(hashes, orbits);
});

/** Three actors; each leaves its tag where the last one to do so is remembered, and the first one is told who that was. */
const tagged = (declared: boolean): Scenario =>
  plan('tags', ({ arena }) => {
    const tag: Operation = function* (task) {
      if (declared) namesOwner(Header.shared);
      set(arena, Header.shared, task.tag);
      yield Point.setPte;
      // Whoever comes last leaves no trace of itself but this.
      set(arena, Header.shared + 1, get(arena, Header.shared) === task.tag ? 1 : 2);
      yield Point.setPte;
    };
    const same = [tag];
    return { A: same, B: same, C: same };
  });

test('the comparison notices a word that names actors and is not declared', () => {
  assert.equal(reached(tagged(true)).mistaken, 0);
  assert.ok(reached(tagged(false)).mistaken > 0);
});

test('the same failures are found, with as few preemptions', () => {
  const early = miniHmm(3, 1, true);
  for (const symmetry of [false, true]) {
    const executor = new Executor(early, null);
    const found = (preemptions: number) => search(executor, { preemptions, enough: () => false, symmetry }).failure?.rule;
    assert.deepEqual([found(0), found(1)], [undefined, 'I-STALE']);
  }
});
