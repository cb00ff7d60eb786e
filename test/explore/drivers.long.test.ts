/**
 * The drivers that come with the lab, in the explorer with their own policies: with the defaults no rule breaks within a bound that
 * is stated, and accesses to memory that stays mapped succeed; each known weakness breaks the rule it should, and with one
 * preemption less nothing does.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DriverSettings } from '../../src/drivers/base/options.ts';
import { builtinDrivers } from '../../src/drivers/registry.ts';
import { executorOf } from '../../src/engines/explore/explore.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { longScenarios, scenarioNamed, scenariosWith } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { isUsageError } from '../../src/input/usageError.ts';
import { checkInstalled } from '../../src/oracles/mirror.ts';

const named = (scenario: string, driver: string, settings: DriverSettings = {}) =>
  scenarioNamed(driver === 'dmirror' ? scenario : `${scenario}@${driver}`, settings);

/** All interleavings with so many preemptions, and how often a device was programmed meanwhile. */
function searched(scenario: string, driver: string, settings: DriverSettings, preemptions: number) {
  let installed = 0;
  const watch = {
    installed(...args: Parameters<typeof checkInstalled>) {
      installed++;
      checkInstalled(...args);
    },
    faultStable: () => {},
  };
  const executor = new Executor(named(scenario, driver, settings), watch);
  return { ...search(executor, { preemptions, enough: () => false }), installed };
}

/** An access that fails here breaks I-OUT: memory stays mapped in these. */
const mustSucceed = [
  'device-fault-vs-dontneed',
  'device-tlb-vs-dontneed',
  'device-fault-vs-fork',
  'device-fault-vs-cow',
  'device-fault-vs-clear-refs',
  'device-write-vs-migration',
  'device-write-vs-cpu-touch',
  'evict-vs-device-write',
  'two-devices',
];
/** Here an access may fail, and the driver must let go in time. */
const mayFail = [
  'device-fault-vs-munmap',
  'device-fault-vs-mremap',
  'device-fault-vs-mprotect',
  'device-range-vs-dontneed',
  'device-fault-vs-exit',
  'migration-vs-dontneed',
  'migration-vs-munmap',
  'close-vs-exit',
  'two-device-reads-vs-munmap',
];

/** Those of the names that can be played with a driver and its options. */
function fitting(names: readonly string[], driver: string, settings: DriverSettings = {}): string[] {
  const playable = scenariosWith(driver, settings).map(({ name }) => name.split('@')[0]);
  return names.filter((name) => playable.includes(name));
}

for (const { name: driver, memory = true, walk } of builtinDrivers) {
  test(`${driver}: no rule breaks within two preemptions, and what is legal succeeds`, () => {
    let programmed = 0;
    for (const scenario of fitting([...mustSucceed, ...mayFail], driver)) {
      const { failure, complete, installed } = searched(scenario, driver, {}, 2);
      assert.equal(failure, null, scenario);
      assert.ok(complete, scenario);
      if (installed > 0) programmed++;
    }
    // In the others it maps the pages before, or nothing ever takes them away. A device that walks the CPU's tables is not programmed.
    const least = walk !== undefined ? 0 : memory ? 12 : 10;
    assert.ok(programmed >= least, `in ${programmed} scenarios only the device was programmed`);
  });

  test(`${driver}: no rule breaks in any scenario without a preemption`, () => {
    const all = scenariosWith(driver);
    for (const { name } of all)
      assert.equal(search(executorOf(scenarioNamed(name)), { preemptions: 0, enough: () => false }).failure, null, name);
    assert.ok(all.length >= (memory ? 100 : 50), `${all.length} scenarios`);
  });

  test(`${driver}: nor in one of huge pages that fits it`, () => {
    let played = 0;
    for (const { name } of longScenarios()) {
      let executor: Executor;
      try {
        executor = executorOf(named(name, driver));
      } catch (error) {
        // The device has no memory, or no atomics.
        assert.ok(isUsageError(error), String(error));
        continue;
      }
      assert.equal(search(executor, { preemptions: 0, enough: () => false }).failure, null, name);
      played++;
    }
    assert.ok(played >= (memory ? 10 : 1), `${played} scenarios`);
  });
}

/** Driver, its weakness, the scenario that shows it, the rule, and the preemptions it takes. */
const weaknesses: readonly (readonly [string, DriverSettings, string, string, number])[] = [
  ...['nouveau', 'amdgpu-userptr', 'kfd-svm', 'gpusvm-xe'].flatMap((driver) =>
    [{ retryCheck: 'none' }, { retryCheck: 'beforeLock' }, { setSeq: 'off' }].map(
      (settings) => [driver, settings, 'device-fault-vs-dontneed', 'I-STALE', 1] as const,
    ),
  ),
  ['dmirror', { markDirty: 'never' }, 'device-write-vs-reclaim', 'I-DATA', 0],
  ['nouveau', { revokeSource: 'off' }, 'device-write-vs-migration', 'I-DATA', 1],
  ['nouveau', { foreignCounter: 'off' }, 'migration-vs-dontneed', 'I-STALE', 1],
  ['nouveau', { lockOnReturn: 'off' }, 'device-write-vs-cpu-touch', 'I-DATA', 1],
  ['nouveau', { exclusiveSeq: 'off' }, 'exclusive-vs-dontneed', 'I-STALE', 1],
  ['nouveau', { release: 'none' }, 'device-fault-vs-exit', 'I-STALE', 0],
  ['amdgpu-userptr', { sequence: 'piece' }, 'device-range-vs-dontneed', 'I-STALE', 1],
  ['amdgpu-userptr', { fenceWait: 'off' }, 'device-tlb-vs-dontneed', 'I-TLB', 1],
  ['kfd-svm', { nonBlockable: 'sleep' }, 'device-fault-vs-oom', 'I-LOCK', 0],
  ['kfd-svm', { mapMigrated: 'atOnce' }, 'migration-vs-dontneed', 'I-STALE', 1],
  ['kfd-svm', { homeNote: 'pass' }, 'granule-comes-home-to-two-faults', 'I-PROG', 1],
  ['gpusvm-xe', { bindCheck: 'none' }, 'device-fault-vs-dontneed', 'I-STALE', 1],
  ['gpusvm-xe', { dmaUnmap: 'close' }, 'device-maps-what-is-discarded', 'I-STALE', 0],
  ['gpusvm-xe', { dmaUnmap: 'early' }, 'device-tlb-vs-dontneed', 'I-DMA', 1],
  ['sva', { flushAll: 'pages' }, 'device-fault-vs-fork', 'I-PERM', 0],
  ['sva', { weak: 'fault' }, 'sva-write-vs-reuse', 'I-PROG', 0],
  ['sva', { release: 'none' }, 'sva-write-vs-exit', 'I-STALE', 0],
];

for (const [driver, settings, scenario, rule, preemptions] of weaknesses) {
  test(`${driver} with ${JSON.stringify(settings)} breaks ${rule} in ${scenario}`, () => {
    if (preemptions > 0) assert.equal(searched(scenario, driver, settings, preemptions - 1).failure, null);
    assert.equal(searched(scenario, driver, settings, preemptions).failure?.rule, rule);
    assert.equal(searched(scenario, driver, {}, preemptions).failure, null, 'and the driver with its defaults does not');
  });
}

test('options of the drivers that change the policy, and not its safety', () => {
  const policies: readonly (readonly [string, DriverSettings])[] = [
    ['amdgpu-userptr', { queues: 'compute' }],
    ['kfd-svm', { xnack: 'off' }],
    ['kfd-svm', { migrateOnFault: 'on' }],
    ['gpusvm-xe', { migrateDevmem: 'on' }],
    ['gpusvm-xe', { transaction: 'partial' }],
  ];
  for (const [driver, settings] of policies) {
    for (const scenario of fitting(mustSucceed, driver, settings)) {
      const { failure, complete } = searched(scenario, driver, settings, 1);
      assert.equal(failure, null, `${driver} ${JSON.stringify(settings)} ${scenario}`);
      assert.ok(complete);
    }
  }
});

test('kfd-svm: what is on the device when it is closed goes home, and the table of the device goes with it', () => {
  const executor = executorOf(scenarioNamed('close-with-work', { migrateOnFault: 'on' }));
  const { failure, complete } = search(executor, { preemptions: Number.POSITIVE_INFINITY, enough: () => false });
  assert.deepEqual([failure, complete], [null, true]);
});

test('a scenario is refused with a driver it does not fit', () => {
  assert.throws(() => named('mini-hmm', 'nouveau'), /has no driver to replace/);
  assert.throws(() => named('exclusive-vs-cpu', 'amdgpu-userptr'), /is about atomics/);
  for (const [scenario, driver, settings] of [
    ['fault-of-four-pages', 'gpusvm-xe', { migrateDevmem: 'on' }],
    ['queues-vs-dontneed', 'dmirror', { migrateOnFault: 'on' }],
  ] as const)
    assert.throws(
      () => named(scenario, driver, settings).prepare(),
      /^UsageError: scenario \S+ shows nothing of a device with migrate\w+=on$/,
    );
  assert.throws(() => named('repeated-fault-vs-munmap', 'nouveau'), /is written for kfd-svm/);
  assert.throws(() => named('device-fault-vs-munmap', 'novaeu'), /unknown driver 'novaeu'/);
});
