/**
 * The simulator against theory. An attempt takes r, invalidations are Poisson at rate l, and take no time themselves: then
 * the mean number of attempts is e^(lr), the mean time r e^(lr) where the check is at the end, (e^(lr) - 1) / l where an
 * attempt ends as soon as it is disturbed.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eraseDeviceEntries } from '../../src/drivers/base/deviceTable.ts';
import { mirrorInterval } from '../../src/drivers/base/mirror.ts';
import type { Costs } from '../../src/engines/cell/costs.ts';
import { Simulator } from '../../src/engines/simulate/simulator.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmuIntervalCheckRetry, mmuIntervalReadBegin } from '../../src/notifier/sequence.ts';
import { endSetup, FIRST, fillPage, type SmallMachine, smallMachine } from '../../src/scenarios/kit/smallMachine.ts';
import { Point, points } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { type Arrivals, arrivals } from '../../src/workload/arrivals.ts';
import type { Program } from '../../src/workload/program.ts';
import { randomStream } from '../../src/workload/random.ts';

/** Pages of the window the device faults; page number WINDOW, after it, is what gets invalidated. */
const WINDOW = 4;
const PAGE_NS = 1000;
const ATTEMPT_NS = WINDOW * PAGE_NS;

/** Only looking at an entry costs something. */
const costs: Costs = {
  points: Float64Array.from(points, (_, id) => (id === Point.hmmWalkPte ? PAGE_NS : 0)),
  machine: { interrupt: 0, contextSwitch: 0, wakeUp: 0, spin: 0, spinWake: 0, slice: 1e12, ipi: 0, ipiWait: 0 },
};

function machine(): SmallMachine {
  const m = smallMachine({
    actors: 2,
    pages: WINDOW + 1,
    settings: { window: String(WINDOW), engine: 'mutex', deadlineMs: '60000' },
  });
  for (let page = 0; page < WINDOW; page++) fillPage(m, page, page + 1);
  endSetup(m);
  return m;
}

/** Invalidations of a page that is not in the window but in the same interval: nothing to fault in again. */
function invalidator(m: SmallMachine, next: Arrivals): Program {
  return { due: next, operation: (task) => madviseDontneed(task, m.mm, FIRST + WINDOW, 1) as Steps<never> };
}

interface Sums {
  faults: number;
  attempts: number;
  ns: number;
}

/** Faults one after another. The device forgets what it has learnt in between, which takes no time. */
function faulter(m: SmallMachine, sums: Sums): Program {
  const [mirror = 0] = m.mirrors;
  return {
    due: (now) => now,
    *operation(task) {
      yield* m.driver.fault(task, mirror, FIRST, FIRST + WINDOW, false);
      sums.faults++;
      yield* eraseDeviceEntries(task, mirror, FIRST, FIRST + WINDOW);
    },
  };
}

function near(what: string, value: number, theory: number): void {
  const off = Math.abs(value / theory - 1);
  assert.ok(off < 0.02, `${what}: ${value.toFixed(4)}, theory ${theory.toFixed(4)}, ${(100 * off).toFixed(2)} % off`);
}

for (const [load, faults] of [
  [0.01, 5000],
  [0.1, 10_000],
  [0.5, 20_000],
  [1, 20_000],
  [2, 20_000],
] as const) {
  test(`check at the end, lambda r = ${load}: attempts and time to stable within 2 % of theory`, () => {
    const m = machine();
    const sums: Sums = { faults: 0, attempts: 0, ns: 0 };
    const next = arrivals('poisson', (load / ATTEMPT_NS) * 1e9, randomStream(11, 1));
    const simulator = new Simulator(
      m.arena,
      [
        { name: 'device', program: faulter(m, sums) },
        { name: 'cpu', program: invalidator(m, next) },
      ],
      {
        cpus: 2,
        costs,
        watch: () => ({
          installed: () => {},
          faultStable: (_, attempts, elapsedMs) => {
            sums.attempts += attempts;
            sums.ns += elapsedMs * 1e6;
          },
        }),
      },
    );
    // So many faults that the standard error is below one per cent: their deviation is about their mean.
    while (sums.faults < faults)
      assert.notEqual(simulator.run(simulator.now + 1e9, 1_000_000), 'failure', simulator.failure?.message);
    near('attempts a fault', sums.attempts / sums.faults, Math.exp(load));
    near('time to stable over r', sums.ns / sums.faults / ATTEMPT_NS, Math.exp(load));
    assert.notEqual(simulator.drain(), 'failure');
    assert.deepEqual(m.check(), []);
  });
}

/** An attempt in many small parts, given up at the first part that finds the sequence changed. */
const PARTS = 400;

function impatient(m: SmallMachine, sums: Sums): Program {
  const sub = mirrorInterval(m.arena, m.mirrors[0] as number);
  return {
    due: (now) => now,
    *operation(task) {
      const began = task.clock();
      for (let stable = false; !stable; ) {
        const token = yield* mmuIntervalReadBegin(task, sub);
        stable = true;
        for (let part = 0; part < PARTS && stable; part++) {
          yield Point.hmmWalkPte;
          stable = !mmuIntervalCheckRetry(task, sub, token);
        }
      }
      sums.faults++;
      sums.ns += (task.clock() - began) * 1e6;
    },
  };
}

for (const load of [0.5, 1, 2]) {
  test(`early abort, lambda r = ${load}: time within 2 % of theory`, () => {
    const m = machine();
    const sums: Sums = { faults: 0, attempts: 0, ns: 0 };
    const attempt = PARTS * PAGE_NS;
    const rate = load / attempt;
    const simulator = new Simulator(
      m.arena,
      [
        { name: 'device', program: impatient(m, sums) },
        { name: 'cpu', program: invalidator(m, arrivals('poisson', rate * 1e9, randomStream(12, 1))) },
      ],
      { cpus: 2, costs },
    );
    while (sums.faults < 10_000)
      assert.notEqual(simulator.run(simulator.now + 1e9, 1_000_000), 'failure', simulator.failure?.message);
    near('time over r', sums.ns / sums.faults / attempt, (Math.exp(load) - 1) / load);
  });
}

test('faults at random times wait for each other as in an M/D/1 queue', () => {
  const m = machine();
  const [mirror = 0] = m.mirrors;
  const busy = 0.7;
  let [faults, ns] = [0, 0];
  const program: Program = {
    due: arrivals('poisson', (busy / ATTEMPT_NS) * 1e9, randomStream(13, 0)),
    *operation(task, due) {
      yield* m.driver.fault(task, mirror, FIRST, FIRST + WINDOW, false);
      faults++;
      ns += task.clock() * 1e6 - due;
      yield* eraseDeviceEntries(task, mirror, FIRST, FIRST + WINDOW);
    },
  };
  const simulator = new Simulator(m.arena, [{ name: 'device', program }], { cpus: 1, costs });
  while (faults < 80_000) simulator.run(simulator.now + 1e9);
  near('time from the intended start over r', ns / faults / ATTEMPT_NS, 1 + busy / (2 * (1 - busy)));
});
