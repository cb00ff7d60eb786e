import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hasRetryLoop } from '../src/drivers/base/driver.ts';
import { builtinDrivers } from '../src/drivers/registry.ts';
import { planSweep } from '../src/engines/measure/sweep.ts';

const request = { engine: 'simulate', axes: {}, costs: {}, seconds: 1, faults: 100, repetitions: 1, seed: 1 } as const;

const choices = builtinDrivers
  .filter(hasRetryLoop)
  .map((driver) => ({ label: driver.name, location: driver.name, settings: {}, driver }));
const [dmirror] = choices;
assert.ok(dmirror !== undefined);

const plan = (axes: Readonly<Record<string, string>>, own: object = {}) => planSweep({ ...request, axes, ...own }, [dmirror]);

test('every combination is a cell, the last axis fastest; what does not vary is named by no axis', () => {
  const { cells, varied, atOnce } = plan({ policy: 'window,backoff', invalidations: '1k..100k:3' });
  assert.deepEqual(
    cells.map(({ axes }) => varied.map((name) => axes[name])),
    ['window', 'backoff'].flatMap((policy) => [1000, 10_000, 100_000].map((rate) => [policy, rate])),
  );
  assert.deepEqual(varied, ['policy', 'invalidations']);
  assert.ok(atOnce >= 1);
});

test('the fingerprint is that of the cells: equal for equal ones, another for another seed', () => {
  const { fingerprint } = plan({ invalidations: '1k,10k' });
  assert.equal(plan({ invalidations: '1k..10k:2' }).fingerprint, fingerprint);
  assert.notEqual(plan({ invalidations: '1k,10k' }, { seed: 2 }).fingerprint, fingerprint);
});

/** What is asked for, and what the refusal says. */
const refused: readonly (readonly [Readonly<Record<string, string>>, RegExp, object?])[] = [
  [{ invalidations: '' }, /^invalidations is empty/],
  [{ policy: 'window,,backoff' }, /^policy is empty, or has an empty value/],
  [{ invalidations: '1M..1k' }, /^invalidations: the range '1M\.\.1k' is reversed/],
  [{ 'notifier-size': '2M..64K' }, /is reversed/],
  [{ invalidations: '0..1k' }, /a range must begin above 0/],
  [{ invalidations: '1..1M:500' }, /has 500 values, allowed are 1 to 200/],
  [{ invalidations: 'lots' }, /'lots' is no value/],
  [{ pages: '524288', devices: '64', faulters: '64' }, /is not possible: /],
  [{ policy: 'luck' }, /^policy: unknown value 'luck', allowed are window, /],
  [{ arrivals: 'never' }, /^arrivals: unknown value 'never'/],
  [{ preset: 'pcie9' }, /^preset: unknown value 'pcie9'/],
  [{ range: '1.5' }, /is not a whole number/],
  [{ deadline: '70k' }, /is out of range, allowed is 1 to 60k/],
  [{ 'notifier-size': '5000' }, /'5000' is no value/],
  [{ range: '128', pages: '64' }, /^the cell .*range=128.* is not possible: a range of 128 pages does not fit a region of 64/],
  [{ span: '128', pages: '64' }, /an invalidation of 128 pages does not fit/],
  [{ devices: '3', faulters: '2' }, /2 fault handlers cannot serve 3 devices/],
  [{ disturbers: '0' }, /invalidations are asked for, but no disturbers/],
  [{ accesses: '10' }, /accesses are asked for, but no CPU threads/],
  [{ event: 'mprotect', access: 'write' }, /device writes would fail/],
  [{ event: 'mprotect', pages: '524288', span: '1' }, /are too many/],
  [{ faulters: '20', disturbers: '20' }, /40 actors, at most 32 are possible/, { engine: 'race' }],
  [{ disturbers: '128', threads: '128', accesses: '1' }, /actors, at most/],
  [{ invalidations: '1..1M:200', deadline: '1..60k:200' }, /the sweep has \d+ cells, allowed are at most 10000/],
  [{ throttle: 'pin' }, /matter to access migrate only/],
  [{ 'device-memory': '0.5' }, /matter to access migrate only/],
  [{ access: 'migrate' }, /access migrate is simulated only/, { engine: 'race' }],
  [{ 'device-memory': '0' }, /is out of range, allowed is 0.001 to 4/],
  [{}, /^seconds is 'NaN', allowed is a number above 0, at most 3600$/, { seconds: Number.NaN }],
  [{}, /^repetitions is '0.5', allowed is a whole number from 1 to 1000$/, { repetitions: 0.5 }],
  [{}, /^faults is '0', allowed is a whole number from 1 to 100000000$/, { faults: 0 }],
  [{}, /^seed is '-1', allowed is /, { seed: -1 }],
  [{ colour: '1' }, /^there is no axis 'colour', there are driver, /],
  [{}, /unknown cost 'luck'/, { costs: { luck: 1 } }],
];

for (const [axes, message, own] of refused) {
  test(`refused: ${JSON.stringify({ ...axes, ...own })}`, () => {
    assert.throws(
      () => plan(axes, own),
      (error: Error) => error.name === 'UsageError' && message.test(error.message),
    );
  });
}

test('a cell that would not fit into memory is refused; the others are no matter', () => {
  const axes = { pages: '1k,64k' };
  const drivers = [dmirror];
  assert.equal(planSweep({ ...request, axes }, drivers, 2 ** 30).cells.length, 14);
  assert.throws(
    () => planSweep({ ...request, axes }, drivers, 2 ** 20),
    /^UsageError: the cell pages=\d+k is not possible: it needs \d+ MiB of memory, allowed are 1 MiB on this machine$/,
  );
});

test('an axis that no driver of the sweep has is refused', () => {
  const driver = { ...dmirror.driver, options: {} };
  assert.throws(
    () => planSweep({ ...request, axes: { policy: 'window' } }, [{ ...dmirror, driver }]),
    /^UsageError: policy: no driver of the sweep has that option$/,
  );
});
