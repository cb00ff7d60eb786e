/** A device that walks the CPU's page tables: what its IOTLB remembers, what becomes a page request, and when it stops. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load } from '../../src/arena/access.ts';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { Counter } from '../../src/arena/counters.ts';
import { EFAULT, EINVAL } from '../../src/arena/errno.ts';
import { poolLive } from '../../src/arena/pool.ts';
import { Actor, Mm } from '../../src/arena/structures.ts';
import { deviceLoad, deviceStore } from '../../src/drivers/base/deviceAccess.ts';
import { DEV_VALID, DEV_WRITE, deviceEntry } from '../../src/drivers/base/deviceTable.ts';
import { mirrorAlloc, mirrorFree } from '../../src/drivers/base/mirror.ts';
import { optionWords, storeOptions } from '../../src/drivers/base/options.ts';
import { registerDriver } from '../../src/drivers/registry.ts';
import { sva } from '../../src/drivers/sva/index.ts';
import { cpuLoad, cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { mmput } from '../../src/mm/syscalls/exit.ts';
import { forkMm } from '../../src/mm/syscalls/fork.ts';
import { madvise } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, munmap } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { DEVICE } from '../../src/mm/table/tlb.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { mmgetNotZero } from '../../src/notifier/mmCount.ts';
import { checkMirrors } from '../../src/oracles/mirror.ts';
import { run } from '../../src/steps/steps.ts';
import { entryOf, pfnOf } from './look.ts';
import { machine, soloTask } from './machine.ts';

const AT = 16;

/** Four pages, none of them touched, and a bound device. */
function scene(settings = {}) {
  const { arena, task, mm } = machine({ swapSlots: 2 });
  const engine = soloTask(arena, 1);
  run(mmapAnonymous(task, mm, AT, 4));
  const mirror = mirrorAlloc(arena, { driver: registerDriver(sva), mm, pgmap: 0, device: 1 });
  storeOptions(arena, mirror, optionWords(sva, settings));
  assert.equal(run(sva.open(task, mirror)), 0);
  const device = { driver: sva, mirror };
  return {
    arena,
    task,
    engine,
    mm,
    mirror,
    read: (vpn = AT) => run(deviceLoad(engine, device, vpn, 0)),
    write: (value: number, vpn = AT) => run(deviceStore(engine, device, vpn, 0, value)),
    cached: (vpn = AT) => deviceEntry(arena, mirror, vpn),
    engineTlb: () => load(arena, engine.actor + Actor.tlbLive + DEVICE),
  };
}

test('a write is a page request, then a walk that marks the entry, then what the IOTLB and the engine remember', () => {
  const { arena, task, mm, write, cached, engineTlb } = scene();
  assert.equal(write(7), 0);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,D,A)');
  assert.equal(cached(), (pfnOf(arena, mm, AT) << 12) | DEV_VALID | DEV_WRITE);
  assert.equal(engineTlb(), 1);
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 7);
  assert.deepEqual(checkMirrors(arena), []);
});

test('a translation that was made for reading does not do for the first write: the walk sets the dirty bit, and nothing faults', () => {
  const { arena, task, mm, engine, read, write, cached } = scene();
  run(cpuStore(task, mm, AT, 0, 1));
  run(madvise(task, mm, AT, 1, 'pageout'));
  assert.equal(run(cpuLoad(task, mm, AT, 0)), 1);
  assert.equal(entryOf(arena, mm, AT), 'PRES(W,A)');
  assert.equal(read(), 1);
  assert.deepEqual([entryOf(arena, mm, AT), cached() & DEV_WRITE], ['PRES(W,A)', 0]);
  assert.equal(write(2), 0);
  assert.deepEqual([entryOf(arena, mm, AT), cached() & DEV_WRITE], ['PRES(W,D,A)', DEV_WRITE]);
  assert.equal(get(arena, engine.actor + Actor.counters + Counter.deviceFaults), 0);
});

test('what the process may not do is answered with an error', () => {
  const { task, mm, read, write } = scene();
  assert.equal(write(1), 0);
  run(mprotect(task, mm, AT, 1, VM_READ));
  assert.equal(write(2), -EFAULT);
  assert.equal(read(), 1);
  run(munmap(task, mm, AT, 1));
  assert.equal(read(), null);
  assert.equal(write(1, AT + 4), -EFAULT);
});

test('a change is forgotten by range, and by the engines', () => {
  const { arena, task, mm, write, cached, engineTlb } = scene();
  for (const vpn of [AT, AT + 1]) assert.equal(write(1, vpn), 0);
  run(munmap(task, mm, AT, 1));
  assert.deepEqual([cached(AT), cached(AT + 1) !== 0, engineTlb()], [0, true, 0]);
  assert.deepEqual(checkMirrors(arena), []);
  run(forkMm(task, mm));
  assert.equal(cached(AT + 1), 0);
});

test('X13: a flush of everything whose size is computed is of nothing', () => {
  const { arena, task, mm, write, cached } = scene({ flushAll: 'pages' });
  assert.equal(write(1), 0);
  run(forkMm(task, mm));
  assert.notEqual(cached(), 0);
  // In the IOTLB, and in the TLB of the engine.
  const found = checkMirrors(arena);
  assert.deepEqual(
    found.map(({ rule }) => rule),
    ['I-PERM', 'I-PERM'],
  );
  assert.match(found[1]?.message ?? '', /^in the TLB of an engine, device 1 maps page/);
  run(munmap(task, mm, AT, 1));
  assert.equal(cached(), 0);
});

test('the device forgets by itself, and walks again', () => {
  const { task, mirror, write, cached } = scene();
  assert.equal(write(1), 0);
  run(sva.forget?.(task, mirror, 0, VPN_LIMIT) as never);
  assert.equal(cached(), 0);
  assert.equal(write(2), 0);
});

test('a device that is unbound walks no more, and nothing is left of it', () => {
  const { arena, task, mm, mirror, read, write, cached } = scene();
  assert.equal(write(1), 0);
  run(sva.close(task, mirror));
  assert.deepEqual([read(), write(2), cached()], [null, -EFAULT, 0]);
  assert.deepEqual([poolLive(arena, arena.pools.classic), load(arena, mm + Mm.count)], [0, 1]);
  mirrorFree(arena, mirror);
});

test('a process exits, and its device with it; a device that comes too late is refused', () => {
  const { arena, task, mm, mirror, read, write, cached } = scene();
  assert.equal(write(1), 0);
  run(mmput(task, mm));
  assert.deepEqual([read(), write(2), cached(), mmgetNotZero(arena, mm)], [null, -EFAULT, 0, false]);
  const late = mirrorAlloc(arena, { driver: registerDriver(sva), mm, pgmap: 0, device: 2 });
  storeOptions(arena, late, optionWords(sva, {}));
  assert.equal(run(sva.open(task, late)), -EINVAL);
  run(sva.close(task, mirror));
  assert.equal(poolLive(arena, arena.pools.classic), 0);
});
