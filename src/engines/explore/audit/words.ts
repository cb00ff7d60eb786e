/** What a word of the arena is: its field as declared in arena/structures.ts, and how it is protected. */
import type { Arena } from '../../../arena/arena.ts';
import { LOCK_CLASSES, PTRS_PER_TABLE } from '../../../arena/config.ts';
import type { Field, Shape } from '../../../arena/layout.ts';
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
} from '../../../arena/structures.ts';

export interface WordName {
  /** `subscriptions.invalidateSeq`, `page.flags`, `table entry`. */
  readonly field: string;
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
].map(({ shape }) => shape);

const named = (owner: string, key: string, place: number, { words, lock }: Field): WordName => ({
  field: `${owner}.${key}${words > 1 ? `[${place}]` : ''}`,
  ...(lock === undefined ? {} : { lock }),
});

/** The field of a structure at this offset. */
function fieldAt({ name, fields }: Shape, offset: number): WordName {
  let at = 0;
  for (const [key, field] of Object.entries(fields)) {
    if (offset < at + field.words) return named(name, key, offset - at, field);
    at += field.words;
  }
  return { field: `${name}+${offset}` };
}

function arrayAt(
  owner: string,
  fields: Readonly<Record<string, Field>>,
  starts: Readonly<Record<string, number>>,
  count: number,
) {
  return (word: number): WordName | undefined => {
    const found = Object.entries(fields).find(
      ([key]) => word >= (starts[key] as number) && word < (starts[key] as number) + count,
    );
    return found === undefined ? undefined : named(owner, found[0], 0, found[1]);
  };
}

/** Name of a word; a number below zero is a frame word. */
export function nameOfWord(arena: Arena, word: number): WordName {
  const { config, pools, page, table, swap, actors, lockOrder, tables } = arena;
  if (word < 0) return { field: 'frame' };
  if (word < Header.shape.size) return fieldAt(Header.shape, word);
  if (word >= actors && word < actors + config.actors * Actor.shape.size)
    return fieldAt(Actor.shape, (word - actors) % Actor.shape.size);
  if (word >= lockOrder && word < lockOrder + LOCK_CLASSES) return { field: 'lockOrder' };
  for (const pool of Object.values(pools)) {
    if (word === pool.control) return { field: `${pool.name} pool` };
    if (word > pool.control && word < pool.base) return { field: `${pool.name} pool`, lock: 'pool lock' };
    const shape = shapes.find(({ name, size }) => name === pool.name && size === pool.size);
    if (word < pool.base || word >= pool.base + pool.size * pool.count || shape === undefined) continue;
    return fieldAt(shape, (word - pool.base) % pool.size);
  }
  if (word >= tables && word < tables + config.tables * PTRS_PER_TABLE) return { field: 'table entry' };
  return (
    arrayAt('page', pageFields, page, arena.pageCount)(word) ??
    arrayAt('table', tableFields, table, config.tables)(word) ??
    arrayAt('swap', swapFields, swap, config.swapSlots)(word) ?? { field: `word ${word}` }
  );
}

/** Is the word one that an actor keeps for itself, or a note for the checks: no other actor's behaviour depends on it. */
export function isPrivate(arena: Arena): (word: number) => boolean {
  const { actors, config, lockOrder } = arena;
  const size = Actor.shape.size;
  const kept = [Actor.window, Actor.window + 1, Actor.tlbGeneration, Actor.tlbGeneration + 1, Actor.signal];
  return (word) =>
    (word >= actors && word < actors + config.actors * size && !kept.includes((word - actors) % size)) ||
    (word >= lockOrder && word < lockOrder + LOCK_CLASSES);
}

/** The raw locks: whoever holds one comes to no point, so what is done under one is one access. */
export const rawLocks = ({ pools }: Arena): ReadonlySet<number> =>
  new Set([Header.zoneLock, Header.swapLock, Header.tableLock, ...Object.values(pools).map(({ control }) => control)]);
