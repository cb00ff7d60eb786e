import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ExploreOptions, type ExploreResult, explore } from '../../src/engines/explore/explore.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';
import type { ExploreProgress } from '../../src/engines/explore/threads/supervised.ts';

const all = Number.POSITIVE_INFINITY;
const usual: ExploreOptions = { strategy: 'portfolio', seconds: 60, schedules: 1e9, preemptions: all, seed: 5, settings: {} };

/** What must not depend on who did the work. */
function lasting({ workers: _, seconds: __, schedulesPerSecond: ___, ...rest }: ExploreResult) {
  return rest;
}

const cases: readonly (readonly [string, Partial<ExploreOptions>, string])[] = [
  ['mini-hmm', {}, 'proved'],
  ['device-fault-vs-munmap', {}, 'proved'],
  ['device-fault-vs-munmap', { settings: { retryCheck: 'none' } }, 'violation'],
  ['mini-hmm-early-1x20', { strategy: 'bounded1' }, 'violation'],
  ['mini-hmm-early-1x20', { strategy: 'portfolio', preemptions: 0 }, 'bounded'],
  ['mini-hmm', { strategy: 'urw', schedules: 12_000 }, 'sampled'],
  ['device-fault-vs-munmap', { strategy: 'pos', schedules: 7_000 }, 'sampled'],
  ['own-pfn-reused', { schedules: 1000, seed: 2 }, 'sampled'],
];

for (const [scenario, some, verdict] of cases) {
  test(`${scenario} ${JSON.stringify(some)}: ${verdict} with 1 and 3 workers, and without any, all the same`, async () => {
    const options = { ...usual, ...some };
    const alone = explore(scenarioNamed(scenario, options.settings), options);
    assert.equal(alone.verdict, verdict);
    for (const workers of [1, 3]) {
      assert.deepEqual(lasting(await exploreParallel(scenario, options, workers)), lasting(alone), `${workers} workers`);
    }
  });
}

test('a stop gives what was found so far, and progress says how it goes', async () => {
  const stop = new AbortController();
  const seen: ExploreProgress[] = [];
  const result = await exploreParallel('stale-tlb-vs-discard', { ...usual, seconds: 60 }, 2, {
    signal: stop.signal,
    onProgress(progress) {
      seen.push(progress);
      if (progress.states > 1000) stop.abort();
    },
  });
  assert.deepEqual([result.verdict, result.interrupted, result.failure], ['sampled', true, null]);
  assert.ok(result.states > 1000);
  assert.ok(seen.some(({ executions, states, doing }) => executions > 0 && states > 1000 && doing.startsWith('searching')));
});

test('bad requests are refused before a thread starts', async () => {
  await assert.rejects(exploreParallel('nowhere', usual, 1), { name: 'UsageError', message: /unknown scenario/ });
  await assert.rejects(exploreParallel('mini-hmm', { ...usual, strategy: 'luck' }, 1), {
    name: 'UsageError',
    message: /unknown strategy/,
  });
  await assert.rejects(exploreParallel('mini-hmm', usual, 65), { name: 'UsageError', message: /1 to 64 workers/ });
});
