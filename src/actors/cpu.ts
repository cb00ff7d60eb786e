/** A CPU thread: loads and stores to its slots, and increments of the shared counters. */
import { frameAdd } from '../arena/access.ts';
import { Counter } from '../arena/counters.ts';
import { cpuBegin, cpuEnd, cpuLoad, cpuStore } from '../mm/fault/cpuAccess.ts';
import { counterSlot } from '../oracles/ledger.ts';
import { count } from '../sync/task.ts';
import type { Operation, World } from './world.ts';

const who = (world: World): string => `cpu${world.index}`;

function* read(world: World) {
  const { task, ledger, mm, base } = world;
  const page = world.random(world.pages);
  const slot = world.random(ledger.actors);
  const expected = ledger.expect(page, slot);
  const value = yield* cpuLoad(task, mm, base + page, slot);
  if (value === null) count(task, Counter.deniedAccesses);
  else ledger.check(page, slot, value, expected, who(world));
}

function* write(world: World) {
  const { task, ledger, mm, base } = world;
  const page = world.random(world.pages);
  const next = ledger.beginWrite(page, task.id);
  const error = yield* cpuStore(task, mm, base + page, task.id, next.value);
  if (error < 0) count(task, Counter.deniedAccesses);
  else ledger.acknowledge(page, task.id, next);
}

/** A locked instruction: atomic against other CPUs by itself, against a device because the device must be exclusive. */
function* increment(world: World) {
  const { task, ledger, mm, base } = world;
  const page = world.random(world.pages);
  const at = yield* cpuBegin(task, mm, base + page, true);
  if (at < 0) {
    count(task, Counter.deniedAccesses);
    return;
  }
  frameAdd(task.arena, at + counterSlot(ledger.actors), 1);
  cpuEnd(task);
  // Where contents may be discarded there is nothing to add up.
  if (page < world.stable) ledger.counted(page);
}

export const cpuOperations: readonly Operation[] = [
  { name: 'cpuRead', weight: 40, run: read },
  { name: 'cpuWrite', weight: 40, run: write },
  { name: 'cpuIncrement', weight: 20, run: increment },
];
