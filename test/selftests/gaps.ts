/** The sequential gaps G1 to G21 of docs/conformance.md: what the kernel's own tests leave open, and one thread can show. */
import assert from 'node:assert/strict';
import { load } from '../../src/arena/access.ts';
import { EFAULT, EINVAL, ENOENT, ENOMEM, EOPNOTSUPP, EPERM } from '../../src/arena/errno.ts';
import { Userfaultfd } from '../../src/arena/structures.ts';
import {
  checkExclusiveCommand,
  exclusiveCommand,
  migrateToDeviceCommand,
  migrateToSystemCommand,
  readCommand,
  releaseCommand,
  setFlags,
  snapshotCommand,
  writeCommand,
} from '../../src/drivers/dmirror/commands.ts';
import { FLAG_FAIL_ALLOC } from '../../src/drivers/dmirror/injected.ts';
import { cpuFault } from '../../src/mm/fault/cpuAccess.ts';
import { FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../../src/mm/fault/gup.ts';
import { userfaultfdFree, userfaultfdRegister, userfaultfdRelease } from '../../src/mm/fault/userfaultfd.ts';
import { addressSpaceAlloc, putAddressSpace } from '../../src/mm/file/addressSpace.ts';
import { madvise } from '../../src/mm/syscalls/madvise.ts';
import { mmapAnonymous, mmapRegion } from '../../src/mm/syscalls/mmap.ts';
import { VM_FAULT_OOM } from '../../src/mm/table/vmFault.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_HUGETLB, VM_READ, VM_SHARED } from '../../src/mm/vma/vma.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { type Bench, type DeviceFile, expectBytes, expectResult, expectWords, N, P, PMD, plus, RW, Z } from './bench.ts';
import type { SelfTest } from './selfTest.ts';

/** Pages of a small region. */
const PAGES = 4;

/** A region with the pattern P. */
function* filled(bench: Bench, pages = PAGES): Steps<number> {
  const at = yield* bench.map(pages);
  yield* bench.fill(at, pages, P);
  return at;
}

/** The same, on the device. */
function* onDevice(bench: Bench, file: DeviceFile, pages = PAGES): Steps<number> {
  const at = yield* filled(bench, pages);
  expectResult(yield* migrateToDeviceCommand(bench.task, file.mirror, at, at + pages), 0, pages);
  return at;
}

const read = (bench: Bench, file: DeviceFile, at: number, pages = PAGES) => readCommand(bench.task, file.mirror, at, at + pages);
const write = (bench: Bench, file: DeviceFile, at: number, data: Int32Array, pages = PAGES) =>
  writeCommand(bench.task, file.mirror, at, at + pages, data);
const toDevice = (bench: Bench, file: DeviceFile, at: number, pages = PAGES) =>
  migrateToDeviceCommand(bench.task, file.mirror, at, at + pages);
const toSystem = (bench: Bench, file: DeviceFile, at: number, pages = PAGES) =>
  migrateToSystemCommand(bench.task, file.mirror, at, at + pages);
const exclusive = (bench: Bench, file: DeviceFile, at: number, pages = PAGES) =>
  exclusiveCommand(bench.task, file.mirror, at, at + pages);
const check = (bench: Bench, file: DeviceFile, at: number, pages = PAGES) =>
  checkExclusiveCommand(bench.task, file.mirror, at, at + pages);
const snapshot = (bench: Bench, file: DeviceFile, at: number, pages = PAGES) =>
  snapshotCommand(bench.task, file.mirror, at, at + pages);

const bytes = (byte: number, pages = PAGES): number[] => new Array(pages).fill(byte);

/** Bytes of pages of the own device. */
const local = ({ kind }: Bench, write: boolean): number => (kind === 'private' ? 0x20 : 0x40) | (write ? 2 : 1);

/** A case with device 0 open. */
const gap = (number: number, name: string, body: (bench: Bench, file: DeviceFile) => Steps<void>, huge = false): SelfTest => ({
  number,
  name,
  huge,
  *run(bench) {
    const file = yield* bench.open();
    yield* body(bench, file);
    yield* bench.close(file);
  },
});

export const gaps: readonly SelfTest[] = [
  gap(1, 'G1 the device writes its own memory', function* (bench, file) {
    const at = yield* onDevice(bench, file);
    expectResult(yield* write(bench, file, at, bench.data(PAGES, N)), 0, PAGES, 0);
    expectBytes(yield* snapshot(bench, file, at), bytes(local(bench, true)));
    yield* bench.verify(at, PAGES, N);
    yield* bench.unmap(at, PAGES);
  }),
  gap(2, 'G2 entries lost to fork, mprotect, and the neighbour', function* (bench, file) {
    const at = yield* onDevice(bench, file);
    const child = yield* bench.fork();
    const result = yield* read(bench, file, at);
    expectResult(result, 0, PAGES);
    expectWords(result, P);
    // The default driver brings a page home whose write must break a sharing; the in-tree one answers EFAULT.
    expectResult(yield* write(bench, file, at, bench.data(PAGES, N)), 0, PAGES);
    yield* bench.verify(at, PAGES, N);
    yield* bench.verify(at, PAGES, P, child);
    yield* bench.exit(child);
    expectResult(yield* toDevice(bench, file, at), 0, PAGES);
    yield* bench.protect(at, PAGES, VM_READ);
    yield* bench.protect(at, PAGES, RW);
    expectWords(yield* read(bench, file, at), N);
    expectResult(yield* write(bench, file, at, bench.data(PAGES, P)), 0, PAGES);
    yield* bench.verify(at, PAGES, P);
    expectResult(yield* toDevice(bench, file, at), 0, PAGES);
    yield* bench.unmap(at, 1);
    const rest = yield* read(bench, file, at + 1, PAGES - 1);
    expectResult(rest, 0, PAGES - 1);
    expectWords(rest, (i) => i + bench.words);
    yield* bench.unmap(at, PAGES);
  }),
  gap(3, 'G3 READ after TO_DEV, then of a new mapping', function* (bench, file) {
    const at = yield* onDevice(bench, file);
    const result = yield* read(bench, file, at);
    expectResult(result, 0, PAGES, 0);
    expectWords(result, P);
    yield* bench.unmap(at, PAGES);
    assert.equal(yield* mmapAnonymous(bench.task, bench.self.mm, at, PAGES), at);
    const fresh = yield* read(bench, file, at);
    expectResult(fresh, 0, PAGES, 1);
    expectWords(fresh, Z);
    yield* bench.unmap(at, PAGES);
  }),
  gap(4, 'G4 READ again', function* (bench, file) {
    const at = yield* filled(bench);
    expectResult(yield* read(bench, file, at), 0, PAGES, 1);
    expectResult(yield* read(bench, file, at), 0, PAGES, 0);
    yield* bench.unmap(at, PAGES);
  }),
  gap(5, 'G5 WRITE then READ, READ then WRITE', function* (bench, file) {
    const at = yield* bench.map(PAGES);
    expectResult(yield* write(bench, file, at, bench.data(PAGES, P)), 0, PAGES, 1);
    expectResult(yield* read(bench, file, at), 0, PAGES, 0);
    const other = yield* bench.map(PAGES);
    expectResult(yield* read(bench, file, other), 0, PAGES, 1);
    expectResult(yield* write(bench, file, other, bench.data(PAGES, N)), 0, PAGES, 1);
    yield* bench.verify(at, PAGES, P);
    yield* bench.verify(other, PAGES, N);
    yield* bench.unmap(at, PAGES);
    yield* bench.unmap(other, PAGES);
  }),
  gap(6, 'G6 TO_DEV of a hole, then WRITE', function* (bench, file) {
    const at = yield* bench.map(PAGES);
    expectResult(yield* toDevice(bench, file, at), 0, PAGES);
    expectResult(yield* write(bench, file, at, bench.data(PAGES, P)), 0, PAGES, 0);
    yield* bench.verify(at, PAGES, P);
    yield* bench.unmap(at, PAGES);
  }),
  gap(7, 'G7 TO_DEV over a hole between VMAs, over two protections', function* (bench, file) {
    const at = yield* filled(bench);
    yield* bench.unmap(at + 1, 1);
    expectResult(yield* toDevice(bench, file, at), -EINVAL);
    expectBytes(yield* snapshot(bench, file, at), [local(bench, true), 0xff, 0x02, 0x02]);
    const two = yield* filled(bench);
    yield* bench.protect(two, 2, VM_READ);
    const result = yield* toDevice(bench, file, two);
    expectResult(result, 0, PAGES);
    expectWords(result, P);
    const [ro, rw] = [local(bench, false), local(bench, true)];
    expectBytes(yield* snapshot(bench, file, two), [ro, ro, rw, rw]);
    yield* bench.unmap(at, PAGES);
    yield* bench.unmap(two, PAGES);
  }),
  gap(8, 'G8 an allocation that fails, once', function* (bench, file) {
    const { task, arena, self, kind } = bench;
    const at = yield* filled(bench, 1);
    setFlags(arena, file.mirror, FLAG_FAIL_ALLOC);
    expectResult(yield* toDevice(bench, file, at, 1), -ENOENT);
    expectResult(yield* toDevice(bench, file, at, 1), 0, 1);
    setFlags(arena, file.mirror, FLAG_FAIL_ALLOC);
    expectResult(yield* toSystem(bench, file, at, 1), -ENOMEM);
    expectBytes(yield* snapshot(bench, file, at, 1), [local(bench, true)]);
    if (kind === 'private') {
      setFlags(arena, file.mirror, FLAG_FAIL_ALLOC);
      assert.equal(yield* cpuFault(task, self.mm, at, false), VM_FAULT_OOM);
    }
    yield* bench.verify(at, 1, P);
    yield* bench.unmap(at, 1);
  }),
  gap(
    9,
    'G9 TO_SYS of a huge page, of a mixture, of nothing',
    function* (bench, file) {
      const { at, start } = yield* bench.mapHuge();
      assert.equal(yield* madvise(bench.task, bench.self.mm, start, PMD, 'hugepage'), 0);
      yield* bench.store(start, 0, 7);
      expectResult(yield* toSystem(bench, file, start, PMD), 0, 0);
      expectResult(yield* toDevice(bench, file, start, PMD), 0, PMD);
      // Decided as the kernel has it: a huge page that moves as one counts once.
      expectResult(yield* toSystem(bench, file, start, PMD), 0, 1);
      assert.equal(yield* bench.load(start), 7);
      expectResult(yield* toDevice(bench, file, start, PMD), 0, PMD);
      yield* bench.protect(start, 1, VM_READ);
      expectResult(yield* toSystem(bench, file, start, PMD), 0, PMD);
      assert.equal(yield* bench.load(start), 7);
      yield* bench.unmap(at, 2 * PMD);
    },
    true,
  ),
  gap(10, 'G10 a pinned page', function* (bench, file) {
    const { task, self } = bench;
    const at = yield* filled(bench);
    yield* mmapReadLock(task, self.mm);
    const pinned = yield* getUserPage(task, self.mm, at + 1, FOLL_PIN | FOLL_WRITE);
    yield* mmapReadUnlock(task, self.mm);
    expectResult(yield* toDevice(bench, file, at), -ENOENT);
    expectBytes(yield* snapshot(bench, file, at), [local(bench, true), 0x02, local(bench, true), local(bench, true)]);
    // Where the device has mapped the page, it can be read back: cpages is no proof of a move.
    expectResult(yield* read(bench, file, at), 0, PAGES);
    yield* unpinUserPage(task, pinned);
    expectResult(yield* toDevice(bench, file, at), 0, PAGES);
    yield* bench.verify(at, PAGES, P);
    yield* bench.unmap(at, PAGES);
  }),
  gap(
    11,
    'G11 EXCL of a file, of hugetlb, of read-only and of untouched memory',
    function* (bench, file) {
      const { task, self } = bench;
      const mapping = addressSpaceAlloc(bench.arena, 1);
      const shared = yield* mmapRegion(task, self.mm, -1, 1, { flags: RW | VM_SHARED, backing: { mapping, pgoff: 0 } });
      expectResult(yield* exclusive(bench, file, shared, 1), -EOPNOTSUPP);
      const hugetlb = yield* bench.map(PMD, RW | VM_HUGETLB);
      expectResult(yield* exclusive(bench, file, hugetlb, 1), -EOPNOTSUPP);
      const readOnly = yield* bench.map(1, VM_READ);
      expectResult(yield* exclusive(bench, file, readOnly, 1), -EFAULT);
      const untouched = yield* bench.map(1);
      expectResult(yield* exclusive(bench, file, untouched, 1), 0, 1);
      yield* bench.unmap(shared, 1);
      yield* bench.unmap(hugetlb, PMD);
      yield* bench.unmap(readOnly, 1);
      yield* bench.unmap(untouched, 1);
      yield* putAddressSpace(task, mapping);
    },
    true,
  ),
  gap(12, 'G12 EXCL, READ, WRITE', function* (bench, file) {
    const at = yield* filled(bench);
    expectResult(yield* exclusive(bench, file, at), 0, PAGES);
    expectResult(yield* check(bench, file, at), -EPERM);
    expectResult(yield* read(bench, file, at), 0, PAGES, 0);
    expectResult(yield* check(bench, file, at), -EPERM);
    expectResult(yield* write(bench, file, at, bench.data(PAGES, N)), 0, PAGES);
    expectResult(yield* check(bench, file, at), 0);
    yield* bench.verify(at, PAGES, N);
    yield* bench.unmap(at, PAGES);
  }),
  gap(13, 'G13 EXCL by one device, then by another', function* (bench, file) {
    const other = yield* bench.open(bench.self, 1);
    const at = yield* filled(bench);
    expectResult(yield* exclusive(bench, file, at), 0, PAGES);
    expectResult(yield* exclusive(bench, other, at), 0, PAGES);
    expectResult(yield* check(bench, file, at), 0);
    expectResult(yield* check(bench, other, at), -EPERM);
    yield* bench.unmap(at, PAGES);
    yield* bench.close(other);
  }),
  gap(14, 'G14 EXCL of a device page, TO_DEV of an exclusive one', function* (bench, file) {
    const at = yield* onDevice(bench, file);
    expectResult(yield* exclusive(bench, file, at), 0, PAGES);
    expectBytes(yield* snapshot(bench, file, at), bytes(0x00));
    // Not selected: what is counted is the device entry, which stays atomic.
    expectResult(yield* toDevice(bench, file, at), 0, PAGES);
    expectResult(yield* check(bench, file, at), -EPERM);
    yield* bench.verify(at, PAGES, P);
    expectBytes(yield* snapshot(bench, file, at), bytes(bench.kind === 'private' ? 0x02 : 0x42));
    yield* bench.unmap(at, PAGES);
  }),
  gap(15, 'G15 RELEASE and go on; RELEASE with pages of another process', function* (bench, file) {
    const at = yield* onDevice(bench, file);
    const child = yield* bench.fork();
    const own = yield* bench.open(child);
    yield* bench.fill(at, PAGES, N, child);
    expectResult(yield* migrateToDeviceCommand(bench.task, own.mirror, at, at + PAGES), 0, PAGES);
    expectResult(yield* releaseCommand(bench.task, file.mirror), 0);
    yield* bench.verify(at, PAGES, P);
    yield* bench.verify(at, PAGES, N, child);
    expectResult(yield* toDevice(bench, file, at), 0, PAGES);
    yield* bench.close(own);
    yield* bench.exit(child);
    yield* bench.verify(at, PAGES, P);
    yield* bench.unmap(at, PAGES);
  }),
  gap(16, 'G16 a file used by another process, and after its opener has gone', function* (bench) {
    const { task } = bench;
    const opener = yield* bench.fork();
    const file = yield* bench.open(opener);
    const at = yield* bench.map(PAGES, RW, opener);
    yield* bench.fill(at, PAGES, P, opener);
    const mine = yield* bench.map(PAGES);
    assert.equal(mine, at, 'the same place in both address spaces');
    yield* bench.fill(mine, PAGES, N);
    expectWords(yield* read(bench, file, at), P);
    yield* bench.exit(opener);
    expectResult(yield* read(bench, file, at), -EFAULT);
    expectResult(yield* write(bench, file, at, bench.data(PAGES, P)), -EFAULT);
    for (const command of [migrateToDeviceCommand, migrateToSystemCommand, snapshotCommand, exclusiveCommand]) {
      expectResult(yield* command(task, file.mirror, at, at + PAGES), -EINVAL);
    }
    yield* bench.verify(mine, PAGES, N);
    yield* bench.unmap(mine, PAGES);
    yield* bench.close(file);
  }),
  gap(18, 'G18 ranges that are no multiple of a window or a batch', function* (bench, file) {
    const { batch, window } = bench.size;
    for (const pages of [window - 1, window + 1, batch - 1, batch + 1, batch + window + 1]) {
      const at = yield* bench.map(pages + 1);
      yield* bench.fill(at, pages + 1, plus(pages));
      const from = at + 1;
      const first = yield* read(bench, file, from, pages);
      expectResult(first, 0, pages, 1);
      expectWords(first, plus(pages + bench.words));
      expectResult(yield* toDevice(bench, file, from, pages), 0, pages);
      expectBytes(yield* snapshot(bench, file, from, pages), bytes(local(bench, true), pages));
      expectResult(yield* toSystem(bench, file, from, pages), 0, pages);
      yield* bench.verify(at, pages + 1, plus(pages));
      yield* bench.unmap(at, pages + 1);
    }
  }),
  gap(
    19,
    'G19 snapshots of what is not there for us',
    function* (bench, file) {
      const { task, self, kind } = bench;
      const other = yield* bench.open(self, 1);
      const { at, start } = yield* bench.mapHuge();
      assert.equal(yield* madvise(task, self.mm, start, PMD, 'hugepage'), 0);
      yield* bench.store(start, 0, 7);
      expectResult(yield* toDevice(bench, other, start, PMD), 0, PMD);
      const foreign = kind === 'private' ? 0xff : 0x56;
      expectBytes(yield* snapshot(bench, file, start, PMD), bytes(foreign, PMD));
      yield* bench.protect(start + 1, 1, VM_READ);
      const piece = kind === 'private' ? 0x00 : 0x52;
      expectBytes(yield* snapshot(bench, file, start, 1), [piece]);
      const small = yield* filled(bench);
      expectResult(yield* exclusive(bench, file, small), 0, PAGES);
      expectBytes(yield* snapshot(bench, file, small), bytes(0x00));
      assert.equal(yield* bench.load(start), 7);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.unmap(small, PAGES);
      yield* bench.close(other);
    },
    true,
  ),
  gap(20, 'G20 an invalidation ends where it ends; the in-tree driver erases one entry more', function* (bench, file) {
    const at = yield* filled(bench);
    expectResult(yield* read(bench, file, at), 0, PAGES, 1);
    yield* bench.unmap(at, 1);
    const { eraseEnd } = bench.machine.settings;
    const faults = eraseEnd === 'onePageMore' ? 1 : 0;
    expectResult(yield* read(bench, file, at + 1, 1), 0, 1, faults);
    yield* bench.unmap(at, PAGES);
  }),
  gap(21, 'G21 TO_DEV of missing pages of a userfaultfd', function* (bench, file) {
    const { task, self, arena } = bench;
    const at = yield* bench.map(PAGES);
    const context = yield* userfaultfdRegister(task, self.mm, at, PAGES);
    assert.ok(context > 0);
    expectResult(yield* toDevice(bench, file, at), -ENOENT);
    assert.equal(load(arena, context + Userfaultfd.message), 0, 'nobody is told');
    expectResult(yield* read(bench, file, at), -EFAULT);
    yield* userfaultfdRelease(task, self.mm, context, at, PAGES);
    userfaultfdFree(arena, context);
    expectResult(yield* read(bench, file, at), 0, PAGES, 1);
    yield* bench.unmap(at, PAGES);
  }),
];
