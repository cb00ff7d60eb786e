/** Random programs, one after another, on which the explorer and the reference must agree. */
import fc from 'fast-check';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { programs } from './arbitrary.ts';
import { type Compared, compare } from './compare.ts';
import type { Program } from './program.ts';

export interface FuzzOptions {
  readonly programs: number;
  readonly seed: number;
  /** Number of the first program. */
  readonly from: number;
  /** Stop after so many programs on which there is no agreement. Default 1. */
  readonly most?: number;
  /** Make such a program smaller. Default true. */
  readonly shrinks?: boolean;
  /** One program in so many is compared in every way there is. Default {@link THOROUGH}. */
  readonly thorough?: number;
}

export interface Disagreement {
  /** Number of the program. */
  readonly number: number;
  readonly sentence: string;
  /** The program made smaller, and what there is to say about that. */
  readonly smaller: string;
  readonly program: Program;
}

export interface FuzzResult {
  /** Programs compared. */
  readonly programs: number;
  /** Of those: all states were met; and no rule can be broken. */
  readonly exhausted: number;
  readonly clean: number;
  /** States that the reference has met. */
  readonly states: number;
  /** Programs by the rules that can be broken in them, and by the ways not to get on. */
  readonly found: Readonly<Record<string, number>>;
  readonly disagreements: readonly Disagreement[];
  readonly seconds: number;
  readonly interrupted: boolean;
}

export interface FuzzHooks {
  readonly onProgress?: (done: FuzzResult) => void;
  readonly signal?: AbortSignal;
}

/** The ways beside those that every program is compared in take six times as long as these. */
export const THOROUGH = 4;

/** Most programs that are tried to make one smaller, and the longest time it may take. */
const MOST_TRIES = 3000;
const SHRINK_MS = 60_000;

/** Time between two looks at the signal, and between two reports of progress. */
const BREATH_MS = 50;
const PROGRESS_MS = 2000;

/** Spreads a seed and a number over 32 bits; for one seed no two numbers meet. */
function spread(seed: number, number: number): number {
  let h = Math.imul(number ^ Math.imul(seed, 0x9e3779b1), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0xc2b2ae35);
  return h ^ (h >>> 13);
}

const generated = (seed: number, number: number): fc.Value<Program> =>
  programs.generate(new fc.Random(xoroshiro128plus(spread(seed, number))), undefined);

export const programAt = (seed: number, number: number): Program => generated(seed, number).value_;

/** The smallest that fast-check comes to, of the programs on which there is no agreement. */
function smallest(value: fc.Value<Program>, first: Compared, thorough: boolean): { program: Program; sentence: string } {
  const until = performance.now() + SHRINK_MS;
  let [best, sentence, tries] = [value, first.disagreement ?? '', 0];
  for (let again = true; again; ) {
    again = false;
    for (const next of programs.shrink(best.value_, best.context)) {
      if (++tries > MOST_TRIES || performance.now() > until) break;
      const { disagreement } = compare(next.value_, thorough);
      if (disagreement === null) continue;
      [best, sentence, again] = [next, disagreement, true];
      break;
    }
  }
  return { program: best.value_, sentence };
}

export async function fuzz(options: FuzzOptions, { onProgress, signal }: FuzzHooks = {}): Promise<FuzzResult> {
  const { programs: wanted, seed, from, most = 1, shrinks = true, thorough = THOROUGH } = options;
  const began = performance.now();
  const found: Record<string, number> = {};
  const disagreements: Disagreement[] = [];
  let [done, exhausted, clean, states] = [0, 0, 0, 0];
  let [breath, told] = [began, began];
  const result = (): FuzzResult => ({
    programs: done,
    exhausted,
    clean,
    states,
    found,
    disagreements,
    seconds: (performance.now() - began) / 1000,
    interrupted: signal?.aborted ?? false,
  });
  while (done < wanted && disagreements.length < most && !signal?.aborted) {
    const number = from + done;
    const value = generated(seed, number);
    const isThorough = number % thorough === 0;
    const compared = compare(value.value_, isThorough);
    done++;
    states += compared.states;
    if (compared.exhausted) exhausted++;
    if (compared.exhausted && compared.found.length === 0) clean++;
    for (const name of compared.found) found[name] = (found[name] ?? 0) + 1;
    if (compared.disagreement !== null) {
      const { program, sentence } = shrinks
        ? smallest(value, compared, isThorough)
        : { program: value.value_, sentence: compared.disagreement };
      disagreements.push({ number, sentence: compared.disagreement, smaller: sentence, program });
    }
    const now = performance.now();
    if (now - breath < BREATH_MS) continue;
    breath = now;
    if (now - told >= PROGRESS_MS) onProgress?.(result());
    if (now - told >= PROGRESS_MS) told = now;
    await new Promise((resume) => setImmediate(resume));
  }
  return result();
}
