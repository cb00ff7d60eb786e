/**
 * Parts of a list of tasks. Whoever shares out a long job among machines gives each of them one part; they need to know nothing of each
 * other, and what they found is joined afterwards.
 */
import { type Naming, shown } from './options.ts';
import { UsageError } from './usageError.ts';

/** Part i of n, from 1: `[2, 4]`. */
export type Shard = readonly [number, number];

/** Which part a report is of: none in one of the whole. */
export interface Part {
  readonly shard: Shard;
  /** Names of the tasks of the part, in their order. */
  readonly tasks: readonly string[];
}

/** @throws UsageError for what is no part. */
export function checkShard(shard: readonly unknown[], name: Naming): asserts shard is Shard {
  const [i, n] = shard;
  const isPart = Number.isInteger(i) && Number.isInteger(n) && (i as number) >= 1 && (i as number) <= (n as number);
  if (shard.length !== 2 || !isPart)
    throw new UsageError(`${name('shard')} is ${shown(shard.join('/'))}, allowed is I/N with I from 1 to N, such as 2/4`);
}

/** The tasks of a part: every n-th, so that the slow ones, which mostly stand together, are spread. The first one has the number `from`. */
export const tasksOf = <T>(all: readonly T[], [i, n]: Shard, from = 0): T[] => all.filter((_, at) => (from + at) % n === i - 1);

/** The place of each task in the whole list, from all of its parts. */
export function placesOf(parts: readonly Part[]): ReadonlyMap<string, number> {
  const places = new Map<string, number>();
  for (const { shard, tasks } of parts) {
    const [i, n] = shard;
    for (const [at, task] of tasks.entries()) places.set(task, at * n + i - 1);
  }
  return places;
}
