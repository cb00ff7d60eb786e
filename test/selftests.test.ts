/** The kernel's own tests, both variants of each, in one thread. test/explore has them with all their threads. */
import { test } from 'node:test';
import { selfTests } from './selftests/all.ts';
import { runAlone } from './selftests/run.ts';

for (const selfTest of selfTests) {
  if (selfTest.needsThread === true) continue;
  const [fixture, name] = selfTest.name.split('.');
  for (const kind of ['private', 'coherent'] as const) {
    test(`${selfTest.number} ${fixture}.${fixture}_device_${kind}.${name}`, () => runAlone(selfTest, kind));
  }
}
