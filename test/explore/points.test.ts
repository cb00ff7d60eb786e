/** The points that actors pass are listed as they are named in a schedule. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from '../../src/arena/access.ts';
import { Violation } from '../../src/arena/violation.ts';
import { executorOf } from '../../src/engines/explore/explore.ts';
import { followNamed } from '../../src/engines/explore/failure/namedSchedule.ts';
import { passedPoints } from '../../src/engines/explore/failure/passedPoints.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { pointsText } from '../../src/report/pointsText.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { LockClass } from '../../src/sync/lockClass.ts';
import { mutexLock, mutexUnlock } from '../../src/sync/spinlock.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X, Y } from './words.ts';

test('every part that is listed leads to the step that is listed with it', () => {
  const executor = executorOf(scenarioNamed('device-fault-vs-munmap'));
  const { stretches, failure, ends } = passedPoints(executor);
  assert.deepEqual([failure, ends, stretches.map(({ actor }) => actor)], [null, true, ['D', 'A']]);
  const before: string[] = [];
  for (const { points } of stretches) {
    for (const { part, step, source } of points) {
      assert.equal(followNamed(executor, [...before, part].join(' ')).length, step, part);
      if (source !== null) assert.match(source, /^src\/\S+:\d+/);
    }
    before.push(points.at(-1)?.part ?? '');
  }
  assert.ok(stretches[0]?.points.some(({ visit, part }) => visit === 2 && part.endsWith('#2')));
  assert.deepEqual(before.at(-1), 'A@done');
});

/** A holds a lock and waits for a word that nobody sets; B waits for the lock. */
const scenario = wordScenario({
  *A(task: Task): Steps<void> {
    yield* mutexLock(task, Y, LockClass.mmapLock);
    while (load(task.arena, X) === 0) yield Point.hmmWalk;
    yield* mutexUnlock(task, Y, LockClass.mmapLock);
  },
  *B({ arena }: Task): Steps<void> {
    yield Point.call;
    if (load(arena, X) === 0) throw new Violation('I-OUT', 'not set');
  },
});

test('along a schedule that is given; a rule that breaks ends it', () => {
  const executor = executorOf(scenario);
  const schedule = followNamed(executor, 'A@hmmWalk B@done');
  const given = passedPoints(executor, schedule);
  assert.deepEqual(
    given.stretches.map(({ actor, from, points }) => [actor, from, points.at(-1)?.part]),
    [
      ['A', 'lock', 'A@hmmWalk'],
      ['B', 'call', undefined],
    ],
  );
  assert.deepEqual(given.stretches[0]?.points.at(-1)?.holds, ['mmapLock']);
  assert.equal(given.failure?.message, 'not set');
  assert.match(pointsText(given, true), /in this schedule\..*\n\nstep {2}part +holds +made in\n +A, from lock\n +1 +A@\w+/);
  assert.match(pointsText(given, true), /Then rule I-OUT is broken: not set\n$/);
});

test('a run that has no end is listed in part, and says so', () => {
  const passed = passedPoints(executorOf(scenario));
  assert.deepEqual([passed.ends, passed.stretches.length], [false, 1]);
  assert.match(pointsText(passed, false), /… it has no end/);
});

test('a schedule that cannot be followed: which part, also where the same part comes twice', () => {
  const executor = executorOf(scenarioNamed('device-fault-vs-munmap'));
  assert.throws(() => followNamed(executor, 'D@done A@done D@done'), /to D@done, part 3: it is done/);
});
