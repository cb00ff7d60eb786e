/** Self-tests 1 to 11, 19 to 21, 23, 24: the device reads and writes memory of every kind. */
import assert from 'node:assert/strict';
import { EFAULT, EPERM } from '../../src/arena/errno.ts';
import { migrateToDeviceCommand, readCommand, snapshotCommand, writeCommand } from '../../src/drivers/dmirror/commands.ts';
import { mmapDeviceFile } from '../../src/drivers/dmirror/mmapFile.ts';
import { addressSpaceAlloc, putAddressSpace } from '../../src/mm/file/addressSpace.ts';
import { fileRead, fileWrite } from '../../src/mm/file/fileIo.ts';
import { madvise } from '../../src/mm/syscalls/madvise.ts';
import { mmapRegion } from '../../src/mm/syscalls/mmap.ts';
import { VM_HUGETLB, VM_READ, VM_SHARED } from '../../src/mm/vma/vma.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { type Bench, expectBytes, expectResult, expectWords, N, P, PMD, plus, RW, Z } from './bench.ts';
import type { SelfTest } from './selfTest.ts';

/** A round of anon_write_child. */
function* writeInChild(bench: Bench, migrate: boolean, huge: boolean): Steps<void> {
  const { task, size, self } = bench;
  const n = huge ? PMD : size.buf;
  const file = yield* bench.open();
  const mapped = huge ? (yield* bench.mapHuge()).at : yield* bench.map(2 * n);
  const at = huge ? Math.ceil(mapped / PMD) * PMD : mapped;
  if (huge) assert.equal(yield* madvise(task, self.mm, at, n, 'hugepage'), 0);
  yield* bench.fill(at, n, P);
  if (migrate) {
    const moved = yield* migrateToDeviceCommand(task, file.mirror, at, at + n);
    expectResult(moved, 0, n);
    expectWords(moved, P);
  }
  const child = yield* bench.fork();
  yield* bench.verify(at, n, P, child);
  const own = yield* bench.open(child, 0, 'private');
  expectResult(yield* writeCommand(task, own.mirror, at, at + n, bench.data(n, N)), 0, n, 1);
  yield* bench.verify(at, n, N, child);
  yield* bench.close(own);
  yield* bench.exit(child);
  yield* bench.verify(at, n, P);
  yield* bench.unmap(mapped, 2 * n);
  yield* bench.close(file);
}

function* unmapHalf(bench: Bench, at: number): Steps<void> {
  const half = Math.floor(bench.size.buf / 2);
  yield* bench.unmap(at + half, bench.size.buf - half);
}

/** A file of `pages` pages. */
function* newFile(bench: Bench, pages: number, access: number, fill: boolean): Steps<{ mapping: number; at: number }> {
  const mapping = addressSpaceAlloc(bench.arena, pages);
  // One word a page is all that pread and pwrite of the lab reach.
  if (fill) for (let i = 0; i < pages; i++) yield* fileWrite(bench.task, mapping, i, i + 1);
  const at = yield* mmapRegion(bench.task, bench.self.mm, -1, pages, {
    flags: access | VM_SHARED,
    backing: { mapping, pgoff: 0 },
  });
  return { mapping, at };
}

export const accessTests: readonly SelfTest[] = [
  {
    number: 1,
    name: 'hmm.open_close',
    *run(bench) {
      yield* bench.close(yield* bench.open());
    },
  },
  {
    number: 2,
    name: 'hmm.anon_read',
    *run(bench) {
      const { task, size, words } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(size.buf);
      for (let i = 2 * words; i < size.buf * words; i++) yield* bench.store(at, i, i);
      yield* bench.protect(at, size.buf, VM_READ);
      assert.equal(yield* bench.load(at + 1), 0);
      const result = yield* readCommand(task, file.mirror, at, at + size.buf);
      expectResult(result, 0, size.buf, 1);
      expectWords(result, (i) => (i < 2 * words ? 0 : i));
      expectBytes(yield* snapshotCommand(task, file.mirror, at, at + 4), [0x11, 0x11, 0x01, 0x01]);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 3,
    name: 'hmm.anon_read_prot',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(size.buf);
      yield* bench.fill(at, size.buf, P);
      yield* bench.protect(at, size.buf, 0);
      const result = yield* readCommand(task, file.mirror, at, at + size.buf);
      expectResult(result, -EFAULT);
      assert.equal(result.data, null, 'nothing is delivered');
      yield* bench.protect(at, size.buf, VM_READ);
      yield* bench.verify(at, size.buf, P);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 4,
    name: 'hmm.anon_write',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(size.buf);
      expectResult(yield* writeCommand(task, file.mirror, at, at + size.buf, bench.data(size.buf, P)), 0, size.buf, 1);
      yield* bench.verify(at, size.buf, P);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 5,
    name: 'hmm.anon_write_prot',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(size.buf, VM_READ);
      expectResult(yield* readCommand(task, file.mirror, at, at + 1), 0, 1, 1);
      const data = bench.data(size.buf, P);
      expectResult(yield* writeCommand(task, file.mirror, at, at + size.buf, data), -EPERM);
      yield* bench.verify(at, size.buf, Z);
      yield* bench.protect(at, size.buf, RW);
      expectResult(yield* writeCommand(task, file.mirror, at, at + size.buf, data), 0, size.buf, 1);
      yield* bench.verify(at, size.buf, P);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 6,
    name: 'hmm.anon_write_child',
    huge: true,
    *run(bench) {
      for (const huge of [false, true]) {
        for (const migrate of bench.size.rounds === 'all' ? [false, true] : [true]) yield* writeInChild(bench, migrate, huge);
      }
    },
  },
  {
    number: 7,
    name: 'hmm.anon_write_child_shared',
    *run(bench) {
      const { task, size } = bench;
      const at = yield* bench.map(size.buf, RW | VM_SHARED);
      yield* bench.fill(at, size.buf, P);
      const child = yield* bench.fork();
      yield* bench.verify(at, size.buf, P, child);
      const own = yield* bench.open(child, 0, 'private');
      expectResult(yield* writeCommand(task, own.mirror, at, at + size.buf, bench.data(size.buf, N)), 0, size.buf, 1);
      yield* bench.verify(at, size.buf, N, child);
      yield* bench.close(own);
      yield* bench.exit(child);
      yield* bench.verify(at, size.buf, N);
      yield* bench.unmap(at, size.buf);
    },
  },
  {
    number: 8,
    name: 'hmm.anon_write_huge',
    huge: true,
    *run(bench) {
      const { task, self } = bench;
      const file = yield* bench.open();
      const { at, start } = yield* bench.mapHuge();
      assert.equal(yield* madvise(task, self.mm, start, PMD, 'hugepage'), 0);
      expectResult(yield* writeCommand(task, file.mirror, start, start + PMD, bench.data(PMD, P)), 0, PMD, 1);
      yield* bench.verify(start, PMD, P);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 9,
    name: 'hmm.anon_write_hugetlbfs',
    huge: true,
    *run(bench) {
      const { task } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(PMD, RW | VM_HUGETLB);
      expectResult(yield* writeCommand(task, file.mirror, at, at + PMD, bench.data(PMD, P)), 0, PMD, 1);
      yield* bench.verify(at, PMD, P);
      yield* bench.unmap(at, PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 10,
    name: 'hmm.file_read',
    *run(bench) {
      const { task, size, words } = bench;
      const file = yield* bench.open();
      const { mapping, at } = yield* newFile(bench, size.buf, VM_READ, true);
      const result = yield* readCommand(task, file.mirror, at, at + size.buf);
      expectResult(result, 0, size.buf, 1);
      expectWords(result, (i) => (i % words === 0 ? i / words + 1 : 0));
      yield* bench.unmap(at, size.buf);
      yield* putAddressSpace(task, mapping);
      yield* bench.close(file);
    },
  },
  {
    number: 11,
    name: 'hmm.file_write',
    *run(bench) {
      const { task, size, words } = bench;
      const file = yield* bench.open();
      const { mapping, at } = yield* newFile(bench, size.buf, RW, false);
      expectResult(yield* writeCommand(task, file.mirror, at, at + size.buf, bench.data(size.buf, P)), 0, size.buf, 1);
      yield* bench.verify(at, size.buf, P);
      for (let i = 0; i < size.buf; i++) assert.equal(yield* fileRead(task, mapping, i), i * words);
      yield* bench.unmap(at, size.buf);
      yield* putAddressSpace(task, mapping);
      yield* bench.close(file);
    },
  },
  {
    number: 19,
    name: 'hmm.anon_read_multiple',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      for (let c = 0; c < size.times; c++) {
        const at = yield* bench.map(size.buf);
        yield* bench.fill(at, size.buf, plus(c));
        const result = yield* readCommand(task, file.mirror, at, at + size.buf);
        expectResult(result, 0, size.buf, 1);
        expectWords(result, plus(c));
        yield* bench.unmap(at, size.buf);
      }
      yield* bench.close(file);
    },
  },
  {
    number: 20,
    name: 'hmm.anon_teardown',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      for (let c = 0; c < size.times; c++) {
        const at = yield* bench.map(size.buf);
        yield* bench.fill(at, size.buf, plus(c));
        yield* bench.release(c, at, unmapHalf);
        const result = yield* readCommand(task, file.mirror, at, at + size.buf);
        // Complete and correct, in a single pass, or refused.
        if (result.error === 0) {
          expectResult(result, 0, size.buf, 1);
          expectWords(result, plus(c));
        } else {
          expectResult(result, -EFAULT);
        }
        yield* bench.join(c);
        yield* bench.unmap(at, size.buf);
      }
      yield* bench.close(file);
    },
    *thread(bench) {
      for (let c = 0; c < bench.size.times; c++) yield* bench.follow(c, unmapHalf);
    },
  },
  {
    number: 21,
    name: 'hmm.mixedmap',
    *run(bench) {
      const { task, self } = bench;
      const file = yield* bench.open();
      const at = yield* mmapDeviceFile(task, self.mm, -1, 1, RW);
      assert.ok(at >= 0);
      const result = yield* snapshotCommand(task, file.mirror, at, at + 1);
      expectResult(result, 0, 1);
      expectBytes(result, [0x01]);
      yield* bench.unmap(at, 1);
      yield* bench.close(file);
    },
  },
  {
    number: 23,
    name: 'hmm.compound',
    huge: true,
    *run(bench) {
      const { task } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(PMD, RW | VM_HUGETLB);
      yield* bench.fill(at, PMD, P);
      const all = (byte: number): number[] => new Array(PMD).fill(byte);
      const writable = yield* snapshotCommand(task, file.mirror, at, at + PMD);
      expectResult(writable, 0, PMD);
      expectBytes(writable, all(0x06));
      yield* bench.protect(at, PMD, VM_READ);
      expectBytes(yield* snapshotCommand(task, file.mirror, at, at + PMD), all(0x05));
      yield* bench.unmap(at, PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 24,
    name: 'hmm2.double_map',
    *run(bench) {
      const { task } = bench;
      const [first, second] = [yield* bench.open(), yield* bench.open(bench.self, 1)];
      const at = yield* bench.map(6);
      yield* bench.fill(at, 6, P);
      yield* bench.protect(at, 6, VM_READ);
      for (const file of [first, second]) {
        const result = yield* readCommand(task, file.mirror, at, at + 6);
        expectResult(result, 0, 6, 1);
        expectWords(result, P);
      }
      expectResult(yield* migrateToDeviceCommand(task, second.mirror, at, at + 6), 0, 6);
      const again = yield* readCommand(task, first.mirror, at, at + 6);
      // Windows after the first collide with nothing: one pass serves all that is missing.
      expectResult(again, 0, 6, 1);
      expectWords(again, P);
      yield* bench.unmap(at, 6);
      yield* bench.close(second);
      yield* bench.close(first);
    },
  },
];
