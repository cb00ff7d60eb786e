/** The kernel's own tests, both variants of each, in one thread. test/explore has them with all their threads. */
import assert from 'node:assert/strict';
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

/** What a coherent device of the test driver is: it never gets the memory for a huge page, and then a migration home that misses a page ends. */
const asShipped = { coherentHuge: 'never', shortOfPages: 'none' };

test('36 fails on a kernel in its coherent variant: the page that is missing is one that nothing can stand in for', () => {
  const err = selfTests.find(({ name }) => name === 'hmm.migrate_anon_huge_err');
  assert.ok(err !== undefined);
  assert.throws(() => runAlone({ ...err, settings: asShipped }, 'coherent'), /ENOMEM/);
  runAlone({ ...err, settings: asShipped }, 'private');
});
