/**
 * Rounds in which no state comes again because something counts: generations, sequence numbers. The same steps were made, the actors
 * stood at the same places, and every word that changed changed by the same amount in every round.
 *
 * That is no proof that it goes on for ever (a word could count down to an end that is far off), so it has a verdict of its own.
 */
import type { Executor } from '../machine/execution.ts';
import type { Round } from '../machine/failure.ts';
import type { Patience } from './patience.ts';
import { retrace } from './retrace.ts';
import { isFairRound } from './rounds.ts';

/** Rounds that must be alike before a counting livelock is claimed. */
export const TIMES = 64;

/** Steps of an actor on its own, while others could run, after which it is asked whether it only goes round; and again at every doubling. */
export const ALONE = 64;

/** Rounds in lock step that an actor on its own is followed where states are the same that differ only in how far something has counted: so many rounds, and no state has come again. */
export const MANY_SPINS = 32;

/** Longest round that is looked for. */
const LONGEST_ROUND = 4096;

/** Words need not change evenly in each round of the actors: a free list may take a few of them to come round itself. */
export const MULTIPLES = 4;

/** A loop over pages that looks at the same words for each has fewer rounds than that: one that counts for itself must have more. */
const LOOP = 1024;

/** Most steps that are made to see it. */
const LOOP_STEPS = 1 << 18;

/** Rounds whose words are compared. */
const COMPARED = 3;

export interface CountingRound {
  /** The last of the rounds. */
  readonly round: Round;
  readonly times: number;
  /** Words that changed. */
  readonly words: number;
}

/** The last steps, the last one first. */
interface Trail {
  readonly actors: readonly number[];
  /** Where all actors stood after the step, as a hash. */
  readonly controls: readonly number[];
  /** Number of the local state its actor came to. */
  readonly locals: readonly number[];
}

/** What the last steps were. The executor is left as it was. */
function trailOf(executor: Executor, length: number): Trail {
  const [actors, controls, locals]: [number[], number[], number[]] = [[], [], []];
  retrace(executor, length, (actor) => {
    actors.push(actor);
    controls.push(executor.control);
    locals.push(executor.localStateOf(actor));
  });
  return { actors, controls, locals };
}

/** The shortest period of the last `times` rounds; 0 for none. */
function periodOf({ actors, controls }: Trail, times: number): number {
  const most = Math.min(LONGEST_ROUND, Math.floor(actors.length / times));
  for (let period = 1; period <= most; period++) {
    const end = times * period - period;
    let i = 0;
    while (i < end && controls[i] === controls[i + period] && actors[i] === actors[i + period]) i++;
    if (i === end) return period;
  }
  return 0;
}

/** Words that changed in the last rounds, if each did so by the same amount in every one of them; -1 if one did not. */
function evenChanges(executor: Executor, period: number): number {
  const moments: Int32Array[] = [];
  const end = executor.steps;
  // The moment before the first of the rounds, too: one step more is looked at, or the beginning.
  retrace(executor, COMPARED * period + 1, () => {
    if ((end - executor.steps) % period === 0) moments.push(executor.snapshot());
  });
  const [a, b, c, d] = moments as [Int32Array, Int32Array, Int32Array, Int32Array];
  let changed = 0;
  for (let word = 0; word < a.length; word++) {
    const by = ((a[word] as number) - (b[word] as number)) | 0;
    if (by !== (((b[word] as number) - (c[word] as number)) | 0) || by !== (((c[word] as number) - (d[word] as number)) | 0))
      return -1;
    if (by !== 0) changed++;
  }
  return changed;
}

/** The least multiple of a period at which every word has changed by the same amount in the last rounds; null if there is none. */
function evenly(executor: Executor, period: number): { readonly length: number; readonly words: number } | null {
  for (let multiple = 1; multiple <= MULTIPLES; multiple++) {
    const length = period * multiple;
    if (COMPARED * length >= executor.steps) return null;
    const words = evenChanges(executor, length);
    if (words >= 0) return { length, words };
  }
  return null;
}

/**
 * Has the actor that made the last `steps` steps only gone round, `times` or more, and counted? It is a round only if it remembers
 * nothing of it: somewhere in it the actor comes to the very same local state. A loop over many pages does not.
 */
export function spins(executor: Executor, steps: number, times: number): boolean {
  const trail = trailOf(executor, steps);
  const period = periodOf(trail, times);
  return period > 0 && remembersNothing(trail, trail.actors[0] as number, period, times) && evenly(executor, period) !== null;
}

/** Places of an actor's steps in the last round. */
const stepsOf = ({ actors }: Trail, actor: number, period: number): number[] =>
  Array.from({ length: period }, (_, i) => i).filter((i) => actors[i] === actor);

/** Does the actor come to the very same local state again, somewhere in the round, in each of the last `times` rounds? */
function remembersNothing(trail: Trail, actor: number, period: number, times: number): boolean {
  const { locals } = trail;
  const isSame = (i: number): boolean =>
    Array.from({ length: times - 1 }, (_, k) => locals[i + (k + 1) * period]).every((id) => id === locals[i]);
  return stepsOf(trail, actor, period).some(isSame);
}

/**
 * Does it look at words, and at the very same ones in the last rounds? A loop over the pieces of a huge page looks at others each
 * time; and who looks at nothing only counts its own steps, and will come to an end.
 */
function looksAtTheSame(executor: Executor, trail: Trail, actor: number, period: number): boolean {
  const wordsOf = (i: number): string => executor.wordsReadBefore(trail.locals[i] as number).join();
  const steps = stepsOf(trail, actor, period);
  const rounds = Array.from({ length: COMPARED - 1 }, (_, k) => k * period);
  return (
    steps.some((i) => wordsOf(i) !== '') && rounds.every((at) => steps.every((i) => wordsOf(at + i) === wordsOf(at + i + period)))
  );
}

/**
 * Made again and again, do the steps of the last round bring everybody to the same places each time? It is not known, and so they do not, if it was
 * enough before. The executor is left as it was: all that is made on another one.
 */
function goesOn(executor: Executor, period: number, patience: Patience): boolean {
  const { control, steps } = executor;
  const path = executor.schedule.subarray(0, steps);
  const round = path.subarray(steps - period);
  const other = executor.unrecorded();
  const isMade = (schedule: Uint8Array): boolean =>
    schedule.every((actor) => other.canRun(actor) && other.step(actor) === null && !patience.step()) && other.control === control;
  const times = Math.min(LOOP, Math.floor(LOOP_STEPS / period));
  let goes = isMade(path);
  for (let time = 0; goes && time < times; time++) goes = isMade(round);
  return goes;
}

/** May each actor of the round go on like that for ever? */
function maySoGoOn(executor: Executor, trail: Trail, period: number, patience: Patience): boolean {
  const makers = [...new Set(trail.actors.slice(0, period))];
  const counting = makers.filter((actor) => !remembersNothing(trail, actor, period, TIMES));
  return (
    counting.every((actor) => looksAtTheSame(executor, trail, actor, period)) &&
    (counting.length === 0 || goesOn(executor, period, patience))
  );
}

/** The fair round that the last steps have made again and again, but for words that count; null if they have not. */
export function countingRound(executor: Executor, patience: Patience): CountingRound | null {
  const trail = trailOf(executor, TIMES * LONGEST_ROUND);
  const period = periodOf(trail, TIMES);
  // What takes longest is asked last: whether it goes on may take half a million steps.
  const found = period > 0 ? evenly(executor, period) : null;
  if (found === null || !isFairRound(executor, found.length) || !maySoGoOn(executor, trail, period, patience)) return null;
  const round = { start: executor.steps - found.length, length: found.length };
  return { round, times: Math.floor((TIMES * period) / found.length), words: found.words };
}
