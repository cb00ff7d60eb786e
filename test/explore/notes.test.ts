/** What an actor notes about its own locks and waits follows from where it stands; but others, and checks, may look at it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { Actor, Header } from '../../src/arena/structures.ts';
import { Violation } from '../../src/arena/violation.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import type { Finding } from '../../src/oracles/finding.ts';
import type { Scenario, Script } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { spinLock, spinUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';

const LOCK = Header.shared;

/** Holds a lock over a point at which it does nothing. */
function* holds(task: Task): Steps<void> {
  yield* spinLock(task, LOCK, LockClass.updateLock);
  yield Point.cpuAccess;
  yield* spinUnlock(task, LOCK, LockClass.updateLock);
}

const maskOf = (task: Task): number => load(task.arena, task.arena.actors + Actor.heldMask);

function scenario(others: readonly Script[], check: (arena: Task['arena']) => Finding[] = () => []): Scenario {
  return {
    name: 'notes',
    title: '',
    windows: '',
    prepare() {
      const arena = wordArena(1 + others.length);
      return { arena, actors: [{ name: 'A', operations: [holds] }, ...others], check: () => check(arena) };
    },
  };
}

const searched = (what: Scenario, quietFirst: boolean, recorded = true) =>
  search(new Executor(what, null, { recorded }), { preemptions: Number.POSITIVE_INFINITY, enough: () => false, quietFirst });

test('another actor sees a lock being held, whether or not steps that touch nothing shared are made at once', () => {
  const looks = function* (task: Task): Steps<void> {
    yield Point.setPte;
    if (maskOf(task) !== 0 && load(task.arena, LOCK) !== 0) throw new Violation('I-OUT', 'A holds the lock');
  };
  for (const quietFirst of [true, false]) {
    assert.equal(searched(scenario([{ name: 'B', operations: [looks] }]), quietFirst).failure?.message, 'A holds the lock');
  }
});

test('what another actor has seen there is remembered, and led to again', () => {
  let seen = new Set<string>();
  const remembers = function* (task: Task): Steps<void> {
    yield Point.setPte;
    const first = maskOf(task);
    yield Point.setPte;
    const second = maskOf(task);
    yield Point.setPte;
    seen.add(`${first === 0 ? 'free' : 'held'} ${second === 0 ? 'free' : 'held'}`);
  };
  for (const quietFirst of [true, false]) {
    for (const recorded of [true, false]) {
      seen = new Set();
      const { complete, failure } = searched(scenario([{ name: 'B', operations: [remembers] }]), quietFirst, recorded);
      assert.deepEqual([complete, failure], [true, null]);
      assert.deepEqual([...seen].sort(), ['free free', 'free held', 'held free', 'held held']);
    }
  }
});
