/** The kernel's own tests under control, with a disturber on an unrelated range of the address space. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { RandomWalk } from '../../src/engines/explore/sampling/strategies.ts';
import { selfTests } from './all.ts';
import { SMALL } from './bench.ts';
import { gaps } from './gaps.ts';
import { scenarioOf } from './run.ts';
import { KINDS } from './selfTest.ts';

/** Schedules with a disturber: few of the long cases. */
const SCHEDULES = 2;
const LONG_SCHEDULES = 1;

for (const selfTest of [...selfTests, ...gaps]) {
  for (const kind of KINDS) {
    const name = /^G/.test(selfTest.name) ? selfTest.name : `${selfTest.number} ${selfTest.name}`;
    test(`${name} (${kind}), disturbed`, () => {
      const runnable = new Uint8Array(4);
      const executor = new Executor(scenarioOf(selfTest, kind, SMALL, true), null);
      const schedules = selfTest.huge === true ? LONG_SCHEDULES : SCHEDULES;
      for (let seed = 1; seed <= schedules; seed++) {
        const scheduler = new RandomWalk(seed);
        scheduler.newExecution(executor.count, executor);
        assert.equal(runOnce(executor, scheduler, runnable), null, `seed ${seed}`);
      }
    });
  }
}
