import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get } from '../../src/arena/access.ts';
import { Counter } from '../../src/arena/counters.ts';
import { EPERM } from '../../src/arena/errno.ts';
import { Actor } from '../../src/arena/structures.ts';
import { DEV_VALID, DEV_WRITE, deviceEntry, deviceEntryPfn } from '../../src/drivers/base/deviceTable.ts';
import { mirrorAlloc } from '../../src/drivers/base/mirror.ts';
import { optionWords, storeOptions } from '../../src/drivers/base/options.ts';
import { nouveau } from '../../src/drivers/nouveau/index.ts';
import { PFNS_MOST } from '../../src/drivers/nouveau/vmm.ts';
import { registerDriver } from '../../src/drivers/registry.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { checkMirrors } from '../../src/oracles/mirror.ts';
import { run } from '../../src/steps/steps.ts';
import { pfnOf } from './look.ts';
import { machine } from './machine.ts';

const AT = 512 - 20;
const PAGES = 40;

/** A GPU whose window is wider than what it writes at once; its pages lie in two page tables. */
function scene(pages: number) {
  const { arena, task, mm } = machine({ systemPages: 128 });
  run(mmapAnonymous(task, mm, AT, PAGES));
  const mirror = mirrorAlloc(arena, { driver: registerDriver(nouveau), mm, pgmap: 0, device: 1 });
  storeOptions(arena, mirror, optionWords(nouveau, { window: String(pages), notifierPages: '4096' }));
  assert.equal(run(nouveau.open(task, mirror)), 0);
  const passes = (): number => get(arena, task.actor + Actor.counters + Counter.rangeFaultPasses);
  return { arena, task, mm, mirror, passes };
}

test('a fault of nouveau writes 16 entries at most in a pass, across page tables', () => {
  const { arena, task, mm, mirror, passes } = scene(512);
  assert.equal(run(nouveau.fault(task, mirror, AT, AT + PAGES, true)), 0);
  assert.equal(passes(), Math.ceil(PAGES / PFNS_MOST));
  for (let vpn = AT; vpn < AT + PAGES; vpn++) {
    const entry = deviceEntry(arena, mirror, vpn);
    assert.deepEqual(
      [entry & DEV_VALID, entry & DEV_WRITE, deviceEntryPfn(entry)],
      [DEV_VALID, DEV_WRITE, pfnOf(arena, mm, vpn)],
    );
  }
  assert.deepEqual(checkMirrors(arena), []);
});

test('a window that is narrower stays', () => {
  const { task, mirror, passes } = scene(5);
  assert.equal(run(nouveau.fault(task, mirror, AT, AT + PAGES, true)), 0);
  assert.equal(passes(), PAGES / 5);
});

test('a write to memory that is read-only maps nothing', () => {
  const { arena, task, mm, mirror } = scene(512);
  run(mprotect(task, mm, AT, PAGES, VM_READ));
  assert.equal(run(nouveau.fault(task, mirror, AT, AT + PAGES, true)), -EPERM);
  assert.equal(deviceEntry(arena, mirror, AT), 0);
  assert.equal(run(nouveau.fault(task, mirror, AT, AT + PAGES, false)), 0);
  assert.equal(deviceEntry(arena, mirror, AT) & (DEV_VALID | DEV_WRITE), DEV_VALID);
});
