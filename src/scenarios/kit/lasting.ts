/**
 * Objects that are there as long as an arena, and never change once the actors run: a machine, an operation of a program. An explorer
 * need not look into them: a variable that holds one holds the one that it is.
 */
import type { Arena } from '../../arena/arena.ts';

const known = new WeakMap<Arena, Map<object, number>>();

/** Notes that the object lasts. Returns it. */
export function lasts<T extends object>(arena: Arena, object: T): T {
  const ofArena = known.get(arena) ?? new Map<object, number>();
  known.set(arena, ofArena);
  ofArena.set(object, ofArena.get(object) ?? ofArena.size);
  return object;
}

/** Number of the object among those of the arena, in the order in which they were noted; undefined if it is none of them. */
export const lastingNumber = (arena: Arena, object: object): number | undefined => known.get(arena)?.get(object);
