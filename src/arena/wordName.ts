/** What a word of the arena is called: the structure or array it belongs to, and its field. For messages. */
import type { Arena } from './arena.ts';
import { PTRS_PER_TABLE } from './config.ts';
import type { Field, Protection, Shape } from './layout.ts';
import {
  Actor,
  AddressSpace,
  AnonVma,
  ClassicSub,
  DriverObject,
  Header,
  IntervalSub,
  Mirror,
  Mm,
  Pgmap,
  pageFields,
  Subscriptions,
  swapFields,
  tableFields,
  Userfaultfd,
  Vma,
} from './structures.ts';

export interface WordName {
  /** `vma 1: flags`, `page 14: refcount`. */
  readonly name: string;
  readonly protection: Protection;
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
].map(({ shape }) => shape);

/** The field of a structure at an offset in words. */
function fieldAt(what: string, { fields }: Shape, offset: number): WordName | null {
  let end = 0;
  for (const [name, { words, protection }] of Object.entries(fields)) {
    const place = words === 1 ? '' : `[${offset - end}]`;
    end += words;
    if (offset < end) return { name: `${what}: ${name}${place}`, protection };
  }
  return null;
}

/** A word of one of the arrays, which have `count` elements each. */
function inArrays(
  what: string,
  fields: Readonly<Record<string, Field>>,
  arrays: Readonly<Record<string, number>>,
  count: number,
  word: number,
): WordName | null {
  for (const [name, first] of Object.entries(arrays)) {
    const i = word - first;
    if (i >= 0 && i < count) return { name: `${what} ${i}: ${name}`, protection: fields[name]?.protection ?? 'atomic' };
  }
  return null;
}

/** Word numbers below zero are those of page frames, `~at`. Null for a word that belongs to nothing. */
export function wordName(arena: Arena, word: number): WordName | null {
  const { config, page, table, swap, pools } = arena;
  if (word < 0)
    return { name: `page ${Math.floor(~word / arena.frameWords)}: word ${~word % arena.frameWords}`, protection: 'atomic' };
  if (word < Header.shape.size) return fieldAt('the machine', Header.shape, word);
  const record = word - arena.actors;
  if (record >= 0 && record < config.actors * Actor.shape.size)
    return fieldAt(`actor ${Math.floor(record / Actor.shape.size)}`, Actor.shape, record % Actor.shape.size);
  const entry = word - arena.tables;
  if (entry >= 0 && entry < config.tables * PTRS_PER_TABLE)
    return { name: `page table ${Math.floor(entry / PTRS_PER_TABLE)}: entry ${entry % PTRS_PER_TABLE}`, protection: 'atomic' };
  for (const pool of Object.values(pools)) {
    const at = word - pool.base;
    const shape = shapes.find(({ name }) => name === pool.name);
    if (at >= 0 && at < pool.count * pool.size && shape !== undefined)
      return fieldAt(`${pool.name} ${Math.floor(at / pool.size) + 1}`, shape, at % pool.size);
  }
  return (
    inArrays('page', pageFields, page, arena.pageCount, word) ??
    inArrays('page table', tableFields, table, config.tables, word) ??
    inArrays('swap slot', swapFields, swap, config.swapSlots, word)
  );
}
