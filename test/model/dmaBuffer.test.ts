import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, store } from '../../src/arena/access.ts';
import { PTRS_PER_TABLE } from '../../src/arena/config.ts';
import { Mirror } from '../../src/arena/structures.ts';
import {
  type CopyBuffer,
  copyBuffer,
  DMA_FROM_DEVICE,
  DMA_TO_DEVICE,
  enginePage,
  failDmaMapping,
  mapSlot,
  unmapBuffer,
} from '../../src/drivers/base/dmaBuffer.ts';
import { mirrorAlloc } from '../../src/drivers/base/mirror.ts';
import { probeDevice } from '../../src/drivers/base/probe.ts';
import { MIGRATE_PFN_COMPOUND, migratePfn } from '../../src/migrate/migratePfn.ts';
import { MEMORY_DEVICE_PRIVATE } from '../../src/mm/page/devPagemap.ts';
import { allocPage, putPage } from '../../src/mm/page/zone.ts';
import { checkCounts } from '../../src/oracles/counts.ts';
import { run } from '../../src/steps/steps.ts';
import { machine } from './machine.ts';

function scene(dma = true) {
  const { arena, task, mm } = machine({ systemPages: 64 + 2 * PTRS_PER_TABLE, hugePages: 2 });
  const { pgmap } = probeDevice(task, 16, { type: MEMORY_DEVICE_PRIVATE, owner: 1, ops: 1, dma });
  const mirror = mirrorAlloc(arena, { driver: 1, mm, pgmap, device: 1 });
  const buffer = (slots: number, direction: number): CopyBuffer =>
    copyBuffer(arena, mirror, pgmap, slots, direction) as CopyBuffer;
  return { arena, task, mirror, pgmap, buffer };
}

test('a device whose pages a CPU copies needs no buffer', () => {
  const { arena, mirror, pgmap } = scene(false);
  assert.equal(copyBuffer(arena, mirror, pgmap, 4, DMA_TO_DEVICE), null);
  assert.equal(mapSlot(arena, null, 0, 9), true);
  assert.equal(enginePage(arena, null, 0, 9), 9);
  unmapBuffer(arena, null, Int32Array.of(migratePfn(9)));
});

test('a DMA address is another number than the page frame, for every page, and leads back to it', () => {
  for (const extra of [0, 1]) {
    const { arena } = machine({ systemPages: 64 + extra });
    for (let pfn = 2; pfn < arena.config.systemPages; pfn++) {
      const buffer: CopyBuffer = { mirror: 0, direction: DMA_TO_DEVICE, addresses: [0] };
      assert.ok(mapSlot(arena, buffer, 0, pfn));
      assert.notEqual(buffer.addresses[0], pfn);
      assert.equal(enginePage(arena, buffer, 0, pfn), pfn);
      unmapBuffer(arena, buffer, Int32Array.of(migratePfn(pfn)));
    }
  }
});

test('what is mapped is unmapped in the same size and direction, once', () => {
  const { arena, buffer } = scene();
  const words = Int32Array.of(migratePfn(9), 0, migratePfn(11));
  const home = buffer(3, DMA_FROM_DEVICE);
  assert.ok(mapSlot(arena, home, 0, 9) && mapSlot(arena, home, 2, 11));
  assert.throws(() => mapSlot(arena, buffer(1, DMA_TO_DEVICE), 0, 9), { rule: 'I-DMA' }, 'it is mapped already');
  assert.throws(() => enginePage(arena, { ...home, direction: DMA_TO_DEVICE }, 0, 9), { rule: 'I-DMA' });
  assert.throws(() => unmapBuffer(arena, { ...home, direction: DMA_TO_DEVICE }, words), { rule: 'I-DMA' });
  unmapBuffer(arena, home, words);
  assert.throws(() => unmapBuffer(arena, home, words), { rule: 'I-DMA' });
  assert.throws(() => enginePage(arena, home, 0, 9), { rule: 'I-DMA' }, 'it is mapped no more');
});

test('a huge page is one mapping, and its pieces are found in it', () => {
  const { arena, buffer } = scene();
  const head = arena.hugeZero + PTRS_PER_TABLE;
  for (let pfn = head; pfn < head + PTRS_PER_TABLE; pfn++) arena.words[arena.page.compound + pfn] = head;
  const words = Int32Array.from(
    { length: PTRS_PER_TABLE },
    (_, i) => migratePfn(head + i) | (i === 0 ? MIGRATE_PFN_COMPOUND : 0),
  );
  const whole = buffer(PTRS_PER_TABLE, DMA_TO_DEVICE);
  assert.ok(mapSlot(arena, whole, 0, head, PTRS_PER_TABLE));
  assert.ok(mapSlot(arena, whole, 7, head + 7), 'its place is mapped already');
  assert.equal(enginePage(arena, whole, 7, head + 7), head + 7);
  words[0] = migratePfn(head);
  assert.throws(() => unmapBuffer(arena, whole, words), { rule: 'I-DMA' }, 'not as a single page');
  words[0] = migratePfn(head) | MIGRATE_PFN_COMPOUND;
  unmapBuffer(arena, whole, words);
  assert.equal(get(arena, arena.page.dma + head), 0);
});

test('the mapping that is to fail fails, and no other', () => {
  const { arena, mirror, buffer } = scene();
  store(arena, mirror + Mirror.flags, failDmaMapping(2) | 1);
  const many = buffer(3, DMA_TO_DEVICE);
  assert.deepEqual([mapSlot(arena, many, 0, 9), mapSlot(arena, many, 1, 10), mapSlot(arena, many, 2, 11)], [true, false, true]);
  assert.deepEqual(many.addresses[1], 0);
  assert.equal(get(arena, mirror + Mirror.flags), 1, 'the other flags stay');
});

test('a page that is mapped for DMA is neither freed nor left', () => {
  const { arena, task, buffer } = scene();
  const pfn = run(allocPage(task, true));
  assert.ok(mapSlot(arena, buffer(1, DMA_TO_DEVICE), 0, pfn));
  assert.ok(checkCounts(arena, new Map([[pfn, 1]])).some(({ rule }) => rule === 'I-DMA'));
  assert.throws(() => run(putPage(task, pfn)), { rule: 'I-DMA' });
});
