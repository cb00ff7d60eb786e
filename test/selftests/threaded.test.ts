/** The kernel's tests that have a second thread, with it: both run in turn, a step each. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { RoundRobin } from '../../src/engines/explore/sampling/strategies.ts';
import { selfTests } from './all.ts';
import { SMALL } from './bench.ts';
import { scenarioOf } from './run.ts';
import { caseName, KINDS } from './selfTest.ts';

for (const selfTest of selfTests.filter(({ thread }) => thread !== undefined)) {
  for (const kind of KINDS) {
    test(`${caseName(selfTest, kind)}, with its second thread`, () => {
      const executor = new Executor(scenarioOf(selfTest, kind, SMALL, false), null);
      assert.equal(runOnce(executor, new RoundRobin(), new Uint8Array(4)), null);
    });
  }
}
