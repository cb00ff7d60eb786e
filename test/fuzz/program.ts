/**
 * A little language of concurrent programs, for the fuzzer of the explorer. A program is data: it can be printed, made smaller, run by
 * the model's own primitives under the explorer (asScenario.ts) and by a machine that knows nothing of either (machine.ts).
 *
 * There are four shared words, of which the last is a word of a page frame, and six locks: a spin lock, two mutexes, a semaphore, and
 * two mutexes of a class of their own, of which nobody may hold both.
 * An actor has two registers, 0 when an operation begins; two places that it keeps from one operation to the next; two
 * counters; and a window in its record, which others may look at.
 */

/** Shared words. The last one is in a page frame: it can be loaded, stored and added to, and nobody waits on it. */
export const WORDS = 4;
export const FRAME_WORD = 3;
/** Locks by number. */
export const LOCKS = ['spin', 'mutex', 'mutex2', 'rwsem', 'mutex3', 'mutex4'] as const;
export const RWSEM = 3;
export const MOST_ACTORS = 4;
export const REGISTERS = 2;

type Body =
  | { readonly do: 'load'; readonly word: number; readonly to: number }
  | { readonly do: 'store'; readonly word: number; readonly value: number }
  | { readonly do: 'put'; readonly word: number; readonly from: number }
  | { readonly do: 'add' | 'xchg' | 'or' | 'and'; readonly word: number; readonly value: number; readonly to: number }
  | { readonly do: 'increase'; readonly word: number; readonly value: number }
  | { readonly do: 'cas'; readonly word: number; readonly expected: number; readonly value: number; readonly to: number }
  /** `lock` waits; `try` says in a register whether it got the lock. */
  | { readonly do: 'lock' | 'unlock'; readonly lock: number }
  | { readonly do: 'try'; readonly lock: number; readonly to: number }
  | { readonly do: 'downRead' | 'upRead' | 'downWrite' | 'upWrite' | 'downgrade' }
  | { readonly do: 'tryRead'; readonly to: number }
  /** One wait for a wake-up while the word has the value; none if it has not. */
  | { readonly do: 'waitWhile'; readonly word: number; readonly value: number }
  | { readonly do: 'wake'; readonly word: number }
  | { readonly do: 'waitUntil'; readonly word: number; readonly mask: number; readonly value: number }
  /** So many steps that do nothing. */
  | { readonly do: 'pad'; readonly steps: number }
  | { readonly do: 'keep'; readonly place: number; readonly from: number }
  | { readonly do: 'recall'; readonly place: number; readonly to: number }
  | { readonly do: 'count'; readonly counter: number }
  /** Reads a counter of an actor by its number, or its own. */
  | { readonly do: 'counted'; readonly actor: number | null; readonly counter: number; readonly to: number }
  | { readonly do: 'window'; readonly value: number }
  /** Reads the window of an actor by its number, or its own. */
  | { readonly do: 'peek'; readonly actor: number | null; readonly to: number }
  /** Stores to the word that has the actor's own number, if there are so many. */
  | { readonly do: 'slot'; readonly value: number }
  /** Breaks the rule if the register has the value. */
  | { readonly do: 'check'; readonly from: number; readonly value: number; readonly rule: string }
  /** Breaks the rule if the word has the value when the step ends. */
  | { readonly do: 'watch'; readonly word: number; readonly value: number; readonly rule: string }
  | { readonly do: 'if'; readonly from: number; readonly value: number; readonly body: readonly Instruction[] }
  /** Ends the operation, to be done again from its beginning, if the register has the value. */
  | { readonly do: 'again'; readonly from: number; readonly value: number }
  /**
   * Goes round while the register has the value: `most` rounds, or with 0 for ever. With `forget` each round begins with the registers
   * that the first one had, and the explorer is told so.
   */
  | {
      readonly do: 'loop';
      readonly from: number;
      readonly value: number;
      readonly most: number;
      readonly forget: boolean;
      readonly body: readonly Instruction[];
    };

/** With `point` another actor may run before it. Locks have points of their own. */
export type Instruction = Body & { readonly point: boolean };

export type Operation = readonly Instruction[];

export interface Actors {
  readonly operations: readonly Operation[];
  readonly background: boolean;
  /** How many actors do exactly this. */
  readonly copies: number;
}

/** What breaks a rule at the end: a shared word, or a counter or the window of an actor, has the value. */
export interface EndCheck {
  readonly of: 'word' | 'counter' | 'window';
  readonly actor: number;
  readonly place: number;
  readonly value: number;
  readonly rule: string;
}

export interface Program {
  /** Values of the shared words at the beginning. */
  readonly words: readonly number[];
  readonly actors: readonly Actors[];
  readonly checks: readonly EndCheck[];
}

/** One entry for each actor: what it does, and a letter with a number for a name. */
export function actorsOf({ actors }: Program): readonly { readonly script: Actors; readonly name: string }[] {
  return actors.flatMap((script, i) => {
    const letter = String.fromCharCode(65 + i);
    return Array.from({ length: script.copies }, (_, n) => ({ script, name: script.copies === 1 ? letter : `${letter}${n}` }));
  });
}

/** All instructions of a body, inner ones included. */
export function instructionsOf(body: Operation): readonly Instruction[] {
  return body.flatMap((one) => ('body' in one ? [one, ...instructionsOf(one.body)] : [one]));
}

/** May an actor that does this go on for ever? */
export const isEndless = ({ operations, background }: Actors): boolean =>
  background || operations.flatMap(instructionsOf).some((one) => one.do === 'again' || (one.do === 'loop' && one.most === 0));

/** Does anything depend on what actors count? */
export const looksAtCounters = ({ actors, checks }: Pick<Program, 'actors' | 'checks'>): boolean =>
  checks.some(({ of }) => of === 'counter') ||
  actors.some(({ operations }) => operations.flatMap(instructionsOf).some((one) => one.do === 'counted'));

/** Every instruction, from the inside out, becomes what `change` makes of it. */
export const changed = (body: Operation, change: (one: Instruction) => readonly Instruction[]): Operation =>
  body.flatMap((one) => change('body' in one ? { ...one, body: changed(one.body, change) } : one));

/** Takes a check away and leaves its point, so that the steps are the same. */
const without = (body: Operation, rule: string): Operation =>
  changed(body, (one) => {
    if (!((one.do === 'check' || one.do === 'watch') && one.rule === rule)) return [one];
    return one.point ? [{ do: 'pad', steps: 1, point: false }] : [];
  });

/** The program with the checks of a rule left out. The points before them stay. */
export function masked(program: Program, rule: string): Program {
  return {
    ...program,
    actors: program.actors.map((script) => ({
      ...script,
      operations: script.operations.map((operation) => without(operation, rule)),
    })),
    checks: program.checks.filter((check) => check.rule !== rule),
  };
}
