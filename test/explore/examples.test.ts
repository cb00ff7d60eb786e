/** The drivers and scenarios in `examples/`: the right ones are proved, and what an option makes wrong is found by the rule that it breaks. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';

const example = (name: string): string => join(fileURLToPath(new URL('../../../../examples/', import.meta.url)), name);

const options = { strategy: 'portfolio', seconds: 60, schedules: 1e9, preemptions: Number.POSITIVE_INFINITY, seed: 1 };

/** Scenario, example driver for it (none: it has its own), the option that is wrong, and the rule it breaks. */
const cases = [
  ['device-fault-vs-munmap', 'kvm.mjs', { retry: 'none' }, 'I-STALE'],
  ['device-fault-vs-dontneed', 'kvm.mjs', { retry: 'early' }, 'I-STALE'],
  [example('kvm-cache.mjs'), null, { cacheRetry: 'slots' }, 'I-FREE'],
] as const;

for (const [scenario, driver, wrong, rule] of cases) {
  test(`${driver ?? scenario}: ${Object.entries(wrong).join()} breaks ${rule} and nothing else does`, async () => {
    const from = driver === null ? {} : { driver: example(driver) };
    const right = await exploreParallel(scenario, { ...options, ...from, settings: {} }, 1);
    assert.deepEqual([right.verdict, right.failure?.message], ['proved', undefined]);
    const { verdict, failure } = await exploreParallel(scenario, { ...options, ...from, settings: wrong }, 1);
    assert.deepEqual([verdict, failure?.oracle], ['violation', rule], failure?.message);
  });
}
