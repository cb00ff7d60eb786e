/** The kernel's own tests, both variants of each, in one thread. test/selftests has those that need two, and all with a disturber. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { IN_TREE } from '../src/engines/conformance/machine.ts';
import { selfTests } from './selftests/all.ts';
import { runAlone } from './selftests/run.ts';
import { caseName, KINDS, type SelfTest } from './selftests/selfTest.ts';

const alone = selfTests.filter(({ needsThread }) => needsThread !== true);

for (const selfTest of alone) {
  for (const kind of KINDS) test(caseName(selfTest, kind), () => runAlone(selfTest, kind));
}

test('there are 39, each with a number and a name of its own', () => {
  assert.deepEqual(
    selfTests.map(({ number }) => number),
    Array.from({ length: 39 }, (_, i) => i + 1),
  );
  assert.equal(new Set(selfTests.map(({ name }) => name)).size, 39);
});

/** What a kernel runs: the driver as it is shipped, with all that it does wrong. */
const asShipped = (selfTest: SelfTest): SelfTest => ({ ...selfTest, settings: { ...selfTest.settings, ...IN_TREE } });

test('with the in-tree driver one case fails, as on a kernel: 36 on a coherent device, where nothing can stand in for the page that is missing', () => {
  const failures = alone.flatMap((selfTest) =>
    KINDS.flatMap((kind) => {
      try {
        runAlone(asShipped(selfTest), kind);
        return [];
      } catch (error) {
        return [`${caseName(selfTest, kind)}: ${(error as Error).message.split('\n')[0]}`];
      }
    }),
  );
  assert.deepEqual(failures, ['36 hmm.hmm_device_coherent.migrate_anon_huge_err: ret is -ENOMEM']);
});
