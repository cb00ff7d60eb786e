/** Self-tests 30 to 38: huge pages on a device. */
import assert from 'node:assert/strict';
import { get } from '../../src/arena/access.ts';
import { Mm } from '../../src/arena/structures.ts';
import { migrateToDeviceCommand, migrateToSystemCommand, setFlags, snapshotCommand } from '../../src/drivers/dmirror/commands.ts';
import { FLAG_FAIL_ALLOC } from '../../src/drivers/dmirror/injected.ts';
import { madviseCollapse } from '../../src/mm/syscalls/collapse.ts';
import { madvise } from '../../src/mm/syscalls/madvise.ts';
import { mremap } from '../../src/mm/syscalls/mremap.ts';
import { isDevicePrivate } from '../../src/mm/table/pte.ts';
import { readPte } from '../../src/mm/table/tables.ts';
import { VM_READ } from '../../src/mm/vma/vma.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { type Bench, type DeviceFile, expectBytes, expectResult, expectWords, P, type Pattern, PMD, RW, Z } from './bench.ts';
import type { SelfTest } from './selfTest.ts';

interface Region {
  readonly at: number;
  /** The aligned PMD inside. */
  readonly start: number;
}

/** Two PMDs, the aligned one advised. */
function* advised(bench: Bench, flags = RW, advice: 'hugepage' | 'nohugepage' = 'hugepage'): Steps<Region> {
  const region = yield* bench.mapHuge(flags);
  assert.equal(yield* madvise(bench.task, bench.self.mm, region.start, PMD, advice), 0);
  return region;
}

function* toDevice(bench: Bench, file: DeviceFile, start: number, pattern: Pattern): Steps<void> {
  const result = yield* migrateToDeviceCommand(bench.task, file.mirror, start, start + PMD);
  expectResult(result, 0, PMD);
  expectWords(result, pattern);
}

/** The offsets, and the two kinds of pages, that partial_unmap and remap go through. */
const offsets = ({ size }: Bench): readonly number[] => (size.rounds === 'all' ? [0, PMD / 4, PMD / 2] : [PMD / 4]);
const kinds = ({ size }: Bench): readonly boolean[] => (size.rounds === 'all' ? [false, true] : [true]);

/** A round of migrate_partial_unmap_fault. */
function* partialUnmap(bench: Bench, file: DeviceFile, huge: boolean, offset: number): Steps<void> {
  const { at, start } = yield* advised(bench, RW, huge ? 'hugepage' : 'nohugepage');
  yield* bench.fill(start, PMD, P);
  yield* toDevice(bench, file, start, P);
  yield* bench.unmap(start + offset, PMD / 2);
  yield* bench.verify(start, offset, P);
  const rest = offset + PMD / 2;
  yield* bench.verify(start + rest, PMD - rest, P, bench.self, rest * bench.words);
  yield* bench.unmap(at, 2 * PMD);
}

/** A round of migrate_remap_fault. */
function* remap(bench: Bench, file: DeviceFile, before: boolean, keep: boolean, huge: boolean, offset: number): Steps<void> {
  const { task, self } = bench;
  const { at, start } = yield* bench.mapHuge(RW, 9);
  assert.equal(yield* madvise(task, self.mm, start, 8 * PMD, huge ? 'hugepage' : 'nohugepage'), 0);
  yield* bench.unmap(start + PMD, 2 * PMD);
  yield* bench.fill(start, PMD, P);
  const to = start + PMD + offset;
  const move = () => mremap(task, self.mm, start, PMD, { pages: PMD, to, keep });
  if (before) assert.equal(yield* move(), to);
  yield* toDevice(bench, file, before ? to : start, P);
  if (!before) assert.equal(yield* move(), to);
  yield* bench.verify(to, PMD, P);
  yield* bench.unmap(at, 9 * PMD);
}

/** Word of page 2, where the second kernel word 2048 lies. */
const second = (bench: Bench): number => 2 * bench.words;

export const hugeTests: readonly SelfTest[] = [
  {
    number: 30,
    name: 'hmm.migrate_anon_huge_empty',
    huge: true,
    *run(bench) {
      const file = yield* bench.open();
      const { at, start } = yield* advised(bench, VM_READ);
      yield* toDevice(bench, file, start, Z);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 31,
    name: 'hmm.migrate_anon_huge_zero',
    huge: true,
    *run(bench) {
      const file = yield* bench.open();
      const { at, start } = yield* advised(bench, VM_READ);
      assert.equal(yield* bench.load(start), 0);
      yield* toDevice(bench, file, start, Z);
      yield* bench.verify(start, PMD, Z);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 32,
    name: 'hmm.migrate_anon_huge_free',
    huge: true,
    *run(bench) {
      const file = yield* bench.open();
      const { at, start } = yield* advised(bench);
      yield* bench.fill(start, PMD, P);
      yield* toDevice(bench, file, start, P);
      assert.equal(yield* madvise(bench.task, bench.self.mm, start, PMD, 'free'), 0);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 33,
    name: 'hmm.migrate_anon_huge_fault',
    huge: true,
    *run(bench) {
      const { task, self, arena, kind } = bench;
      const file = yield* bench.open();
      const { at, start } = yield* bench.mapHuge();
      yield* bench.fill(start, PMD, P);
      assert.equal(yield* madviseCollapse(task, self.mm, start, PMD), 0);
      yield* toDevice(bench, file, start, P);
      if (kind === 'private') {
        const result = yield* snapshotCommand(task, file.mirror, start, start + PMD);
        expectResult(result, 0, PMD);
        expectBytes(result, new Array(PMD).fill(0x26));
        // The pagemap: a swap entry, not a present one.
        const pgd = get(arena, self.mm + Mm.pgd);
        for (let i = 0; i < PMD; i++) assert.ok(isDevicePrivate(readPte(arena, pgd, start + i)));
      }
      yield* bench.verify(start, PMD, P);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 34,
    name: 'hmm.migrate_partial_unmap_fault',
    huge: true,
    *run(bench) {
      const file = yield* bench.open();
      for (const huge of kinds(bench)) {
        for (const offset of offsets(bench)) yield* partialUnmap(bench, file, huge, offset);
      }
      yield* bench.close(file);
    },
  },
  {
    number: 35,
    name: 'hmm.migrate_remap_fault',
    huge: true,
    *run(bench) {
      const file = yield* bench.open();
      for (const before of [false, true]) {
        for (const keep of kinds(bench)) {
          for (const huge of kinds(bench)) {
            for (const offset of offsets(bench)) yield* remap(bench, file, before, keep, huge, offset);
          }
        }
      }
      yield* bench.close(file);
    },
  },
  {
    number: 36,
    name: 'hmm.migrate_anon_huge_err',
    huge: true,
    *run(bench) {
      const { task, arena } = bench;
      const file = yield* bench.open();
      const first = yield* advised(bench);
      yield* bench.fill(first.start, PMD, P);
      setFlags(arena, file.mirror, FLAG_FAIL_ALLOC);
      yield* toDevice(bench, file, first.start, P);
      assert.equal(yield* bench.load(first.start, second(bench)), second(bench));
      yield* bench.unmap(first.at, 2 * PMD);
      const { at, start } = yield* advised(bench);
      yield* bench.fill(start, PMD, P);
      yield* toDevice(bench, file, start, P);
      setFlags(arena, file.mirror, FLAG_FAIL_ALLOC);
      // Of a huge page that comes home in pieces each is counted.
      expectResult(yield* migrateToSystemCommand(task, file.mirror, start, start + PMD), 0, PMD);
      assert.equal(yield* bench.load(start, second(bench)), second(bench));
      yield* bench.verify(start, PMD, P);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 37,
    name: 'hmm.migrate_anon_huge_zero_err',
    huge: true,
    *run(bench) {
      const file = yield* bench.open();
      const first = yield* advised(bench, VM_READ);
      setFlags(bench.arena, file.mirror, FLAG_FAIL_ALLOC);
      yield* toDevice(bench, file, first.start, Z);
      assert.equal(yield* bench.load(first.start, second(bench)), 0);
      yield* bench.unmap(first.at, 2 * PMD);
      const { at, start } = yield* advised(bench, VM_READ);
      assert.equal(yield* bench.load(start), 0);
      setFlags(bench.arena, file.mirror, FLAG_FAIL_ALLOC);
      yield* toDevice(bench, file, start, Z);
      yield* bench.verify(start, PMD, Z);
      yield* bench.unmap(at, 2 * PMD);
      yield* bench.close(file);
    },
  },
  {
    number: 38,
    name: 'hmm.benchmark_thp_migration',
    huge: true,
    *run(bench) {
      const { task, self } = bench;
      const file = yield* bench.open();
      const all = bench.size.rounds === 'all';
      for (const pages of all ? [PMD / 4, PMD / 2, PMD, 2 * PMD] : [PMD]) {
        for (const advice of all ? (['hugepage', 'nohugepage'] as const) : (['hugepage'] as const)) {
          const at = yield* bench.map(pages);
          assert.equal(yield* madvise(task, self.mm, at, pages, advice), 0);
          yield* bench.fill(at, pages, (i) => i & 0xff);
          for (let round = 0; round < 2; round++) {
            expectResult(yield* migrateToDeviceCommand(task, file.mirror, at, at + pages), 0);
            expectResult(yield* migrateToSystemCommand(task, file.mirror, at, at + pages), 0);
          }
          yield* bench.verify(at, pages, (i) => i & 0xff);
          yield* bench.unmap(at, pages);
        }
      }
      yield* bench.close(file);
    },
  },
];
