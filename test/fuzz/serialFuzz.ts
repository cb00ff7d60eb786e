/** Random programs about serial numbers: what the explorer says of them, to which states that differ only in how far they have counted are one, must be true. */
import fc from 'fast-check';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { searchBySerials } from '../../src/engines/explore/search/serialSearch.ts';
import { type SerialProgram, serialPrograms, without } from './serialProgram.ts';
import { serialReference } from './serialReference.ts';
import { serialScenario, serialWatch } from './serialScenario.ts';
import { walkAll } from './serialWalk.ts';

const MOST_STATES = 800;
const MOST_SEARCHED = 1500;
const MOST_WALKED = 60;
/** A search asks after so many steps at most whether it is enough. */
const MOST_ASKED = 200;

/** Programs by what came of them. */
export interface SerialFuzzed {
  /** Nothing speaks against taking such states for one; and what the reference has not seen whole was searched to its end. */
  alike: number;
  finished: number;
  /** Numbers were not used as serial numbers, and that was noticed: by the sentence that says why. */
  readonly apart: Record<string, number>;
  /** Some rule can be broken. */
  broken: number;
  disagreement: { readonly sentence: string; readonly program: SerialProgram; readonly number: number } | null;
}

const listed = (some: Iterable<unknown>): string => [...some].sort().join(', ') || 'nothing';

/** What is not true of what the explorer says; null if all is. */
export function disagreement(program: SerialProgram, all: SerialFuzzed): string | null {
  let isFirst = true;
  for (let rest = program; ; isFirst = false) {
    const truth = serialReference(rest, MOST_STATES);
    const { scenario, flags } = serialScenario(rest);
    const executor = new Executor(scenario, serialWatch);
    let asked = 0;
    const enough = (_: number, states: number): boolean => states > MOST_SEARCHED || ++asked > MOST_ASKED;
    const { result, apart } = searchBySerials(executor, { preemptions: Number.POSITIVE_INFINITY, enough });
    const { failure, complete } = result;
    if (apart !== null) {
      if (isFirst) all.apart[apart] = (all.apart[apart] ?? 0) + 1;
      return null;
    }
    if (isFirst) all.alike++;
    if (isFirst && truth.rules.size > 0) all.broken++;
    if (failure === null) {
      if (!complete) return null;
      if (!truth.exhausted) all.finished++;
      const { unlike } = walkAll(executor.bySerials(), MOST_WALKED);
      if (unlike !== null) return `a state is taken for another one and is not like it, after ${unlike.join('')}`;
      if (truth.rules.size > 0) return `nothing was found, and ${listed(truth.rules)} can be broken`;
      const missing = [...truth.flags].filter((flag) => !flags.has(flag));
      const foreign = [...flags].filter((flag) => !truth.flags.has(flag));
      if (missing.length > 0) return `no execution ends with ${listed(missing)}, and some do`;
      return truth.exhausted && foreign.length > 0 ? `an execution ends with ${listed(foreign)}, and none does` : null;
    }
    if (!failure.rule.startsWith('X')) return `${failure.message}, and nobody can wait or go round for ever`;
    if (truth.exhausted && !truth.rules.has(failure.rule)) return `${failure.rule} is broken, and cannot be`;
    rest = without(rest, failure.rule);
  }
}

/** Compares so many programs, the first of them that of number `from`, up to the first on which there is no agreement. */
export function serialFuzz({
  programs,
  seed,
  from = 0,
}: {
  readonly programs: number;
  readonly seed: number;
  readonly from?: number;
}): SerialFuzzed {
  const all: SerialFuzzed = { alike: 0, finished: 0, apart: {}, broken: 0, disagreement: null };
  for (let number = from; number < from + programs; number++) {
    const random = new fc.Random(xoroshiro128plus(seed * 0x10001 + number));
    const { value_: program } = serialPrograms.generate(random, undefined);
    const sentence = disagreement(program, all);
    if (sentence === null) continue;
    all.disagreement = { sentence, program, number };
    break;
  }
  return all;
}
