/** What a legal operation is refused with stands in the message, whoever refuses it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import {
  cpuReads,
  cpuWrites,
  deviceMustRead,
  deviceMustWrite,
  type Operation,
  unmaps,
} from '../../src/scenarios/kit/operations.ts';
import { scenarioOf } from '../../src/scenarios/kit/plan.ts';
import type { SmallMachine } from '../../src/scenarios/kit/smallMachine.ts';
import { run } from '../../src/steps/steps.ts';

const refused: readonly (readonly [string, (m: SmallMachine) => Operation, string])[] = [
  ['a device read', (m) => deviceMustRead(m, 0), 'a read of page 0 by device 1 is legal, and was refused: -EFAULT'],
  ['a device write', (m) => deviceMustWrite(m, 0, 1), 'a write to page 0 by device 1 is legal, and was refused: -EFAULT'],
  ['a CPU load', (m) => cpuReads(m, 0), 'a load from page 0 is legal, and ended with SIGSEGV'],
  ['a CPU store', (m) => cpuWrites(m, 0, 1), 'a store to page 0 is legal, and ended with SIGSEGV'],
];

for (const [name, operation, message] of refused) {
  test(`${name} of memory that is not mapped says why it was refused`, () => {
    const scenario = scenarioOf({
      name,
      title: name,
      windows: '',
      machine: { pages: 1 },
      setup: (m) => run(unmaps(m, 0)(m.task)),
      actors: (m) => ({ A: [operation(m)] }),
    });
    const { failure } = search(new Executor(scenario, null), { preemptions: 0, enough: () => false });
    assert.equal(failure?.rule, 'I-OUT');
    assert.equal(failure?.message, message);
  });
}
