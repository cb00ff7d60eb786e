/** What a word of the arena is: the structure or array it belongs to, and its field, as declared in structures.ts. For messages and checks. */
import type { Arena } from './arena.ts';
import { LOCK_CLASSES, PTRS_PER_TABLE } from './config.ts';
import type { Field, Protection, Shape } from './layout.ts';
import {
  Actor,
  AddressSpace,
  AnonVma,
  ClassicSub,
  Device,
  Devres,
  DriverObject,
  Header,
  IntervalSub,
  Memcg,
  Mirror,
  Mm,
  Pgmap,
  pageFields,
  Resource,
  Subscriptions,
  swapFields,
  tableFields,
  Userfaultfd,
  Vma,
} from './structures.ts';
import type { Word } from './units.ts';

export interface WordName {
  /** `vma`, `page`, `table entry`, `mm pool`. */
  readonly owner: string;
  /** Which of them: pooled objects count from 1, as handles do, and all others from 0. */
  readonly number: number;
  /** `flags`, `node[2]`; empty where the word is all there is. */
  readonly field: string;
  readonly protection: Protection;
  /** Name of the guarding lock, where one is declared. */
  readonly lock?: string;
}

const shapes: readonly Shape[] = [
  Mm,
  Vma,
  AnonVma,
  AddressSpace,
  Userfaultfd,
  Subscriptions,
  IntervalSub,
  ClassicSub,
  Pgmap,
  Mirror,
  DriverObject,
  Memcg,
  Resource,
  Device,
  Devres,
].map(({ shape }) => shape);

const named = (owner: string, number: number, key: string, place: number, { words, protection, lock }: Field): WordName => ({
  owner,
  number,
  field: words > 1 ? `${key}[${place}]` : key,
  protection,
  ...(lock === undefined ? {} : { lock }),
});

const plain = (owner: string, number: number, field = '', lock?: string): WordName => ({
  owner,
  number,
  field,
  protection: lock === undefined ? 'atomic' : 'guarded',
  ...(lock === undefined ? {} : { lock }),
});

/** The field of a structure at this offset. */
function fieldAt({ name, fields }: Shape, number: number, offset: number): WordName {
  let at = 0;
  for (const [key, field] of Object.entries(fields)) {
    if (offset < at + field.words) return named(name, number, key, offset - at, field);
    at += field.words;
  }
  return plain(name, number, `+${offset}`);
}

/** A word of one of the arrays, which have `count` elements each. */
function arrayAt(
  owner: string,
  fields: Readonly<Record<string, Field>>,
  starts: Readonly<Record<string, Word>>,
  count: number,
  word: Word,
): WordName | null {
  for (const [key, field] of Object.entries(fields)) {
    const number = word - (starts[key] as number);
    if (number >= 0 && number < count) return named(owner, number, key, 0, field);
  }
  return null;
}

/** Word numbers below zero are those of page frames, `~at`. Null for a word between the structures. */
export function wordName(arena: Arena, word: Word): WordName | null {
  const { config, pools, page, table, swap, actors, lockOrder, tables } = arena;
  if (word < 0) return plain('frame', Math.floor(~word / arena.frameWords));
  if (word < Header.shape.size) return fieldAt(Header.shape, 0, word);
  const record = word - actors;
  if (record >= 0 && record < config.actors * Actor.shape.size)
    return fieldAt(Actor.shape, Math.floor(record / Actor.shape.size), record % Actor.shape.size);
  if (word >= lockOrder && word < lockOrder + LOCK_CLASSES) return plain('lockOrder', word - lockOrder);
  for (const pool of Object.values(pools)) {
    if (word >= pool.control && word < pool.base)
      return plain(`${pool.name} pool`, 0, '', word === pool.control ? undefined : 'pool lock');
    const at = word - pool.base;
    const shape = shapes.find(({ name }) => name === pool.name);
    if (at >= 0 && at < pool.size * pool.count && shape !== undefined)
      return fieldAt(shape, Math.floor(at / pool.size) + 1, at % pool.size);
  }
  const entry = word - tables;
  if (entry >= 0 && entry < config.tables * PTRS_PER_TABLE) return plain('table entry', entry);
  return (
    arrayAt('page', pageFields, page, arena.pageCount, word) ??
    arrayAt('table', tableFields, table, config.tables, word) ??
    arrayAt('swap', swapFields, swap, config.swapSlots, word)
  );
}
