/** A large machine in one run: 64 CPU threads and 16 devices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dmirror } from '../../src/drivers/dmirror/index.ts';
import { planSweep } from '../../src/engines/measure/sweep.ts';
import { raceObjection, violationOf } from '../../src/engines/race/measureRace.ts';
import { simulateOnce } from '../../src/engines/simulate/cell.ts';

const request = {
  engine: 'simulate',
  axes: {
    pages: '512',
    devices: '16',
    faulters: '16',
    threads: '64',
    accesses: '1M',
    cpus: '64',
    'fault-rate': '300k',
    invalidations: '50k',
  },
  costs: {},
  seconds: 0.01,
  faults: 1000,
  repetitions: 1,
  seed: 1,
} as const;

test('64 CPU threads and 16 devices: every rule holds, and the run repeats', async () => {
  const [cell] = planSweep(request, [{ label: 'dmirror', location: 'dmirror', settings: {}, driver: dmirror }]).cells;
  assert.ok(cell !== undefined);
  const [first, second] = [await simulateOnce(cell.config, 3), await simulateOnce(cell.config, 3)];
  assert.ok(first !== null);
  assert.equal(first.violation, null);
  assert.ok(first.done > 900 && first.invalidations > 20);
  assert.deepEqual(second, first);
});

test('a race is refused on a busy machine, and when its threads took turns', async () => {
  const [cell] = planSweep(request, [{ label: 'dmirror', location: 'dmirror', settings: {}, driver: dmirror }]).cells;
  assert.ok(cell !== undefined);
  const one = await simulateOnce(cell.config, 3);
  assert.ok(one !== null);
  const good = { ...one, coresTaken: 0.1, overlap: 0.8, coresUsed: 2 };
  assert.equal(raceObjection([good, good]), null);
  assert.match(
    raceObjection([good, { ...good, coresTaken: 1.2 }]) ?? '',
    /^the machine was busy: other programs used 1\.2 cores/,
  );
  assert.match(raceObjection([{ ...good, overlap: 0.02 }, good]) ?? '', /^the threads took turns: the overlap gauge is 0\.020/);
  assert.match(raceObjection([{ ...good, stable: 0, timedOut: 0 }]) ?? '', /no device fault/);
});

test('a thread that dies during a measurement is reported with the reason', () => {
  const clean = { check: () => [], finish: () => [] };
  const report = { violation: null, aborted: false };
  const deaths = [{ actor: 'thread 1', error: new Error('no memory is left') }];
  assert.deepEqual(violationOf([report], deaths, 2, clean), {
    rule: 'I-DEAD',
    message: 'the worker of thread 1 died (no memory is left)',
    actor: 'thread 1',
  });
  const broken = { rule: 'I-DATA', message: 'wrong', actor: 'faulter0' };
  assert.equal(violationOf([{ violation: broken, aborted: false }], deaths, 2, clean), broken, 'a broken rule comes first');
  assert.match(violationOf([report], [], 2, clean)?.message ?? '', /^a thread did not come to the end/);
  assert.equal(violationOf([report, report], [], 2, clean), null);
});
