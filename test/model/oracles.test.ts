import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, and, get, or, set, store } from '../../src/arena/access.ts';
import { handleOf, poolAlloc } from '../../src/arena/pool.ts';
import { Actor, Header, Mm, Subscriptions, Vma } from '../../src/arena/structures.ts';
import { DEV_ATOMIC, DEV_WRITE, deviceEntry, mkDeviceEntry, setDeviceEntry } from '../../src/drivers/base/deviceTable.ts';
import { mirrorAlloc } from '../../src/drivers/base/mirror.ts';
import { optionWords, storeOptions } from '../../src/drivers/base/options.ts';
import { dmirror } from '../../src/drivers/dmirror/index.ts';
import { registerDriver } from '../../src/drivers/registry.ts';
import { HMM_PFN_ERROR, HMM_PFN_REQ_FAULT, HMM_PFN_REQ_WRITE, HMM_PFN_VALID, HMM_PFN_WRITE } from '../../src/hmm/pfn.ts';
import { cpuStore } from '../../src/mm/fault/cpuAccess.ts';
import { MEMORY_DEVICE_PRIVATE, memremapPages } from '../../src/mm/page/devPagemap.ts';
import { PG_ANON_EXCLUSIVE, PG_LOCKED, PG_LRU } from '../../src/mm/page/page.ts';
import { mmapAnonymous } from '../../src/mm/syscalls/mmap.ts';
import { LEAF_MIGRATION_READ, LEAF_SWAP, mkLeaf, PTE_PROTNONE, PTE_WRITE, ptePfn } from '../../src/mm/table/pte.ts';
import { lookupTable, pteAt, readPte } from '../../src/mm/table/tables.ts';
import { vmaLookup } from '../../src/mm/vma/vma.ts';
import { subscriptionsOf } from '../../src/notifier/sequence.ts';
import { checkCounts } from '../../src/oracles/counts.ts';
import { checkData } from '../../src/oracles/data.ts';
import type { Finding } from '../../src/oracles/finding.ts';
import { checkLeaks } from '../../src/oracles/leaks.ts';
import { counterSlot, Ledger } from '../../src/oracles/ledger.ts';
import { checkInstalled, checkLocksFree, checkMirrors } from '../../src/oracles/mirror.ts';
import { checkNotifiers } from '../../src/oracles/notifiers.ts';
import { checkAnswered } from '../../src/oracles/rangeFault.ts';
import { run } from '../../src/steps/steps.ts';
import { machine } from './machine.ts';

const AT = 512;

/** Two populated pages mirrored by a device: everything is as it must be. */
function scene() {
  const { arena, task, mm } = machine({ frameWords: 64 });
  run(mmapAnonymous(task, mm, AT, 4));
  for (const vpn of [AT, AT + 1]) run(cpuStore(task, mm, vpn, 0, 0));
  const driver = registerDriver(dmirror);
  const pgmap = memremapPages(arena, {
    type: MEMORY_DEVICE_PRIVATE,
    owner: 1,
    ops: driver,
    start: arena.config.systemPages,
    pages: 16,
  });
  const mirror = mirrorAlloc(arena, { driver, mm, pgmap, device: 1 });
  storeOptions(arena, mirror, optionWords(dmirror, {}));
  assert.equal(run(dmirror.open(task, mirror)), 0);
  assert.equal(run(dmirror.fault(task, mirror, AT, AT + 2, true)), 0);
  const pgd = get(arena, mm + Mm.pgd);
  const pte = (vpn: number): number => pteAt(arena, lookupTable(arena, pgd, vpn), vpn);
  return { arena, task, mm, mirror, pte, pfn: ptePfn(readPte(arena, pgd, AT)) };
}

type Scene = ReturnType<typeof scene>;

const rules = (findings: readonly Finding[]): string[] => [...new Set(findings.map(({ rule }) => rule))].sort();

/** A sabotage, the oracle that must see it, and the rules it must name. */
const sabotages: readonly (readonly [string, (s: Scene) => void, (s: Scene) => Finding[], readonly string[]])[] = [
  [
    'a reference too many',
    ({ arena, pfn }) => add(arena, arena.page.refcount + pfn, 1),
    ({ arena }) => checkCounts(arena),
    ['I-REF'],
  ],
  [
    'a mapped page that is free',
    ({ arena, pfn }) => store(arena, arena.page.refcount + pfn, 0),
    ({ arena }) => checkCounts(arena),
    ['I-FREE'],
  ],
  [
    'a mapping too many',
    ({ arena, pfn }) => add(arena, arena.page.mapcount + pfn, 1),
    ({ arena }) => checkCounts(arena),
    ['I-MAP'],
  ],
  ['rss', ({ arena, mm }) => add(arena, mm + Mm.rssAnon, 1), ({ arena }) => checkCounts(arena), ['I-REF']],
  [
    'a page lock',
    ({ arena, pfn }) => or(arena, arena.page.flags + pfn, PG_LOCKED),
    ({ arena }) => checkCounts(arena),
    ['I-QUIET'],
  ],
  [
    'a writable entry of a shared page',
    ({ arena, pfn }) => and(arena, arena.page.flags + pfn, ~PG_ANON_EXCLUSIVE),
    ({ arena }) => checkCounts(arena),
    ['I-ENTRY'],
  ],
  [
    'a mapped page that nobody has isolated and that is not on the LRU',
    ({ arena, pfn }) => and(arena, arena.page.flags + pfn, ~PG_LRU),
    ({ arena }) => checkCounts(arena),
    ['I-QUIET'],
  ],
  [
    'an entry that can be read in a mapping that cannot',
    ({ arena, mm }) => store(arena, vmaLookup(arena, mm, AT) + Vma.flags, 0),
    ({ arena }) => checkCounts(arena),
    ['I-PERM'],
  ],
  [
    'a device entry in a mapping that cannot be read',
    ({ arena, mm }) => store(arena, vmaLookup(arena, mm, AT) + Vma.flags, 0),
    ({ arena }) => checkMirrors(arena),
    ['I-PERM'],
  ],
  [
    'a device entry of a page that the CPU may not read',
    ({ arena, pte }) => store(arena, pte(AT), (get(arena, pte(AT)) & ~PTE_WRITE) | PTE_PROTNONE),
    ({ arena }) => checkMirrors(arena),
    ['I-PERM'],
  ],
  [
    'a migration entry left behind',
    ({ arena, pte, pfn }) => store(arena, pte(AT), mkLeaf(LEAF_MIGRATION_READ, pfn)),
    ({ arena }) => checkCounts(arena),
    ['I-MAP', 'I-MIG', 'I-REF'],
  ],
  [
    'an entry of no kind',
    ({ arena, pte }) => store(arena, pte(AT + 3), mkLeaf(LEAF_SWAP, 0)),
    ({ arena }) => checkCounts(arena),
    ['I-ENTRY'],
  ],
  ['a lost free page', ({ arena }) => add(arena, Header.zoneFreeCount, -1), ({ arena }) => checkCounts(arena), ['I-QUIET']],
  [
    'a device entry of another page',
    ({ arena, task, mirror, pfn }) => run(setDeviceEntry(task, mirror, AT, mkDeviceEntry(pfn + 1, 0))) ?? arena,
    ({ arena }) => checkMirrors(arena),
    ['I-STALE'],
  ],
  [
    'a device entry where nothing is mapped',
    ({ arena, pte }) => store(arena, pte(AT), 0),
    ({ arena }) => checkMirrors(arena),
    ['I-STALE'],
  ],
  [
    'a writable device entry of a read-only page',
    ({ arena, pte }) => store(arena, pte(AT), get(arena, pte(AT)) & ~PTE_WRITE),
    ({ arena }) => checkMirrors(arena),
    ['I-PERM'],
  ],
  [
    'an atomic device entry of a page the CPU reaches',
    ({ task, mirror, pfn }) => run(setDeviceEntry(task, mirror, AT, mkDeviceEntry(pfn, DEV_ATOMIC))),
    ({ arena }) => checkMirrors(arena),
    ['I-EXCL'],
  ],
  [
    'an open bracket',
    ({ arena, task, mm }) => set(arena, subscriptionsOf(task, mm) + Subscriptions.active, 1),
    ({ arena }) => checkNotifiers(arena),
    ['I-PAIR'],
  ],
  [
    'an odd sequence',
    ({ arena, task, mm }) => add(arena, subscriptionsOf(task, mm) + Subscriptions.invalidateSeq, 1),
    ({ arena }) => checkNotifiers(arena),
    ['I-SEQ'],
  ],
  [
    'a sleeper nobody will wake',
    ({ arena, task, mm }) => add(arena, subscriptionsOf(task, mm) + Subscriptions.waiters, 1),
    ({ arena }) => checkNotifiers(arena),
    ['I-DEAD'],
  ],
  ['an SRCU section', ({ arena }) => add(arena, Header.srcuReaders, 1), ({ arena }) => checkNotifiers(arena), ['I-PAIR']],
  [
    'a held lock',
    ({ arena, task }) => set(arena, task.actor + Actor.heldMask, 2),
    ({ arena }) => checkLocksFree(arena),
    ['I-LOCK'],
  ],
];

const everything = ({ arena }: Scene): Finding[] => [
  ...checkCounts(arena),
  ...checkMirrors(arena),
  ...checkNotifiers(arena),
  ...checkLocksFree(arena),
];

test('the oracles say nothing about a machine that is right', () => {
  assert.deepEqual(everything(scene()), []);
});

for (const [what, sabotage, oracle, expected] of sabotages) {
  test(`an oracle sees ${what}`, () => {
    const s = scene();
    sabotage(s);
    assert.deepEqual(rules(oracle(s)), [...expected]);
  });
}

test('the check at driver unlock throws what the quiescent one reports', () => {
  const { arena, task, mirror, pte } = scene();
  checkInstalled(task, mirror, AT, AT + 2);
  assert.equal(deviceEntry(arena, mirror, AT) & DEV_WRITE, DEV_WRITE);
  store(arena, pte(AT), 0);
  assert.throws(() => checkInstalled(task, mirror, AT, AT + 2), { rule: 'I-STALE' });
  checkInstalled(task, mirror, AT + 1, AT + 2);
});

test('hmm_range_fault has what it was asked for, or says that it has not', () => {
  const { arena, task, pte } = scene();
  const system = ptePfn(get(arena, pte(AT)));
  const own = arena.config.systemPages;
  const range = [AT, AT + 2] as const;
  const both = HMM_PFN_REQ_FAULT | HMM_PFN_REQ_WRITE;
  const words = (second: number): Int32Array => Int32Array.of(HMM_PFN_VALID | HMM_PFN_WRITE | system, second);
  checkAnswered(task, range, words(HMM_PFN_VALID | system), HMM_PFN_REQ_FAULT);
  // Its sharing is broken by the driver, if at all.
  checkAnswered(task, range, words(HMM_PFN_VALID | own), both);
  checkAnswered(task, range, words(0), 0);
  for (const [second, flags] of [
    [0, HMM_PFN_REQ_FAULT],
    [HMM_PFN_ERROR, HMM_PFN_REQ_FAULT],
    [HMM_PFN_VALID | system, both],
  ] as const)
    assert.throws(() => checkAnswered(task, range, words(second), flags), {
      rule: 'I-OUT',
      message: new RegExp(`page ${AT + 1}`),
    });
});

test('what is left over is named', () => {
  const { arena } = machine();
  assert.deepEqual(rules(checkLeaks(arena)), ['I-QUIET'], 'the mm is still there');
  const { arena: other, task, mm } = machine();
  run(mmapAnonymous(task, mm, AT, 1));
  run(cpuStore(task, mm, AT, 0, 1));
  assert.ok(checkLeaks(other).some(({ message }) => /pages were never freed/.test(message)));
  poolAlloc(other, other.pools.interval);
  assert.ok(checkLeaks(other).some(({ message }) => /1 intervalSub objects are left/.test(message)));
  assert.ok(handleOf(other, other.pools.mm, mm) > 0);
});

test('the ledger: a read is as new as what was acknowledged, and no newer than what was begun', () => {
  const ledger = new Ledger(2, 2);
  const expected = ledger.expect(0, 1);
  const first = ledger.beginWrite(0, 1);
  assert.equal(ledger.objection(0, 1, 0, expected), null, 'the write may not have landed');
  assert.equal(ledger.objection(0, 1, 1, expected), null, 'or it may');
  assert.notEqual(ledger.objection(0, 1, 2, expected), null, 'nobody began that');
  ledger.acknowledge(0, 1, first);
  assert.notEqual(ledger.objection(0, 1, 0, ledger.expect(0, 1)), null, 'a lost update');
  assert.equal(ledger.objection(0, 1, 0, expected), null, 'but an older reader may still see the old value');
});

test('the ledger: a discard allows zero, and only to what was written before it ended', () => {
  const ledger = new Ledger(1, 1);
  ledger.acknowledge(0, 0, ledger.beginWrite(0, 0));
  const before = ledger.expect(0, 0);
  assert.notEqual(ledger.objection(0, 0, 0, before), null);
  ledger.beginDiscard(0, 1);
  assert.equal(ledger.objection(0, 0, 0, before), null);
  ledger.endDiscard(0, 1);
  assert.equal(ledger.objection(0, 0, 0, ledger.expect(0, 0)), null);
  ledger.acknowledge(0, 0, ledger.beginWrite(0, 0));
  assert.notEqual(ledger.objection(0, 0, 0, ledger.expect(0, 0)), null, 'written after the discard');
  assert.notEqual(ledger.objection(0, 0, 1, ledger.expect(0, 0)), null, 'stale data is not what a discard leaves');
});

test('at rest: slots and counters', () => {
  const { arena, task, mm } = machine({ frameWords: 64 });
  run(mmapAnonymous(task, mm, AT, 2));
  const ledger = new Ledger(2, 2);
  assert.deepEqual(checkData(arena, mm, AT, ledger, 1), []);
  const write = ledger.beginWrite(0, 0);
  run(cpuStore(task, mm, AT, 0, write.value));
  ledger.acknowledge(0, 0, write);
  run(cpuStore(task, mm, AT, counterSlot(2), 1));
  ledger.counted(0);
  assert.deepEqual(checkData(arena, mm, AT, ledger, 1), []);
  ledger.counted(0);
  assert.deepEqual(rules(checkData(arena, mm, AT, ledger, 1)), ['I-LOST']);
  run(cpuStore(task, mm, AT, 0, 0));
  assert.deepEqual(rules(checkData(arena, mm, AT, ledger, 1)), ['I-DATA', 'I-LOST']);
});
