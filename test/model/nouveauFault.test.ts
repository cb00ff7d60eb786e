import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, store } from '../../src/arena/access.ts';
import { Counter } from '../../src/arena/counters.ts';
import { EFAULT, EPERM } from '../../src/arena/errno.ts';
import { Actor, Mirror } from '../../src/arena/structures.ts';
import type { Pfn } from '../../src/arena/units.ts';
import { DEV_VALID, DEV_WRITE, deviceEntry, deviceEntryPfn, eraseDeviceEntries } from '../../src/drivers/base/deviceTable.ts';
import { failDmaMapping } from '../../src/drivers/base/dmaBuffer.ts';
import { checkDma, dmaEntry, dmaPage, dmaUnmap, forEachDmaEntry } from '../../src/drivers/base/dmaMap.ts';
import { mirrorAlloc, mirrorFree, mirrorRange } from '../../src/drivers/base/mirror.ts';
import { optionWords, storeOptions } from '../../src/drivers/base/options.ts';
import { nouveau } from '../../src/drivers/nouveau/index.ts';
import { nouveauPfnsMap } from '../../src/drivers/nouveau/svm.ts';
import { PFNS_MOST } from '../../src/drivers/nouveau/vmm.ts';
import { registerDriver } from '../../src/drivers/registry.ts';
import { HMM_PFN_VALID, HMM_PFN_WRITE } from '../../src/hmm/pfn.ts';
import { requestFlags } from '../../src/hmm/rangeFault.ts';
import { madviseDontneed } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { mprotect } from '../../src/mm/syscalls/mprotect.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import { checkMirrors } from '../../src/oracles/mirror.ts';
import { run } from '../../src/steps/steps.ts';
import { pfnOf } from './look.ts';
import { machine } from './machine.ts';
import { testDevice } from './testDevice.ts';
import { violates } from './violates.ts';

const AT = 512 - 20;
const PAGES = 40;

/** A GPU whose window is wider than what it writes at once; its pages lie in two page tables. */
function scene(pages: number) {
  const { arena, task, mm } = machine({ systemPages: 128 });
  run(mmapAnonymous(task, mm, AT, PAGES));
  const pgmap = testDevice(arena);
  const mirror = mirrorAlloc(arena, { driver: registerDriver(nouveau), mm, pgmap, device: 1 });
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

/** The pages that are mapped for DMA, by their address pages. */
function dmaPages({ arena, mirror }: ReturnType<typeof scene>): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  forEachDmaEntry(arena, mirror, (vpn, entry) => found.set(vpn, dmaPage(entry)));
  return found;
}

/** Writes entries for pages as if a range fault had found them, from AT on. */
function writeEntries({ arena, task, mirror }: ReturnType<typeof scene>, ...words: number[]): number {
  const range = mirrorRange(task, mirror, 0, AT, AT + words.length);
  range.defaultFlags = requestFlags(false);
  words.forEach((word, i) => {
    range.hmmPfns[i] = HMM_PFN_VALID | word;
  });
  const result = run(nouveauPfnsMap(task, mirror, range));
  assert.ok(words.every((_, i) => (result === 0) === (deviceEntry(arena, mirror, AT + i) !== 0)));
  return result;
}

test('a page of system memory is mapped for DMA as long as it has an entry', () => {
  const all = scene(512);
  const { arena, task, mm, mirror } = all;
  run(nouveau.fault(task, mirror, AT, AT + PAGES, true));
  const mapped = dmaPages(all);
  assert.equal(mapped.size, PAGES);
  for (const [vpn, page] of mapped) assert.equal(page, pfnOf(arena, mm, vpn));
  run(madviseDontneed(task, mm, AT + 3, PAGES - 5));
  assert.deepEqual([...dmaPages(all).keys()], [AT, AT + 1, AT + 2, AT + PAGES - 2, AT + PAGES - 1]);
  assert.deepEqual(checkMirrors(arena), []);
  run(nouveau.close(task, mirror));
  mirrorFree(arena, mirror);
});

test('a fault gives up at a page that cannot be mapped for DMA, and has nothing there', () => {
  const all = scene(512);
  const { arena, task, mirror } = all;
  store(arena, mirror + Mirror.flags, failDmaMapping(PFNS_MOST + 3));
  assert.equal(run(nouveau.fault(task, mirror, AT, AT + PAGES, true)), -EFAULT);
  const failed = AT + PFNS_MOST + 2;
  assert.deepEqual([...dmaPages(all).keys()].at(-1), failed - 1);
  assert.equal(deviceEntry(arena, mirror, failed - 1) & DEV_VALID, DEV_VALID);
  assert.equal(deviceEntry(arena, mirror, failed), 0);
  assert.deepEqual(checkMirrors(arena), []);
  assert.equal(run(nouveau.fault(task, mirror, AT, AT + PAGES, true)), 0);
  assert.equal(dmaPages(all).size, PAGES);
});

test('a page stays mapped when its entry gets another permission', () => {
  const all = scene(512);
  const { arena, task, mirror } = all;
  writeEntries(all, 9);
  store(arena, mirror + Mirror.flags, failDmaMapping(1));
  assert.equal(writeEntries(all, HMM_PFN_WRITE | 9), 0, 'nothing is mapped anew');
  assert.equal(deviceEntry(arena, mirror, AT) & DEV_WRITE, DEV_WRITE);
  assert.equal(dmaPage(dmaEntry(arena, mirror, AT)), 9);
  checkDma(arena, mirror, AT, 9);
  assert.equal(run(nouveau.fault(task, mirror, AT + 1, AT + 2, false)), -EFAULT);
});

test('the mapping of an entry goes with it when another page takes its place', () => {
  const all = scene(512);
  const { arena, mirror } = all;
  const own: Pfn = arena.config.systemPages;
  writeEntries(all, 9, 10);
  writeEntries(all, 11, own);
  assert.deepEqual([...dmaPages(all)], [[AT, 11]], 'memory of the device is not mapped');
  checkDma(arena, mirror, AT, 11);
  checkDma(arena, mirror, AT + 1, own);
  violates('I-DMA', /page 9 at address page \d+, but its DMA mapping leads to page 11/, () => checkDma(arena, mirror, AT, 9));
  writeEntries(all, 11, 10);
  assert.deepEqual(dmaPages(all).get(AT + 1), 10);
});

test('where the new page cannot be mapped, nothing is there', () => {
  const all = scene(512);
  const { arena, mirror } = all;
  writeEntries(all, 9);
  store(arena, mirror + Mirror.flags, failDmaMapping(1));
  assert.equal(writeEntries(all, 11), -EFAULT);
  assert.equal(dmaPages(all).size, 0);
});

test('an entry without its mapping, and a mapping without its entry, break a rule at rest', () => {
  const all = scene(512);
  const { arena, task, mirror } = all;
  run(nouveau.fault(task, mirror, AT, AT + 2, true));
  dmaUnmap(arena, mirror, AT, AT + 1);
  run(eraseDeviceEntries(task, mirror, AT + 1, AT + 2));
  const [without, left, ...others] = checkMirrors(arena);
  assert.deepEqual([without?.rule, left?.rule, others], ['I-DMA', 'I-DMA', []]);
  assert.match(without?.message ?? '', /^device 1 maps page \d+ at address page 492, but there is no DMA mapping of it$/);
  assert.match(left?.message ?? '', /^page \d+ is mapped for DMA at address page 493, which device 1 does not map$/);
  violates('I-DMA', /is unmapped at address page 492 of device 1, but there is no DMA mapping of it/, () =>
    run(nouveau.close(task, mirror)),
  );
});

test('closing the device takes what goes with its entries, and nothing that was left', () => {
  const { task, mirror } = scene(512);
  run(nouveau.fault(task, mirror, AT, AT + 2, true));
  run(eraseDeviceEntries(task, mirror, AT + 1, AT + 2));
  violates('I-DMA', /1 DMA mappings of device 1 are left/, () => run(nouveau.close(task, mirror)));
});
