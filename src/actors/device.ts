/** A device engine: reads, writes and atomics through its mirror, faulting ahead over short spans. */

import { frameLoad, frameStore } from '../arena/access.ts';
import { Counter } from '../arena/counters.ts';
import { deviceBegin, deviceEnd, deviceIncrement } from '../drivers/base/deviceAccess.ts';
import type { BoundDevice } from '../drivers/base/driver.ts';
import { counterSlot } from '../oracles/ledger.ts';
import { count } from '../sync/task.ts';
import type { Operation, World } from './world.ts';
import { randomRange } from './world.ts';

/** Longest span of one operation, in pages. */
const SPAN = 8;

const deviceOf = ({ driver, mirrors, index }: World): BoundDevice => ({
  driver,
  mirror: mirrors[index % mirrors.length] as number,
});

function* read(world: World) {
  const { task, ledger, base, pages } = world;
  const device = deviceOf(world);
  const [start, end] = randomRange(world, 0, pages, SPAN);
  for (let page = start; page < end; page++) {
    const slot = world.random(ledger.actors);
    const expected = ledger.expect(page, slot);
    const at = yield* deviceBegin(task, device, base + page, base + end, 'read');
    if (at < 0) {
      count(task, Counter.deniedAccesses);
      return;
    }
    const value = frameLoad(task.arena, at + slot);
    yield* deviceEnd(task, device);
    ledger.check(page, slot, value, expected, `device${world.index}`);
    count(task, Counter.deviceReads);
  }
}

function* write(world: World) {
  const { task, ledger, base, pages } = world;
  const device = deviceOf(world);
  const [start, end] = randomRange(world, 0, pages, SPAN);
  for (let page = start; page < end; page++) {
    const next = ledger.beginWrite(page, task.id);
    const at = yield* deviceBegin(task, device, base + page, base + end, 'write');
    if (at < 0) {
      count(task, Counter.deniedAccesses);
      return;
    }
    frameStore(task.arena, at + task.id, next.value);
    yield* deviceEnd(task, device);
    ledger.acknowledge(page, task.id, next);
    count(task, Counter.deviceWrites);
  }
}

function* atomic(world: World) {
  const { task, ledger, base } = world;
  const page = world.random(world.pages);
  const value = yield* deviceIncrement(task, deviceOf(world), base + page, counterSlot(ledger.actors));
  if (value < 0) {
    count(task, Counter.deniedAccesses);
    return;
  }
  if (page < world.stable) ledger.counted(page);
  count(task, Counter.deviceAtomics);
}

export const deviceOperations: readonly Operation[] = [
  { name: 'deviceRead', weight: 40, run: read },
  { name: 'deviceWrite', weight: 40, run: write },
  { name: 'deviceAtomic', weight: 20, run: atomic },
];
