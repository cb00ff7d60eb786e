import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';
import { wholeSearch } from './wholeSearch.ts';

test('a search in one, two and four threads: the same verdict, states and covers', async () => {
  const one = await exploreParallel('mini-hmm-1x3', wholeSearch, 1, {}, { threads: 1 });
  assert.equal(one.verdict, 'proved');
  for (const threads of [2, 4]) {
    const { verdict, states, covers, bound } = await exploreParallel('mini-hmm-1x3', wholeSearch, 1, {}, { threads });
    assert.deepEqual([verdict, states, covers, bound], [one.verdict, one.states, one.covers, one.bound], `${threads} threads`);
  }
});
