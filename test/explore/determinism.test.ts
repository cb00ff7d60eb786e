import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { Header } from '../../src/arena/structures.ts';
import { explore } from '../../src/engines/explore/explore.ts';
import { followNamed, readable } from '../../src/engines/explore/failure/namedSchedule.ts';
import { trace } from '../../src/engines/explore/failure/trace.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { scenarioNamed, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { runTwice } from '../../src/engines/explore/plan/determinism.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { RandomWalk } from '../../src/engines/explore/sampling/strategies.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';

/** mini-hmm with one more operation at the beginning. */
function before(operation: (task: Task) => Steps<unknown>): Scenario {
  const base = scenarioNamed('mini-hmm');
  return {
    ...base,
    prepare() {
      const prepared = base.prepare();
      const [first, ...others] = prepared.actors;
      assert.ok(first !== undefined);
      return { ...prepared, actors: [{ ...first, operations: [operation, ...first.operations] }, ...others] };
    },
  };
}

test('every scenario is a function of the schedule', () => {
  for (const { name } of scenarios()) assert.equal(runTwice(scenarioNamed(name), 1, 3).failure, null, name);
});

test('a clock, randomness or a variable outside the shared words is found out', () => {
  let calls = 0;
  const SPARE = Header.shared + 8;
  const causes: readonly [() => number, RegExp][] = [
    [Math.random, /^in step \d+ of the same schedule F0 comes to 'setPte', and the second time with other values$/],
    [() => performance.now(), /with other values$/],
    [() => calls++, /with other values$/],
  ];
  for (const [cause, message] of causes) {
    const scenario = before(function* ({ arena }) {
      yield Point.cpuAccess;
      store(arena, SPARE, 1 + Math.floor(cause() * 2 ** 20));
      yield Point.setPte;
      return load(arena, SPARE);
    });
    assert.match(runTwice(scenario, 1, 5).failure?.message ?? '', message);
    const options = { strategy: 'search', seconds: 60, schedules: 1e9, preemptions: 1, seed: 1, settings: {} };
    const { verdict, failure } = explore(scenario, options);
    assert.deepEqual([verdict, failure?.oracle], ['violation', 'I-DETERM']);
  }
  const steady = before(function* ({ arena }) {
    yield Point.cpuAccess;
    store(arena, SPARE, 1);
  });
  assert.equal(runTwice(steady, 1, 5).failure, null);
});

test('any schedule can be said by named points, and followed again', () => {
  for (const name of ['mini-hmm', 'mini-hmm-early', 'migration-vs-dontneed', 'own-pfn-reused']) {
    const executor = new Executor(scenarioNamed(name), null);
    const random = new RandomWalk(3);
    const runnable = new Uint8Array(executor.count);
    for (let run = 0; run < 20; run++) {
      random.newExecution(executor.count, executor);
      runOnce(executor, random, runnable);
      const schedule = [...executor.schedule.subarray(0, executor.steps)];
      const text = readable(trace(executor, schedule).stretches);
      assert.deepEqual(followNamed(executor, text), schedule, text);
    }
  }
});

test('named points that cannot be followed are refused with a sentence', () => {
  const executor = new Executor(scenarioNamed('mini-hmm'), null);
  for (const [text, message] of [
    ['', /^'' is no part of a schedule, one looks like D@lock or D@lock#2$/],
    ['F0', /^'F0' is no part of a schedule/],
    ['X@lock', /^'X@lock' names no actor of mini-hmm, they are F0, F1, I$/],
    ['F0@nowhere', /^'F0@nowhere' names no point/],
    ['F0@done F0@lock', /^the schedule cannot be followed to F0@lock, part 2: it is done$/],
    [
      'F0@driverSnapshot I@driverInvalidate',
      /^the schedule cannot be followed to I@driverInvalidate, part 2: it cannot go on from lock$/,
    ],
  ] as const) {
    assert.throws(() => followNamed(executor, text), { name: 'UsageError', message }, text);
  }
});
