/** What a word of the arena is: its field as declared in arena/structures.ts, and how it is protected. */
import type { Arena } from '../../../arena/arena.ts';
import { LOCK_CLASSES } from '../../../arena/config.ts';
import { Actor } from '../../../arena/structures.ts';
import { wordName } from '../../../arena/wordName.ts';

export interface WordName {
  /** `subscriptions.invalidateSeq`, `page.flags`, `table entry`. */
  readonly field: string;
  /** Name of the guarding lock, where one is declared. */
  readonly lock?: string;
}

/** Name of a word, whichever of its kind it is; a number below zero is a frame word. */
export function nameOfWord(arena: Arena, word: number): WordName {
  const known = wordName(arena, word);
  if (known === null) return { field: `word ${word}` };
  const { owner, field, lock } = known;
  return { field: field === '' ? owner : `${owner}.${field}`, ...(lock === undefined ? {} : { lock }) };
}

/** Is the word one that an actor keeps for itself, or a note for the checks: no other actor's behaviour depends on it. */
export function isPrivate(arena: Arena): (word: number) => boolean {
  const { actors, config, lockOrder } = arena;
  const size = Actor.shape.size;
  const kept = [Actor.access, Actor.access + 1, Actor.tlbLive, Actor.tlbLive + 1, Actor.signal];
  return (word) =>
    (word >= actors && word < actors + config.actors * size && !kept.includes((word - actors) % size)) ||
    (word >= lockOrder && word < lockOrder + LOCK_CLASSES);
}
