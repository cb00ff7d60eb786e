import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PFN_LIMIT } from '../../src/arena/config.ts';
import {
  describePte,
  isDeviceExclusive,
  isDevicePrivate,
  isMigration,
  LEAF_DEVICE_EXCLUSIVE,
  LEAF_DEVICE_PRIVATE_READ,
  LEAF_DEVICE_PRIVATE_WRITE,
  LEAF_HWPOISON,
  LEAF_MARKER,
  LEAF_MIGRATION_READ,
  LEAF_MIGRATION_READ_EXCLUSIVE,
  LEAF_MIGRATION_WRITE,
  LEAF_SWAP,
  leafKind,
  leafWritable,
  mapsPage,
  mkLeaf,
  mkPte,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_PROTNONE,
  PTE_SPECIAL,
  PTE_WRITE,
  PTE_YOUNG,
  pteFlags,
  ptePfn,
  ptePresent,
  pteWrite,
} from '../../src/mm/table/pte.ts';

/** What comes back from shared memory. */
const stored = (pte: number): number => Int32Array.of(pte)[0] as number;

for (const pfn of [1, 2, PFN_LIMIT / 2 - 1, PFN_LIMIT / 2, PFN_LIMIT - 1]) {
  test(`page frame ${pfn} survives an entry, also when its top bit is the sign`, () => {
    const pte = mkPte(pfn, PTE_PRESENT | PTE_WRITE | PTE_YOUNG);
    assert.equal(stored(pte), pte);
    assert.equal(ptePfn(pte), pfn);
    assert.equal(pteFlags(pte), PTE_PRESENT | PTE_WRITE | PTE_YOUNG);
    const leaf = mkLeaf(LEAF_DEVICE_EXCLUSIVE, pfn);
    assert.equal(stored(leaf), leaf);
    assert.equal(ptePfn(leaf), pfn);
    assert.equal(leafKind(leaf), LEAF_DEVICE_EXCLUSIVE);
  });
}

const present = mkPte(7, PTE_PRESENT);

/** Entry, and whether it is present, migration, device-private, device-exclusive, maps its page, is writable; its text. */
const kinds: readonly (readonly [number, string, string])[] = [
  [0, '------', 'none'],
  [present, 'P---m-', 'PRES(7)'],
  [mkPte(7, PTE_PRESENT | PTE_WRITE | PTE_DIRTY | PTE_YOUNG), 'P---mw', 'PRES(7; W,D,A)'],
  [mkPte(1, PTE_PRESENT | PTE_SPECIAL), 'P-----', 'PRES(1; zero)'],
  [mkPte(7, PTE_PRESENT | PTE_PROTNONE), 'P---m-', 'PRES(7; PROT_NONE)'],
  [mkLeaf(LEAF_MIGRATION_READ, 7), '-M----', 'MIG_R(7)'],
  [mkLeaf(LEAF_MIGRATION_READ_EXCLUSIVE, 7), '-M----', 'MIG_RX(7)'],
  [mkLeaf(LEAF_MIGRATION_WRITE, 7, PTE_YOUNG | PTE_DIRTY), '-M----', 'MIG_W(7)'],
  [mkLeaf(LEAF_DEVICE_PRIVATE_READ, 7), '--D-m-', 'DP_R(7)'],
  [mkLeaf(LEAF_DEVICE_PRIVATE_WRITE, 7), '--D-mw', 'DP_W(7)'],
  [mkLeaf(LEAF_DEVICE_EXCLUSIVE, 7), '---Xmw', 'DX(7)'],
  [mkLeaf(LEAF_SWAP, 7), '------', 'SWAP(7)'],
  [mkLeaf(LEAF_HWPOISON, 7), '------', 'HWP(7)'],
  [mkLeaf(LEAF_MARKER, 7), '------', 'MARK(7)'],
];

for (const [pte, expected, text] of kinds) {
  test(`${text} is ${expected}`, () => {
    const found = [
      ptePresent(pte) ? 'P' : '-',
      isMigration(pte) ? 'M' : '-',
      isDevicePrivate(pte) ? 'D' : '-',
      isDeviceExclusive(pte) ? 'X' : '-',
      mapsPage(pte) ? 'm' : '-',
      leafWritable(pte) ? 'w' : '-',
    ].join('');
    assert.equal(found, expected);
    assert.equal(describePte(pte), text);
  });
}

test('the flags a migration entry carries do not look like another kind or like a present entry', () => {
  const entry = mkLeaf(LEAF_MIGRATION_READ, 9, PTE_YOUNG | PTE_DIRTY);
  assert.equal(leafKind(entry), LEAF_MIGRATION_READ);
  assert.equal(pteFlags(entry) & (PTE_YOUNG | PTE_DIRTY), PTE_YOUNG | PTE_DIRTY);
  assert.equal(ptePresent(entry), false);
});

test('the kinds are distinct and a present entry has none, whatever its other bits', () => {
  const all = [1, 2, 3, 4, 5, 6, 7, 8, 9];
  assert.deepEqual(
    all.map((kind) => leafKind(mkLeaf(kind, PFN_LIMIT - 1))),
    all,
  );
  assert.equal(leafKind(mkLeaf(LEAF_SWAP, 5) | PTE_PRESENT), 0);
  assert.equal(pteWrite(present), false);
  assert.equal(pteWrite(present | PTE_WRITE), true);
});
