/**
 * What is over comes first. An operation that begins when another one has ended finds what that one has left: of the interleavings on ideal
 * memory only those count in which it comes later. This is what tells a stale translation, or a stale copy, from a value of before.
 */
import { load, store } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Actor } from '../../arena/structures.ts';
import { type Allowed, allowed, type MayFail, type PageOutcomes } from '../../programs/allowed.ts';
import type { Operation } from '../../programs/operation.ts';
import type { Program } from '../../programs/program.ts';
import type { Task } from '../../sync/task.ts';

/** What an operation may find, by how many operations of other columns were over when it began. */
export interface ByTime {
  /** Columns for which it makes a difference, and what each operation of theirs that is over adds to the number of the case. */
  readonly ends: readonly (readonly [column: number, factor: number])[];
  /** By case. */
  readonly pages: readonly PageOutcomes[];
}

/** Of each operation, by column and place; null where it makes no difference, or there is too much to be told apart. */
export type Times = readonly (readonly (ByTime | null)[])[];

/** Combinations of ends that are told apart. */
const MOST = 32;

const sameOutcomes = (one: PageOutcomes, other: PageOutcomes): boolean =>
  one.every((outcomes, i) => outcomes.size === other[i]?.size && [...outcomes].every((outcome) => other[i]?.has(outcome)));

/** `base` is what may be found whatever is over. */
export function timesOf(program: Program, gone: ReadonlySet<Operation>, mayFail: MayFail, base: Allowed): Times {
  const { columns } = program;
  const lengths = columns.map(({ operations }) => operations.length);
  return columns.map(({ operations }, column) =>
    operations.map((_, place) => {
      const usual = base.columns[column]?.[place] as PageOutcomes;
      if (usual.length === 0 || usual.every((outcomes) => outcomes.size < 2)) return null;
      const after = (over: ReadonlyMap<number, number>): PageOutcomes | undefined =>
        allowed(program, gone, mayFail, { column, place, over })?.columns[column]?.[place];
      const matter = columns
        .map((__, other) => other)
        .filter((other) => other !== column)
        .filter((other) => !sameOutcomes(usual, after(new Map([[other, lengths[other] as number]])) ?? usual));
      if (matter.length === 0) return null;
      let cases = 1;
      const ends = matter.map((other): readonly [number, number] => {
        const factor = cases;
        cases *= (lengths[other] as number) + 1;
        return [other, factor];
      });
      if (cases > MOST) return null;
      const overIn = (number: number): ReadonlyMap<number, number> =>
        new Map(ends.map(([other, factor]) => [other, Math.floor(number / factor) % ((lengths[other] as number) + 1)]));
      return { ends, pages: Array.from({ length: cases }, (__, number) => after(overIn(number)) ?? usual) };
    }),
  );
}

const actorAt = ({ actors }: Arena, column: number): number => actors + column * Actor.shape.size;

/** Which case it is now. */
export function caseNow(arena: Arena, { ends }: ByTime): number {
  let number = 0;
  for (const [column, factor] of ends) number += factor * load(arena, actorAt(arena, column) + Actor.progress);
  return number;
}

/** Columns whose ends somebody asks for. */
export const askedFor = (times: Times): ReadonlySet<number> =>
  new Set(times.flat().flatMap((one) => one?.ends.map(([column]) => column) ?? []));

/** One more operation of the task's is over. */
export function noteOver({ arena, actor }: Task): void {
  store(arena, actor + Actor.progress, load(arena, actor + Actor.progress) + 1);
}
