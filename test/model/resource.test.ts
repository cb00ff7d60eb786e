import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load } from '../../src/arena/access.ts';
import { EBUSY, EINVAL, ENOMEM, ERANGE } from '../../src/arena/errno.ts';
import { poolLive } from '../../src/arena/pool.ts';
import { Header, Pgmap } from '../../src/arena/structures.ts';
import { probeDevices } from '../../src/drivers/base/probe.ts';
import { MEMORY_DEVICE_PRIVATE, pgmapOwner, registerPagemapOps } from '../../src/mm/page/devPagemap.ts';
import { deviceAdd, deviceDel, devmMemremapPages, devmRequestFreeMemRegion } from '../../src/mm/page/devres.ts';
import {
  releaseMemRegion,
  requestFreeMemRegion,
  requestMemRegion,
  resourcePages,
  resourceStart,
} from '../../src/mm/page/resource.ts';
import { run } from '../../src/steps/steps.ts';
import { machine } from './machine.ts';
import { allocDevicePage, testDevice } from './testDevice.ts';

/** 64 page frames of system memory, and twice 16 above. */
const SYSTEM = 64;
const END = 96;

const empty = (arena: ReturnType<typeof machine>['arena']): void => {
  assert.equal(poolLive(arena, arena.pools.resource), 0);
  assert.equal(get(arena, Header.iomemChild), 0);
};

test('request_free_mem_region takes the highest free frames, in steps of its size', () => {
  const { arena, task } = machine();
  const ask = (pages: number): number => run(requestFreeMemRegion(task, pages));
  const [first, second] = [ask(10), ask(10)];
  assert.deepEqual([resourceStart(arena, first), resourcePages(arena, first)], [END - 10, 10]);
  assert.equal(resourceStart(arena, second), END - 20);
  assert.equal(resourceStart(arena, ask(4)), END - 24, 'the first place of 4 that is free');
  assert.equal(ask(10), -ERANGE, '8 frames are left');
  run(releaseMemRegion(task, first));
  assert.equal(resourceStart(arena, ask(6)), END - 6, 'what was released is free again');
});

test('a free region is never system memory, and never more than there is', () => {
  const { task } = machine();
  const ask = (pages: number): number => run(requestFreeMemRegion(task, pages));
  assert.equal(ask(END - SYSTEM + 1), -ERANGE);
  assert.equal(ask(END), -ERANGE);
  assert.equal(ask(0), -EINVAL);
  assert.ok(ask(END - SYSTEM) > 0);
  assert.equal(ask(1), -ERANGE);
});

test('a region that is asked for by its frames is busy for everybody else', () => {
  const { arena, task } = machine();
  const region = run(requestMemRegion(task, 70, 8));
  assert.equal(resourceStart(arena, region), 70);
  for (const [start, pages, error] of [
    [70, 8, EBUSY],
    [72, 2, EBUSY],
    [69, 2, EBUSY],
    [77, 2, EBUSY],
    [60, 40 - 4, EBUSY],
    [SYSTEM - 1, 1, EBUSY],
    [END, 1, EINVAL],
    [-1, 2, EINVAL],
    [80, 0, EINVAL],
  ] as const) {
    assert.equal(run(requestMemRegion(task, start, pages)), -error, `${start} ${pages}`);
  }
  assert.ok(run(requestMemRegion(task, 78, 2)) > 0);
  assert.ok(run(requestMemRegion(task, SYSTEM, 6)) > 0);
  run(releaseMemRegion(task, region));
  assert.ok(run(requestMemRegion(task, 72, 2)) > 0);
});

test('parts are claimed of a range that is not busy, and go before it', () => {
  const { arena, task } = machine();
  const bus = run(requestMemRegion(task, 80, 16, false));
  const part = run(requestMemRegion(task, 84, 4));
  assert.ok(part > 0);
  assert.equal(run(requestMemRegion(task, 79, 2)), -EBUSY, 'across its border');
  assert.equal(run(requestMemRegion(task, 86, 4)), -EBUSY, 'across the border of its part');
  assert.ok(run(requestMemRegion(task, 80, 4)) > 0, 'beside its part');
  assert.equal(resourceStart(arena, run(requestFreeMemRegion(task, 4))), 76, 'a free region is no part of anything');
  assert.throws(() => run(releaseMemRegion(task, bus)), { rule: 'I-QUIET' });
});

test('regions are released once, in any order, and nothing is left', () => {
  const { arena, task } = machine();
  const regions = [70, 90, 80].map((start) => run(requestMemRegion(task, start, 4)));
  for (const region of regions) run(releaseMemRegion(task, region));
  empty(arena);
  const [, , last = 0] = regions;
  assert.throws(() => run(releaseMemRegion(task, last)), { rule: 'I-UAF' });
});

test('regions run out', () => {
  const { task } = machine({ devices: 2, devicePages: 64 });
  const results = Array.from({ length: 20 }, () => run(requestFreeMemRegion(task, 1)));
  assert.equal(results.at(-1), -ENOMEM);
});

function scene() {
  const { arena, task, mm } = machine();
  registerPagemapOps(902, {
    *folioFree() {},
    *migrateToRam() {
      return 0;
    },
  });
  return { arena, task, mm, kind: { type: MEMORY_DEVICE_PRIVATE, owner: 1, ops: 902 } };
}

test('what was claimed for a device goes with it: its page structures, then their frames', () => {
  const { arena, task, kind } = scene();
  const device = deviceAdd(arena);
  const region = run(devmRequestFreeMemRegion(task, device, 16));
  const start = resourceStart(arena, region);
  const pgmap = devmMemremapPages(arena, device, { ...kind, start, pages: 16 });
  assert.deepEqual([load(arena, pgmap + Pgmap.ref), pgmapOwner(arena, start)], [1, 1]);
  run(deviceDel(task, device));
  assert.equal(poolLive(arena, arena.pools.pgmap), 0);
  assert.equal(poolLive(arena, arena.pools.devres), 0);
  assert.equal(poolLive(arena, arena.pools.device), 0);
  empty(arena);
});

test('the frames of a device stay claimed while a page of them is in use', () => {
  const { arena, task } = scene();
  const device = deviceAdd(arena);
  const region = run(devmRequestFreeMemRegion(task, device, 16));
  // The test device has a free list; its operations are registered by it.
  const other = testDevice(arena, 0);
  const pgmap = devmMemremapPages(arena, device, {
    type: MEMORY_DEVICE_PRIVATE,
    owner: 2,
    ops: get(arena, other + Pgmap.ops),
    start: resourceStart(arena, region),
    pages: 16,
  });
  assert.ok(run(allocDevicePage(task, pgmap)) > 0);
  assert.throws(() => run(deviceDel(task, device)), { rule: 'I-DEAD' }, 'it waits for the page');
  assert.equal(run(requestMemRegion(task, resourceStart(arena, region), 1)), -EBUSY);
});

test('a claim that fails leaves nothing on the device', () => {
  const { arena, task, kind } = scene();
  const device = deviceAdd(arena);
  assert.equal(run(devmRequestFreeMemRegion(task, device, 100)), -ERANGE);
  assert.equal(devmMemremapPages(arena, device, { ...kind, start: SYSTEM - 1, pages: 4 }), -EINVAL);
  assert.equal(poolLive(arena, arena.pools.devres), 0);
  run(deviceDel(task, device));
  assert.throws(() => run(deviceDel(task, device)), { rule: 'I-UAF' });
});

test('devices of a machine get their frames in order, and too many are refused', () => {
  const { arena, task, kind } = scene();
  const probed = probeDevices(task, 16, [kind, { ...kind, owner: 2 }]);
  assert.deepEqual(
    probed.map(({ pgmap }) => get(arena, pgmap + Pgmap.start)),
    [SYSTEM, SYSTEM + 16],
  );
  assert.throws(() => probeDevices(task, 16, [kind]), { name: 'UsageError' });
  for (const { device } of probed) run(deviceDel(task, device));
  empty(arena);
});
