import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compilerAtRest } from '../src/engines/shared/compilerAtRest.ts';

/** How often is it looked, when the process uses so many milliseconds of a processor from one look to the next, and then none? */
async function looks(...used: readonly number[]): Promise<number> {
  let [ms, count] = [0, 0];
  const wait = async (): Promise<void> => {
    ms += used[count++] ?? 0;
  };
  await compilerAtRest(() => ms, wait);
  return count;
}

test('a process at rest is looked at three times in a row, one that is not ten times at the most', async () => {
  assert.equal(await looks(), 3);
  assert.equal(await looks(10, 10), 5);
  assert.equal(await looks(0.5, 0.5, 10), 6);
  assert.equal(await looks(...Array.from({ length: 20 }, () => 15)), 10);
});
