import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ExploreOptions } from '../../src/engines/explore/explore.ts';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';

const all = Number.POSITIVE_INFINITY;
const usual: ExploreOptions = { strategy: 'search', seconds: 300, schedules: 1e9, preemptions: all, seed: 1, settings: {} };

/** Searched by so many threads together. */
const searched = (scenario: string, threads: number, some: Partial<ExploreOptions> = {}) =>
  exploreParallel(scenario, { ...usual, ...some }, 1, {}, { threads });

for (const scenario of ['mini-hmm-1x3', 'device-fault-vs-munmap', 'device-write-vs-migration', 'exclusive-vs-munmap'])
  test(`${scenario}: the same verdict, states and covers with 1, 2 and 4 threads`, async () => {
    const { verdict, states, covers, bound } = await searched(scenario, 1);
    assert.equal(verdict, 'proved');
    for (const threads of [2, 4]) {
      const found = await searched(scenario, threads);
      assert.deepEqual([found.verdict, found.states, found.covers, found.bound], [verdict, states, covers, bound], `${threads}`);
    }
  });

test('within a bound, the same states and choices left out', async () => {
  const [one, two] = [
    await searched('own-pfn-reused', 1, { preemptions: 1 }),
    await searched('own-pfn-reused', 2, { preemptions: 1 }),
  ];
  assert.deepEqual([two.verdict, two.states, two.basis], ['bounded', one.states, one.basis]);
});

test('a failure has the fewest preemptions, with any number of threads', async () => {
  for (const threads of [2, 3]) {
    const { verdict, failure } = await searched('device-fault-vs-munmap', threads, { settings: { retryCheck: 'none' } });
    assert.deepEqual([verdict, failure?.oracle, failure?.preemptions, failure?.minimal], ['violation', 'I-STALE', 1, true]);
  }
});

test('a stop ends all threads, with what was found so far', async () => {
  const stop = new AbortController();
  const onProgress = ({ states }: { states: number }): void => {
    if (states > 1000) stop.abort();
  };
  const result = await exploreParallel('two-evictions', usual, 1, { signal: stop.signal, onProgress }, { threads: 2 });
  assert.deepEqual([result.verdict, result.interrupted, result.failure], ['sampled', true, null]);
  assert.ok(result.states > 1000);
});

test('a number of threads that is none is refused', async () => {
  await assert.rejects(searched('mini-hmm', 65), { name: 'UsageError', message: /1 to 64 threads/ });
});
