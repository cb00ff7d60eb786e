/** DMA mappings: sticky bits, their hazards, and mappings that are left. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkDma,
  closeDma,
  dmaEntry,
  dmaPage,
  dmaUnmap,
  hmmDmaMapPfn,
  openDma,
  stickyBits,
} from '../../src/drivers/base/dmaMap.ts';
import { mirrorAlloc, mirrorFree } from '../../src/drivers/base/mirror.ts';
import type { HmmRange } from '../../src/hmm/hmmRange.ts';
import { HMM_PFN_DMA_MAPPED, HMM_PFN_P2PDMA_BUS, HMM_PFN_VALID } from '../../src/hmm/pfn.ts';
import { run } from '../../src/steps/steps.ts';
import { machine } from './machine.ts';
import { testDevice } from './testDevice.ts';
import { violates } from './violates.ts';

const START = 512;

function scene() {
  const { arena, task, mm } = machine();
  const pgmap = testDevice(arena);
  const mirror = mirrorAlloc(arena, { driver: 1, mm, pgmap, device: 1 });
  assert.equal(openDma(arena, mirror), 0);
  const hmmPfns = new Int32Array(2);
  const range: HmmRange = {
    notifier: 0,
    notifierSeq: 0,
    start: START,
    end: START + 2,
    hmmPfns,
    defaultFlags: 0,
    pfnFlagsMask: 0,
    devPrivateOwner: 0,
  };
  /** What a range fault does: the pages it found, with the sticky bits it was given. */
  const walk = (...pages: number[]): void => {
    stickyBits(arena, mirror, range);
    pages.forEach((page, i) => {
      hmmPfns[i] = (hmmPfns[i] as number) | HMM_PFN_VALID | page;
    });
  };
  const map = (): void => {
    for (const vpn of [START, START + 1]) assert.equal(run(hmmDmaMapPfn(task, mirror, range, vpn)), 0);
  };
  return { arena, task, mirror, hmmPfns, walk, map };
}

test('pages are mapped once, and a refault says so', () => {
  const { arena, mirror, hmmPfns, walk, map } = scene();
  walk(5, 6);
  map();
  assert.deepEqual([dmaPage(dmaEntry(arena, mirror, START)), dmaPage(dmaEntry(arena, mirror, START + 1))], [5, 6]);
  walk(5, 6);
  assert.ok([...hmmPfns].every((word) => (word & HMM_PFN_DMA_MAPPED) !== 0));
  checkDma(arena, mirror, START, 5);
});

test('without an unmapping in between a refault uses the old mapping for the new page', () => {
  const { arena, mirror, walk, map } = scene();
  walk(5, 6);
  map();
  walk(7, 6);
  map();
  violates('I-DMA', /its DMA mapping leads to page 5/, () => checkDma(arena, mirror, START, 7));
  dmaUnmap(arena, mirror, START, START + 1);
  violates('I-DMA', /there is no DMA mapping of it/, () => checkDma(arena, mirror, START, 7));
  walk(7, 6);
  map();
  checkDma(arena, mirror, START, 7);
});

test('memory of the device itself is reached by its bus address', () => {
  const { arena, mirror, hmmPfns, walk, map } = scene();
  const own = arena.config.systemPages;
  walk(own, 6);
  map();
  assert.deepEqual(
    [...hmmPfns].map((word) => (word & HMM_PFN_P2PDMA_BUS) !== 0),
    [true, false],
  );
  checkDma(arena, mirror, START, own);
});

test('a mapping that is left when the device is closed has leaked', () => {
  const { arena, mirror, walk, map } = scene();
  walk(5, 6);
  map();
  dmaUnmap(arena, mirror, START, START + 1);
  violates('I-DMA', /1 DMA mappings of device 1 are left/, () => closeDma(arena, mirror));
  dmaUnmap(arena, mirror, START, START + 2);
  closeDma(arena, mirror);
  mirrorFree(arena, mirror);
});
