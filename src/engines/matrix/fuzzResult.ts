/** What fuzzing has come to, and how far it has. */
import type { Part } from '../../input/shard.ts';
import type { ExploreFailure } from '../explore/failure/report.ts';

/** A program that breaks a rule. */
export interface FuzzFind {
  /** Of the program that was drawn. */
  readonly number: number;
  readonly program: string;
  /** As small as it could be made so that it breaks the same rule. */
  readonly smallest: string;
  readonly failure: Pick<ExploreFailure, 'oracle' | 'message' | 'preemptions' | 'token' | 'program'>;
  /** Others that came to the same smallest program. */
  readonly times: number;
}

export interface FuzzCounts {
  /** Programs that were looked at; those that were proved, and those that cannot be set up. */
  readonly programs: number;
  readonly proved: number;
  readonly misfits: number;
  readonly states: number;
}

/** What is known beside the finds. */
interface FuzzFacts extends FuzzCounts {
  readonly seconds: number;
  readonly workers: number;
  readonly interrupted: boolean;
}

export interface FuzzResult extends FuzzFacts {
  readonly verdict: 'violation' | 'clean';
  /** In the order of their programs. */
  readonly finds: readonly FuzzFind[];
  /** Pairs of points that actors have stood at, at the same time. */
  readonly pairs: number;
  /** Which part of the blocks it is, with the numbers of their first programs; null for all of them. */
  readonly part: Part | null;
  /** Of a part: the pairs themselves, a bit each, in base64; they are joined with those of the others. */
  readonly met: string | null;
}

export interface FuzzProgress {
  readonly elapsedSeconds: number;
  readonly done: number;
  readonly total: number;
  readonly proved: number;
  readonly finds: number;
  readonly pairs: number;
  readonly doing: string;
}

/** Each smallest program once, as it was found first. */
function distinctFinds(all: readonly FuzzFind[]): FuzzFind[] {
  const finds = new Map<string, FuzzFind>();
  for (const find of [...all].sort((a, b) => a.number - b.number)) {
    const known = finds.get(find.smallest);
    finds.set(find.smallest, known === undefined ? find : { ...known, times: known.times + find.times });
  }
  return [...finds.values()];
}

/** Numbers as bits. */
function packed(numbers: ReadonlySet<number>): string {
  const bits = new Uint8Array(numbers.size === 0 ? 0 : (Math.max(...numbers) >> 3) + 1);
  for (const number of numbers) bits[number >> 3] = (bits[number >> 3] as number) | (1 << (number & 7));
  return Buffer.from(bits).toString('base64');
}

function unpacked(text: string): number[] {
  const bits = Buffer.from(text, 'base64');
  return Array.from({ length: bits.length * 8 }, (_, i) => i).filter((i) => ((bits[i >> 3] as number) >> (i & 7)) & 1);
}

export function fuzzResult(
  all: readonly FuzzFind[],
  met: ReadonlySet<number>,
  { part, ...facts }: FuzzFacts & Pick<FuzzResult, 'part'>,
): FuzzResult {
  const finds = distinctFinds(all);
  const verdict = finds.length > 0 ? 'violation' : 'clean';
  return { verdict, finds, ...facts, pairs: met.size, part, met: part === null ? null : packed(met) };
}

/** What the parts have come to together: what they would have come to in one process, but for the times. */
export function joinedFuzz(results: readonly FuzzResult[]): FuzzResult {
  const sum = (count: (result: FuzzResult) => number): number => results.reduce((all, result) => all + count(result), 0);
  const met = new Set(results.flatMap((result) => unpacked(result.met ?? '')));
  return fuzzResult(
    results.flatMap(({ finds }) => finds),
    met,
    {
      programs: sum(({ programs }) => programs),
      proved: sum(({ proved }) => proved),
      misfits: sum(({ misfits }) => misfits),
      states: sum(({ states }) => states),
      seconds: sum(({ seconds }) => seconds),
      workers: Math.max(...results.map(({ workers }) => workers)),
      interrupted: results.some(({ interrupted }) => interrupted),
      part: null,
    },
  );
}
