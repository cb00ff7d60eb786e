/** What would be, for a check: it may change the machine, and nothing of that is there afterwards. */
import { type Memory, useMemory } from '../../arena/access.ts';
import { Actor } from '../../arena/structures.ts';
import type { Task } from '../../sync/task.ts';

/** The words as they are, past whoever looks on. */
export interface RawWords {
  readonly words: Int32Array;
  readonly frames: Int32Array;
}

/**
 * Runs an action of a task whose writes go to nobody else. An explorer is told of the words that it reads, but for those of the record
 * of the task, which is nobody's state. `raw` are the words themselves, which the arena shows a check in another guise.
 */
export function asIf<T>({ actor }: Task, raw: RawWords, action: () => T): T {
  const written = new Map<number, number>();
  const below = useMemory(null);
  const isOwn = (word: number): boolean => word >= actor && word < actor + Actor.shape.size;
  const at = (word: number): number => (word < 0 ? raw.frames[~word] : raw.words[word]) as number;
  const read = (word: number): number => written.get(word) ?? (below === null || isOwn(word) ? at(word) : below.read(word));
  const memory: Memory = {
    read,
    write: (word, value) => void written.set(word, value),
    increase: (word, by) => void written.set(word, (read(word) + by) | 0),
    namesOwner() {},
    acquired() {},
    overActors: (begins) => below?.overActors(begins),
    wake() {},
    mark: () => null,
    rewind() {},
    restart() {},
  };
  useMemory(memory);
  try {
    return action();
  } finally {
    useMemory(below);
  }
}
