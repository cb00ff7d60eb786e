/** Self-tests 12 to 18, 22, 25 to 29, 39: migration, snapshots, exclusive access, pins, fork, userfaultfd. */
import assert from 'node:assert/strict';
import { VPN_LIMIT } from '../../src/arena/config.ts';
import { EEXIST, EINVAL, ENOENT, EPERM, errnoName } from '../../src/arena/errno.ts';
import {
  checkExclusiveCommand,
  exclusiveCommand,
  migrateToDeviceCommand,
  migrateToSystemCommand,
  readCommand,
  releaseCommand,
  snapshotCommand,
  writeCommand,
} from '../../src/drivers/dmirror/commands.ts';
import { getLongtermPage } from '../../src/migrate/longterm.ts';
import { FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE, getUserPage, unpinUserPage } from '../../src/mm/fault/gup.ts';
import {
  userfaultfdCopy,
  userfaultfdFree,
  userfaultfdRead,
  userfaultfdRegister,
  userfaultfdRelease,
} from '../../src/mm/fault/userfaultfd.ts';
import { addressSpaceAlloc, putAddressSpace } from '../../src/mm/file/addressSpace.ts';
import { putPage } from '../../src/mm/page/zone.ts';
import { mmapRegion } from '../../src/mm/syscalls/mmap.ts';
import { mmapReadLock, mmapReadUnlock } from '../../src/mm/vma/mmapLock.ts';
import { VM_READ, VM_SHARED, vmaStart, vmasIn } from '../../src/mm/vma/vma.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { type Bench, type DeviceFile, expectBytes, expectResult, expectWords, P, RW } from './bench.ts';
import type { SelfTest } from './selfTest.ts';

/** A buffer with the pattern P, moved to the device. */
function* moved(bench: Bench, file: DeviceFile, pages: number): Steps<number> {
  const at = yield* bench.map(pages);
  yield* bench.fill(at, pages, P);
  const result = yield* migrateToDeviceCommand(bench.task, file.mirror, at, at + pages);
  expectResult(result, 0, pages);
  expectWords(result, P);
  return at;
}

/** The same, made exclusive. */
function* exclusive(bench: Bench, file: DeviceFile): Steps<number> {
  const { buf } = bench.size;
  const at = yield* bench.map(buf);
  yield* bench.fill(at, buf, P);
  const result = yield* exclusiveCommand(bench.task, file.mirror, at, at + buf);
  expectResult(result, 0, buf);
  expectWords(result, P);
  return at;
}

/** Adds one to every word by CPU, and finds what was there before. */
function* increment(bench: Bench, at: number, pages: number, process = bench.self): Steps<void> {
  for (let i = 0; i < pages * bench.words; i++) {
    assert.equal(yield* bench.load(at, i, process), i);
    yield* bench.store(at, i, i + 1, process);
  }
  yield* bench.verify(at, pages, (i) => i + 1, process);
}

/** The child's part: its only mapping of private memory begins where the parent's does. */
function* incrementInChild(bench: Bench, mm: number): Steps<void> {
  const [vma] = vmasIn(bench.arena, mm, 0, VPN_LIMIT);
  assert.ok(vma !== undefined);
  yield* increment(bench, vmaStart(bench.arena, vma), bench.size.buf, { mm });
}

/** Every byte AB. */
const AB = 0xabababab | 0;

/** Resolves missing pages one by one until the descriptor is closed. */
function* serve({ task, self }: Bench, context: number): Steps<void> {
  for (;;) {
    const vpn = yield* userfaultfdRead(task, context);
    if (vpn < 0) return;
    const error = yield* userfaultfdCopy(task, context, self.mm, vpn, AB);
    assert.ok(error === 0 || error === -EEXIST, `UFFDIO_COPY: ${errnoName(error)}`);
  }
}

/** One call of gup_test: the page is let go of at once. */
function* gup(bench: Bench, at: number, foll: number): Steps<void> {
  const { task, self } = bench;
  yield* mmapReadLock(task, self.mm);
  const pfn =
    (foll & FOLL_LONGTERM) !== 0
      ? yield* getLongtermPage(task, self.mm, at, foll | FOLL_WRITE)
      : yield* getUserPage(task, self.mm, at, foll | FOLL_WRITE);
  yield* mmapReadUnlock(task, self.mm);
  assert.ok(pfn > 0);
  if ((foll & FOLL_PIN) !== 0) yield* unpinUserPage(task, pfn);
  else yield* putPage(task, pfn);
}

export const migrationTests: readonly SelfTest[] = [
  {
    number: 12,
    name: 'hmm.migrate',
    *run(bench) {
      const file = yield* bench.open();
      const at = yield* moved(bench, file, bench.size.buf);
      yield* bench.unmap(at, bench.size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 13,
    name: 'hmm.migrate_file_private',
    *run(bench) {
      const { task, self, size } = bench;
      const file = yield* bench.open();
      const mapping = addressSpaceAlloc(bench.arena, size.buf);
      const at = yield* mmapRegion(task, self.mm, -1, size.buf, { flags: RW, backing: { mapping, pgoff: 0 } });
      yield* bench.fill(at, size.buf, P);
      const result = yield* migrateToDeviceCommand(task, file.mirror, at, at + size.buf);
      expectResult(result, 0, size.buf);
      expectWords(result, P);
      yield* bench.verify(at, size.buf, P);
      yield* bench.unmap(at, size.buf);
      yield* putAddressSpace(task, mapping);
      yield* bench.close(file);
    },
  },
  {
    number: 14,
    name: 'hmm.migrate_fault',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* moved(bench, file, size.buf);
      yield* bench.verify(at, Math.floor(size.buf / 2), P);
      const again = yield* migrateToDeviceCommand(task, file.mirror, at, at + size.buf);
      expectResult(again, 0, size.buf);
      expectWords(again, P);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 15,
    name: 'hmm.migrate_release',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* moved(bench, file, size.buf);
      expectResult(yield* releaseCommand(task, file.mirror), 0);
      yield* bench.verify(at, size.buf, P);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 16,
    name: 'hmm.migrate_shared',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(size.buf, RW | VM_SHARED);
      expectResult(yield* migrateToDeviceCommand(task, file.mirror, at, at + size.buf), -ENOENT);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 17,
    name: 'hmm2.migrate_mixed',
    *run(bench) {
      const { task } = bench;
      const [first, second] = [yield* bench.open(), yield* bench.open(bench.self, 1)];
      const at = yield* bench.map(6, 0);
      const toSecond = (page: number, pages: number) => migrateToDeviceCommand(task, second.mirror, at + page, at + page + pages);
      expectResult(yield* toSecond(0, 6), -EINVAL);
      yield* bench.unmap(at + 1, 1);
      expectResult(yield* toSecond(0, 3), -EINVAL);
      yield* bench.protect(at + 2, 1, VM_READ);
      assert.equal(yield* bench.load(at + 2), 0);
      yield* bench.protect(at + 3, 1, RW);
      yield* bench.store(at + 3, 0, 3);
      yield* bench.protect(at + 3, 1, VM_READ);
      yield* bench.protect(at + 4, 2, RW);
      yield* bench.store(at + 4, 0, 3);
      yield* bench.store(at + 5, 0, 3);
      expectResult(yield* toSecond(2, 4), 0, 4);
      expectResult(yield* migrateToDeviceCommand(task, first.mirror, at + 5, at + 6), -ENOENT);
      yield* bench.unmap(at, 6);
      yield* bench.close(second);
      yield* bench.close(first);
    },
  },
  {
    number: 18,
    name: 'hmm.migrate_multiple',
    *run(bench) {
      const { task, size, kind } = bench;
      const file = yield* bench.open();
      for (let round = 0; round < size.times; round++) {
        const at = yield* moved(bench, file, size.buf);
        if (kind === 'coherent') expectResult(yield* migrateToSystemCommand(task, file.mirror, at, at + size.buf), 0, size.buf);
        yield* bench.verify(at, size.buf, P);
        yield* bench.unmap(at, size.buf);
      }
      yield* bench.close(file);
    },
  },
  {
    number: 22,
    name: 'hmm2.snapshot',
    *run(bench) {
      const { task, kind } = bench;
      const [first, second] = [yield* bench.open(), yield* bench.open(bench.self, 1)];
      const at = yield* bench.map(7, 0);
      yield* bench.unmap(at + 1, 1);
      yield* bench.protect(at + 2, 1, VM_READ);
      assert.equal(yield* bench.load(at + 2), 0);
      yield* bench.protect(at + 3, 1, RW);
      yield* bench.store(at + 3, 0, 3);
      yield* bench.protect(at + 3, 1, VM_READ);
      yield* bench.protect(at + 4, 3, RW);
      yield* bench.store(at + 4, 0, 3);
      expectResult(yield* migrateToDeviceCommand(task, first.mirror, at + 5, at + 6), 0, 1);
      expectResult(yield* migrateToDeviceCommand(task, second.mirror, at + 6, at + 7), 0, 1);
      const result = yield* snapshotCommand(task, first.mirror, at, at + 7);
      expectResult(result, 0, 7);
      const onDevices = kind === 'private' ? [0x22, 0x00] : [0x42, 0x52];
      expectBytes(result, [0xff, 0xff, 0x11, 0x01, 0x02, ...onDevices]);
      yield* bench.unmap(at, 7);
      yield* bench.close(second);
      yield* bench.close(first);
    },
  },
  {
    number: 25,
    name: 'hmm.exclusive',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* exclusive(bench, file);
      yield* increment(bench, at, size.buf);
      expectResult(yield* checkExclusiveCommand(task, file.mirror, at, at + size.buf), 0);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 26,
    name: 'hmm.exclusive_mprotect',
    *run(bench) {
      const { task, size } = bench;
      const file = yield* bench.open();
      const at = yield* exclusive(bench, file);
      yield* bench.protect(at, size.buf, VM_READ);
      const data = bench.data(size.buf, P);
      expectResult(yield* writeCommand(task, file.mirror, at, at + size.buf, data), -EPERM);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
  },
  {
    number: 27,
    name: 'hmm.exclusive_cow',
    *run(bench) {
      const { size } = bench;
      const file = yield* bench.open();
      const at = yield* exclusive(bench, file);
      const child = yield* bench.fork();
      // The child at the same time: in another process the same page numbers hold its copies.
      yield* bench.release(0, child.mm, incrementInChild);
      yield* increment(bench, at, size.buf);
      yield* bench.join(0);
      yield* bench.exit(child);
      yield* bench.unmap(at, size.buf);
      yield* bench.close(file);
    },
    *thread(bench) {
      yield* bench.follow(0, incrementInChild);
    },
  },
  {
    number: 39,
    name: 'hmm.userfaultfd_read',
    settings: { unlocked: 'on' },
    needsThread: true,
    *run(bench) {
      const { task, self } = bench;
      const file = yield* bench.open();
      const at = yield* bench.map(4);
      const context = yield* userfaultfdRegister(task, self.mm, at, 4);
      assert.ok(context > 0);
      yield* bench.release(0, context, serve);
      const result = yield* readCommand(task, file.mirror, at, at + 4);
      expectResult(result, 0, 4);
      expectWords(result, () => AB);
      yield* userfaultfdRelease(task, self.mm, context, at, 4);
      yield* bench.join(0);
      userfaultfdFree(bench.arena, context);
      yield* bench.unmap(at, 4);
      yield* bench.close(file);
    },
    *thread(bench) {
      yield* bench.follow(0, serve);
    },
  },
  {
    number: 28,
    name: 'hmm.hmm_gup_test',
    *run(bench) {
      const { task, kind } = bench;
      const file = yield* bench.open();
      const at = yield* moved(bench, file, 4);
      for (const [page, foll] of [0, 0, FOLL_PIN | FOLL_LONGTERM, FOLL_PIN | FOLL_LONGTERM].entries()) {
        yield* gup(bench, at + page, foll);
      }
      const result = yield* snapshotCommand(task, file.mirror, at, at + 4);
      expectBytes(result, kind === 'private' ? [0x02, 0x02, 0x02, 0x02] : [0x42, 0x42, 0x02, 0x02]);
      yield* bench.verify(at, 4, P);
      yield* bench.unmap(at, 4);
      yield* bench.close(file);
    },
  },
  {
    number: 29,
    name: 'hmm.hmm_cow_in_device',
    *run(bench) {
      const { task } = bench;
      const file = yield* bench.open();
      const at = yield* moved(bench, file, 4);
      const child = yield* bench.fork();
      yield* bench.fill(at, 4, P);
      yield* bench.exit(child);
      expectBytes(yield* snapshotCommand(task, file.mirror, at, at + 4), [0x02, 0x02, 0x02, 0x02]);
      yield* bench.unmap(at, 4);
      yield* bench.close(file);
    },
  },
];
