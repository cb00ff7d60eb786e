/** The drivers and scenarios in `examples/`: the right ones are proved, and what an option makes wrong is found by the rule that it breaks. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';

const example = (name: string): string => join(fileURLToPath(new URL('../../../../examples/', import.meta.url)), name);

interface Case {
  readonly scenario: string;
  /** Example that is the driver; without it the scenario has its own, or the in-tree one. */
  readonly driver?: string;
  /** What is wrong, and the rule it breaks; without it the scenario is only looked through. */
  readonly wrong?: readonly [settings: Readonly<Record<string, string>>, rule: string];
  /** Most preemptions; without it everything is proved. */
  readonly preemptions?: number;
}

const cases: readonly Case[] = [
  { scenario: 'device-fault-vs-munmap', driver: 'kvm.mjs', wrong: [{ retry: 'none' }, 'I-STALE'] },
  { scenario: 'device-fault-vs-dontneed', driver: 'kvm.mjs', wrong: [{ retry: 'early' }, 'I-STALE'] },
  { scenario: example('kvm-cache.mjs'), wrong: [{ cacheRetry: 'slots' }, 'I-FREE'] },
  { scenario: 'device-fault-vs-munmap', driver: 'rdma.mjs', wrong: [{ retryCheck: 'none' }, 'I-STALE'] },
  { scenario: 'device-fault-vs-dontneed', driver: 'rdma.mjs', wrong: [{ unmapOrder: 'dmaFirst' }, 'I-DMA'] },
  { scenario: 'device-fault-vs-oom', driver: 'rdma.mjs', wrong: [{ nonBlockable: 'sleep' }, 'I-LOCK'], preemptions: 1 },
  { scenario: 'device-fault-vs-munmap', driver: 'uvm.mjs', wrong: [{ retryCheck: 'none' }, 'I-STALE'] },
  { scenario: 'zero-page-vs-cow', driver: 'uvm.mjs', wrong: [{ ownMigrate: 'ignore' }, 'I-STALE'], preemptions: 0 },
  { scenario: 'return-without-memory', driver: 'uvm.mjs', wrong: [{ faultPage: 'unnamed' }, 'I-PROG'], preemptions: 0 },
  { scenario: 'evict-vs-return', driver: 'uvm.mjs', wrong: [{ disown: 'off' }, 'I-MIG'], preemptions: 2 },
  { scenario: example('last-user.mjs'), wrong: [{ mmUser: 'hold' }, 'I-LOCK'], preemptions: 1 },
  { scenario: example('huge-page.mjs') },
  { scenario: example('huge-page.mjs'), driver: 'uvm.mjs' },
];

for (const { scenario, driver, wrong, preemptions = Number.POSITIVE_INFINITY } of cases) {
  const [settings, rule] = wrong ?? [{}, 'nothing'];
  test(`${scenario} ${driver ?? ''}: ${JSON.stringify(settings)} breaks ${rule}, and nothing else does`, async () => {
    const search = { strategy: 'portfolio', seconds: 60, schedules: 1e9, preemptions, seed: 1 };
    const from = driver === undefined ? {} : { driver: example(driver) };
    const right = await exploreParallel(scenario, { ...search, ...from, settings: {} }, 1);
    assert.deepEqual([right.failure?.message, right.verdict], [undefined, preemptions < 3 ? 'bounded' : 'proved']);
    if (wrong === undefined) return;
    const { failure } = await exploreParallel(scenario, { ...search, ...from, settings }, 1);
    assert.equal(failure?.oracle, rule, failure?.message);
  });
}
