/**
 * Lock discipline: a word that structures.ts declares as guarded changes only while the actor that writes it holds the lock, and so does
 * an entry of a CPU page table. The lock of a list, tree or count may be missing without any harm that shows in a search; the write shows
 * it at once.
 */
import type { Arena } from '../arena/arena.ts';
import { POISON, PTRS_PER_TABLE } from '../arena/config.ts';
import type { Shape } from '../arena/layout.ts';
import {
  Actor,
  AddressSpace,
  AnonVma,
  ClassicSub,
  Header,
  IntervalSub,
  Mm,
  Pgmap,
  Resource,
  Subscriptions,
  Vma,
} from '../arena/structures.ts';
import type { Word } from '../arena/units.ts';
import { Violation } from '../arena/violation.ts';
import { wordName } from '../arena/wordName.ts';
import { PTE_DIRTY, PTE_YOUNG, ptePresent, pteTable } from '../mm/table/pte.ts';
import { VM_MAYBE_GUARD } from '../mm/vma/vma.ts';
import { lockOwner } from '../sync/spinlock.ts';

/** Hears of accesses while they are made, with the number of the actor. */
export interface GuardCheck {
  /** @throws Violation I-LOCK when the actor does not hold the lock that guards what it looks at. */
  readonly reads: (actor: number, word: Word) => void;
  /** The same, before the word changes to `value`. */
  readonly writes: (actor: number, word: Word, value: number) => void;
}

/** A lock: its word, and whether it is a semaphore, which has to be held for writing. Null: nobody else can know the object. */
type Lock = { readonly name: string; readonly word: Word; readonly isRwsem: boolean } | null;

/** The lock of an object of a structure, by the name that the fields declare. */
type LockOf = (at: Word) => Lock;

export function guardCheck(arena: Arena): GuardCheck {
  const { words, pools, config } = arena;
  const at = (word: Word): number => words[word] as number;
  const spin = (name: string, word: Word): Lock => ({ name, word, isRwsem: false });
  const rwsem = (name: string, word: Word): Lock => ({ name, word, isRwsem: true });

  /** Address of the live object of a handle, 0 where there is none. */
  const object = (pool: { readonly base: Word; readonly size: number }, handle: number): Word => {
    const address = pool.base + ((handle & 0xffff) - 1) * pool.size;
    return handle > 0 && at(address) === handle ? address : 0;
  };
  const ofMm = (mm: Word): Lock => (mm === 0 ? null : rwsem('mmapLock', mm + Mm.mmapLock));
  const ofSubscriptions = (handle: number): Lock => {
    const mm = object(pools.mm, handle);
    const subscriptions = mm === 0 ? 0 : object(pools.subscriptions, at(mm + Mm.subscriptions));
    return subscriptions === 0 ? null : spin('subscriptions.lock', subscriptions + Subscriptions.lock);
  };
  const isIntervalKnown = (sub: Word): boolean => at(sub + IntervalSub.inTree) !== 0 || at(sub + IntervalSub.onDeferred) !== 0;

  const locks: readonly (readonly [Shape, Readonly<Record<string, LockOf>>])[] = [
    [Header.shape, { resourceLock: () => spin('resourceLock', Header.resourceLock) }],
    [Mm.shape, { mmapLock: ofMm }],
    [
      Vma.shape,
      {
        mmapLock: (vma) => ofMm(object(pools.mm, at(vma + Vma.mm))),
        'anonVma.lock': (vma) => {
          const anonVma = object(pools.anonVma, at(vma + Vma.anonVma));
          return anonVma === 0 ? null : rwsem('anonVma.lock', anonVma + AnonVma.lock);
        },
        'addressSpace.lock': (vma) => {
          const mapping = object(pools.addressSpace, at(vma + Vma.mapping));
          return mapping === 0 ? null : rwsem('addressSpace.lock', mapping + AddressSpace.lock);
        },
      },
    ],
    [AnonVma.shape, { lock: (anonVma) => rwsem('anonVma.lock', anonVma + AnonVma.lock) }],
    [
      AddressSpace.shape,
      {
        lock: (mapping) => rwsem('addressSpace.lock', mapping + AddressSpace.lock),
        pagesLock: (mapping) => spin('addressSpace.pagesLock', mapping + AddressSpace.pagesLock),
      },
    ],
    [Subscriptions.shape, { lock: (subs) => spin('subscriptions.lock', subs + Subscriptions.lock) }],
    [
      IntervalSub.shape,
      { 'subscriptions.lock': (sub) => (isIntervalKnown(sub) ? ofSubscriptions(at(sub + IntervalSub.mm)) : null) },
    ],
    [
      ClassicSub.shape,
      { 'subscriptions.lock': (sub) => (at(sub + ClassicSub.linked) === 0 ? null : ofSubscriptions(at(sub + ClassicSub.mm))) },
    ],
    [Pgmap.shape, { lock: (pgmap) => spin('pgmap.lock', pgmap + Pgmap.lock) }],
    [Resource.shape, { resourceLock: () => spin('resourceLock', Header.resourceLock) }],
  ];

  // What guards each word: a place in `guards`, 0 for nothing that is checked here.
  const guards: { readonly base: Word; readonly size: number; readonly lockOf: LockOf }[] = [
    { base: 0, size: 0, lockOf: () => null },
  ];
  const guardOf = new Uint8Array(words.length);
  for (const [{ name, fields }, known] of locks) {
    const pool = Object.values(pools).find((one) => one.name === name) ?? { base: 0, size: Header.shape.size, count: 1 };
    let offset = 0;
    for (const { words: length, lock } of Object.values(fields)) {
      const lockOf = lock === undefined ? undefined : known[lock];
      if (lockOf !== undefined) {
        const number = guards.push({ base: pool.base, size: pool.size, lockOf }) - 1;
        for (let i = 0; i < pool.count; i++)
          guardOf.fill(number, pool.base + i * pool.size + offset, pool.base + i * pool.size + offset + length);
      }
      offset += length;
    }
  }

  // A list or a count may be looked at without its lock by who looks again; nobody finds a VMA without mmap_lock.
  const isRoot = new Uint8Array(words.length);
  for (let i = 0; i < pools.mm.count; i++) isRoot[pools.mm.base + i * pools.mm.size + Mm.vmaRoot] = 1;

  const isFlags = new Uint8Array(words.length);
  for (let i = 0; i < pools.vma.count; i++) isFlags[pools.vma.base + i * pools.vma.size + Vma.flags] = 1;

  const holds = (actor: number, { word, isRwsem }: NonNullable<Lock>): boolean =>
    isRwsem ? at(word + 1) === actor + 1 : lockOwner(at(word)) === actor;

  /** Holds it in any way: for reading leaves no trace in the lock. */
  const lists = (actor: number, { word }: NonNullable<Lock>): boolean => {
    const record = arena.actors + actor * Actor.shape.size;
    for (let i = 0; i < at(record + Actor.heldCount); i++) if (at(record + Actor.held + 2 * i) === word) return true;
    return false;
  };

  const complain = (actor: number, does: string, word: Word, { name }: NonNullable<Lock>): never => {
    const named = wordName(arena, word);
    const field = named === null || named.field === '' ? '' : `, ${named.field},`;
    throw new Violation(
      'I-LOCK',
      `actor ${actor} ${does} ${named?.owner ?? 'word'} ${named?.number ?? word}${field} without ${name}`,
    );
  };

  const demand = (actor: number, word: Word, lock: Lock): void => {
    if (lock === null || holds(actor, lock)) return;
    complain(actor, 'changes', word, lock);
  };

  const entries = (table: number): Word => arena.tables + table * PTRS_PER_TABLE;

  /** The lock of a table that is in the page table of a process: of its entries, or of those that lead to other tables. */
  const tableLock = (table: number): Lock => {
    for (let i = 0; i < pools.mm.count; i++) {
      const mm = pools.mm.base + i * pools.mm.size;
      // Without users and VMAs it is being taken down: its tables may be another one's by now.
      if (at(mm) <= 0 || (at(mm + Mm.users) === 0 && at(mm + Mm.vmaRoot) === 0)) continue;
      const root = at(mm + Mm.pgd);
      const upper = spin('pageTableLock', mm + Mm.pageTableLock);
      if (root === table) return upper;
      for (let j = entries(root); j < entries(root + 1); j++) {
        if (!ptePresent(at(j))) continue;
        const middle = pteTable(at(j));
        if (middle === table) return upper;
        for (let k = entries(middle); k < entries(middle + 1); k++)
          if (ptePresent(at(k)) && pteTable(at(k)) === table) return spin('ptl', arena.table.lock + table);
      }
    }
    return null;
  };

  const firstEntry = arena.tables;
  const endOfEntries = firstEntry + config.tables * PTRS_PER_TABLE;

  const reads = (actor: number, word: Word): void => {
    if (isRoot[word] !== 1) return;
    const lock = ofMm(word - Mm.vmaRoot);
    if (lock !== null && !lists(actor, lock)) complain(actor, 'walks', word, lock);
  };

  const writes = (actor: number, word: Word, value: number): void => {
    const old = at(word);
    if (word < 0 || value === old || value === POISON) return;
    if (word >= firstEntry && word < endOfEntries) {
      // The hardware marks an entry that is present without asking anybody.
      const isMark = ptePresent(old) && ((old ^ value) & ~(PTE_DIRTY | PTE_YOUNG)) === 0;
      if (!isMark) demand(actor, word, tableLock(Math.floor((word - firstEntry) / PTRS_PER_TABLE)));
      return;
    }
    const number = guardOf[word] ?? 0;
    if (number === 0) return;
    const { base, size, lockOf } = guards[number] as (typeof guards)[number];
    const object = base + Math.floor((word - base) / size) * size;
    // An object that is made or freed has no handle yet, or none any more.
    if (base !== 0 && at(object) <= 0) return;
    const lock = lockOf(object);
    // One flag of a VMA is set by an atomic operation, for which mmap_lock for reading is enough (vma_set_atomic_flag).
    if (isFlags[word] === 1 && value === (old | VM_MAYBE_GUARD) && lock !== null && lists(actor, lock)) return;
    demand(actor, word, lock);
  };

  return { reads, writes };
}
