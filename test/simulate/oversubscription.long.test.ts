/** A device with less memory than it works on: when it begins to thrash, and what throttling does about it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dmirror } from '../../src/drivers/dmirror/index.ts';
import { gpusvmXe } from '../../src/drivers/gpusvm/index.ts';
import { Residency } from '../../src/drivers/paging/residency.ts';
import { NAP, REMOTE, SERVE, Throttle } from '../../src/drivers/paging/throttle.ts';
import { planSweep } from '../../src/engines/measure/sweep.ts';
import { simulateOnce } from '../../src/engines/simulate/cell.ts';

interface Seen {
  readonly moved: number;
  readonly evictions: number;
  readonly remote: number;
  readonly naps: number;
  /** Mean time of a request. */
  readonly ns: number;
}

/** Sixteen blocks of 32 pages, used one after another. */
async function measured(axes: Readonly<Record<string, string>>, faults = 500, driver = dmirror): Promise<Seen> {
  const request = {
    engine: 'simulate',
    axes: { access: 'migrate', pages: '512', pattern: 'streaming', disturbers: '0', invalidations: '0', ...axes },
    costs: {},
    seconds: 10,
    faults,
    repetitions: 1,
    seed: 1,
  } as const;
  const [cell] = planSweep(request, [{ label: driver.name, location: driver.name, settings: {}, driver }]).cells;
  assert.ok(cell !== undefined);
  const r = await simulateOnce(cell.config, 7);
  assert.ok(r !== null);
  assert.equal(r.violation, null);
  assert.ok(r.done > 0.8 * faults, `${r.done} of ${faults} requests`);
  const rounds = Math.max(1, r.rounds);
  return {
    moved: (r.arrived + r.evicted) / r.usedPages,
    evictions: r.evictions / rounds,
    remote: r.remote / r.usedPages,
    naps: r.naps / rounds,
    ns: r.raw.sum / r.raw.count,
  };
}

test('thrashing begins where the working set is larger than the memory of the device', async (t) => {
  const shares = ['2', '1', '0.94', '0.75', '0.5'];
  const seen = await Promise.all(shares.map((share) => measured({ 'device-memory': share })));
  t.diagnostic(seen.map(({ moved }, i) => `${shares[i]}: ${moved.toFixed(3)} pages moved a page used`).join(', '));
  for (const { moved, evictions, remote } of seen.slice(0, 2)) assert.deepEqual([moved, evictions, remote], [0, 0, 0]);
  // Who uses blocks in a circle finds that the one used longest ago, which is gone, is the next one: all or nothing.
  for (const { moved, evictions } of seen.slice(2)) assert.deepEqual([moved, evictions], [2, 1]);
});

test('at random, a share of the uses misses that is the share of the region that does not fit', async () => {
  const { moved, evictions } = await measured({ 'device-memory': '0.5', pattern: 'uniform' }, 2500);
  assert.ok(Math.abs(moved - 1) < 0.08, `${moved} pages moved a page used, half of the uses miss and a miss moves two`);
  assert.equal(evictions, 1);
});

test('throttling with pins moves less and takes less time; naps alone only take time', async (t) => {
  const axes = { 'device-memory': '0.94' };
  const [none, nap, pin] = await Promise.all(['none', 'nap', 'pin'].map((throttle) => measured({ ...axes, throttle }, 1000)));
  assert.ok(none !== undefined && nap !== undefined && pin !== undefined);
  t.diagnostic(
    [none, nap, pin].map(({ moved, ns }) => `${moved.toFixed(3)} moved, ${(ns / 1000).toFixed(0)} us`).join('; none, nap, pin'),
  );
  assert.ok(pin.moved < 0.3 * none.moved && pin.evictions <= 1 && pin.remote > 0.02);
  assert.ok(pin.ns < 0.8 * none.ns);
  assert.equal(nap.moved, none.moved);
  assert.ok(nap.naps > 0.9 && nap.ns > 2 * none.ns);
});

test('a block that comes back after more than a lapse is no thrashing', async () => {
  const axes = { 'device-memory': '0.5', throttle: 'nap' };
  assert.equal((await measured(axes)).naps, 0);
  // The naps themselves then delay the returns, so it comes and goes.
  assert.ok((await measured({ ...axes, lapse: '10000' })).naps > 0);
});

test('with no room for a single block everything is used where it is, and every request comes to its end', async () => {
  const { moved, evictions, remote } = await measured({ 'device-memory': '0.05' });
  assert.deepEqual([moved, evictions, remote], [0, 0, 1]);
});

test('handlers that fight over less memory than they hold, CPU threads and invalidations beside them: every rule holds', async () => {
  for (const driver of [dmirror, gpusvmXe]) {
    const load = { faulters: '6', disturbers: '2', invalidations: '20k', threads: '2', accesses: '200k', pattern: 'zipf' };
    const { evictions } = await measured({ ...load, 'device-memory': '0.2', throttle: 'pin' }, 400, driver);
    assert.ok(evictions > 0);
  }
});

test('residency: the order of use, with holders, as a list has it', () => {
  const blocks = 6;
  const operation = fc.record({ what: fc.constantFrom('use', 'remove', 'hold', 'release'), block: fc.nat(blocks - 1) });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (script) => {
      const residency = new Residency(blocks, 3);
      let order: number[] = [];
      const holders = new Array<number>(blocks).fill(0);
      for (const { what, block } of script) {
        if (what === 'use' || what === 'remove') order = order.filter((other) => other !== block);
        if (what === 'use') order.push(block);
        if (what === 'hold') holders[block] = (holders[block] ?? 0) + 1;
        if (what === 'release' && holders[block] === 0) continue;
        if (what === 'release') holders[block] = (holders[block] ?? 0) - 1;
        residency[what as 'use' | 'remove' | 'hold' | 'release'](block);
        assert.equal(residency.victim(), order.find((other) => holders[other] === 0) ?? -1);
        assert.equal(residency.overfull, order.length > 3);
        for (let other = 0; other < blocks; other++) assert.equal(residency.has(other), order.includes(other));
      }
    }),
  );
});

test('throttle: three returns within a lapse, ten naps, then 300 lapses in system memory', () => {
  const decisions = (policy: 'none' | 'nap' | 'pin', gapMs: number, times: number): number[] => {
    const throttle = new Throttle(policy, 0.5, 1);
    return Array.from({ length: times }, (_, i) => {
      const now = 10 + i;
      throttle.evicted(0, now - gapMs);
      return throttle.onFault(0, now);
    });
  };
  const naps = new Array(10).fill(NAP);
  assert.deepEqual(decisions('pin', 0.4, 15), [SERVE, SERVE, ...naps, REMOTE, REMOTE, REMOTE]);
  assert.deepEqual(decisions('nap', 0.4, 15), [SERVE, SERVE, ...naps, NAP, NAP, NAP]);
  assert.deepEqual(decisions('none', 0.4, 15), new Array(15).fill(SERVE));
  assert.deepEqual(decisions('pin', 0.6, 15), new Array(15).fill(SERVE));
  const throttle = new Throttle('pin', 0.5, 1);
  throttle.pin(0, 150);
  assert.deepEqual(
    [throttle.onFault(0, 149), throttle.unpin(0, 149), throttle.unpin(0, 150), throttle.unpin(0, 150)],
    [REMOTE, false, true, false],
  );
});
