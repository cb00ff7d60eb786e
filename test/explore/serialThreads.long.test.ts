/** The second search, to which states that differ only in serial numbers are one, beside threads and checkpoints. */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';
import { wholeSearch } from './wholeSearch.ts';

const SCENARIO = 'failed-migration';

let folder: string;
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'hmm-lab-serials-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('in one thread or two, and from a checkpoint: the same proof', async () => {
  const one = await exploreParallel(SCENARIO, wholeSearch, 1, {}, { threads: 1 });
  assert.equal(one.verdict, 'proved');
  const lasting = ({ verdict, states, covers, bound }: typeof one) => ({ verdict, states, covers, bound });
  const file = join(folder, 'checkpoint');
  const copy = join(folder, 'copy');
  const onProgress = (): void => {
    if (existsSync(file)) copyFileSync(file, copy);
  };
  const kept = (from: string) => ({ threads: 2, checkpoint: { file: from, everySeconds: 0.05 } });
  const two = await exploreParallel(SCENARIO, wholeSearch, 1, { onProgress }, kept(file));
  assert.deepEqual(lasting(two), lasting(one));
  assert.ok(!existsSync(file), 'nothing is left of a search that has come to its end');
  // The last checkpoint is of the first search, which had come to its end, or nearly so.
  assert.ok(existsSync(copy));
  assert.deepEqual(lasting(await exploreParallel(SCENARIO, wholeSearch, 1, {}, kept(copy))), lasting(one));
});
