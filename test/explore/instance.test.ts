/** A model with a bug that is made in the thread does what one on the disk does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bugs } from '../../src/bugs/index.ts';
import type * as Registry from '../../src/drivers/registry.ts';
import { builtinDriver } from '../../src/drivers/registry.ts';
import type * as Attempts from '../../src/engines/hunt/attempt.ts';
import { instanceOf } from '../../src/mutation/instance.ts';
import { mutatedTree } from '../../src/mutation/mutate.ts';

const options = { seconds: 60, schedules: 100_000, seeds: 1 };
const bugOf = (wanted: string) => bugs.find(({ id }) => id === wanted) ?? assert.fail();

/** In a driver, in the notifiers, and in a scenario, with a message that names a place of the sources. */
for (const id of ['R05', 'M01', 'G08']) {
  test(`${id} is found by the same schedule, rule and token`, async () => {
    const bug = bugOf(id);
    const load = await instanceOf(bug);
    const { attempt } = await load<typeof Attempts>('engines/hunt/attempt');
    const tree = mutatedTree(bug);
    try {
      const there: typeof Attempts = await import(tree.urlOf('engines/hunt/attempt').href);
      const [here, expected] = [await attempt(bug, options), await there.attempt(bug, options)];
      assert.equal(here.found, true);
      assert.deepEqual({ ...here, seconds: 0 }, { ...expected, seconds: 0 });
    } finally {
      tree.remove();
    }
  });
}

test('two of them share nothing, and nothing with the model as it is', async () => {
  const bug = bugOf('R05');
  const drivers = await Promise.all(
    [1, 2].map(async () => (await (await instanceOf(bug))<typeof Registry>('drivers/registry')).builtinDriver('dmirror')),
  );
  assert.equal(new Set([...drivers, builtinDriver('dmirror')]).size, 3);
});

test('an edit that does not fit is refused in a sentence', async () => {
  const [edit] = bugOf('R05').edits;
  const wrong = { ...bugOf('R05'), edits: [{ ...(edit ?? assert.fail()), find: 'nowhere();' }] };
  await assert.rejects(instanceOf(wrong), /matches 0 times, it must match once/);
});
