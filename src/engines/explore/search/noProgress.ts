/**
 * Why an execution does not come to its end: four verdicts.
 *
 * Deadlock and lost wake-up: nobody can run. Livelock and starvation: the execution can go round for ever although the scheduler
 * is fair (see rounds.ts).
 */
import { Actor } from '../../../arena/structures.ts';
import { points } from '../../../steps/points.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import { describeWord, holdersOf } from '../../shared/waitsFor.ts';
import type { Executor } from '../machine/execution.ts';
import type { Failure, NoProgress, Round } from '../machine/failure.ts';
import { DONE } from '../machine/localState.ts';
import { countingRound } from './countingRound.ts';
import { ENDLESS_PATIENCE, type Patience } from './patience.ts';
import { retrace } from './retrace.ts';
import { closedRound } from './rounds.ts';

const failure = (kind: NoProgress, message: string): Failure => ({
  rule: kind === 'deadlock' || kind === 'lost wake-up' ? 'I-DEAD' : 'I-PROG',
  message: `${kind}: ${message}`,
  actor: -1,
  kind,
});

const recordOf = ({ tasks }: Executor, actor: number): number => tasks[actor]?.actor ?? 0;

/** Actors that have something left to do, those in the background apart. */
const leftOf = (executor: Executor): number[] =>
  Array.from({ length: executor.count }, (_, i) => i).filter((i) => executor.at[i] !== DONE && !executor.isBackground(i));

/** `A (holds mmapLock) waits for the lock of page 7, held by B`. */
export function waitText(executor: Executor, actor: number): string {
  const { word, mask } = executor.waitOf(actor);
  const held = heldLocks(executor.arena, recordOf(executor, actor));
  const by = holdersOf(executor.arena, executor.count, word).map((holder) => executor.nameOf(holder));
  const what = mask === 0 ? describeWord(executor.arena, word).what : `a value of word ${word}`;
  const holds = held.length > 0 ? ` (holds ${held.join(', ')})` : '';
  return `${executor.nameOf(actor)}${holds} waits for ${what}${by.length > 0 ? `, held by ${by.join(' and ')}` : ''}`;
}

/** A cycle in the waits-for graph, in order; empty when there is none. */
function waitCycle(executor: Executor, waiting: readonly number[]): readonly number[] {
  const state = new Map<number, 'open' | 'closed'>();
  const path: number[] = [];
  const visit = (actor: number): readonly number[] => {
    if (state.get(actor) === 'open') return path.slice(path.indexOf(actor));
    if (state.get(actor) === 'closed' || !waiting.includes(actor)) return [];
    state.set(actor, 'open');
    path.push(actor);
    for (const holder of holdersOf(executor.arena, executor.count, executor.waitOf(actor).word)) {
      const cycle = visit(holder);
      if (cycle.length > 0) return cycle;
    }
    path.pop();
    state.set(actor, 'closed');
    return [];
  };
  for (const actor of waiting) {
    const cycle = visit(actor);
    if (cycle.length > 0) return cycle;
  }
  return [];
}

/** The verdict on a state in which nobody can run, and not everybody is done. */
export function stuck(executor: Executor): Failure {
  const waiting = Array.from({ length: executor.count }, (_, i) => i).filter((i) => executor.at[i] !== DONE);
  const texts = (actors: readonly number[]): string => actors.map((actor) => waitText(executor, actor)).join('; ');
  const forgotten = waiting.filter((actor) => {
    const { word, mask } = executor.waitOf(actor);
    const value = executor.arena.words[recordOf(executor, actor) + Actor.waitValue];
    if (word === 0 || mask !== 0 || executor.arena.words[word] === value) return false;
    // The word of a lock changes when others come to wait for it, too: as long as somebody holds it, nobody was forgotten.
    return holdersOf(executor.arena, executor.count, word).length === 0;
  });
  // A wake-up does not help an actor that waits in a cycle: the word may have changed only by another waiter's mark.
  const cycle = waitCycle(executor, waiting);
  if (cycle.length === 0 && forgotten.length > 0)
    return failure('lost wake-up', `${texts(forgotten)}, which has changed; nobody wakes it`);
  if (cycle.length === 0) return failure('deadlock', `${texts(waiting)}; nobody is left to end it`);
  const others = waiting.filter((actor) => !cycle.includes(actor));
  return failure('deadlock', `${texts(cycle)}${others.length > 0 ? `; besides, ${texts(others)}` : ''}`);
}

/** `A, B` */
const namesOf = (executor: Executor, actors: readonly number[]): string =>
  actors.map((actor) => executor.nameOf(actor)).join(', ');

/** Who makes the steps of a round. */
const makersOf = ({ schedule }: Executor, { start, length }: Round): number[] =>
  [...new Set(schedule.subarray(start, start + length))].sort((a, b) => a - b);

/** The verdict on a round that can go on for ever: the last steps of the path the executor is on. */
export function roundFailure(executor: Executor, round: Round): Failure {
  const { length } = round;
  const made = makersOf(executor, round);
  const background = made.filter((actor) => executor.isBackground(actor));
  const where = `every ${length} steps the state is the same again (${placesOf(executor, round)})`;
  const verdict =
    background.length === 0
      ? failure('livelock', `${namesOf(executor, made)} can go round for ever: ${where}`)
      : failure(
          'starvation',
          `${namesOf(executor, leftOf(executor))} may never get on while ${namesOf(executor, background)} does, again and again: ${where}`,
        );
  return { ...verdict, round };
}

/** Where the actors of a round come from, step by step: `A@lock B@unlock`. The executor is left as it was. */
function placesOf(executor: Executor, { start }: Round): string {
  const places = new Set<string>();
  retrace(executor, executor.steps - start, (actor) => places.add(placeOf(executor, actor)));
  return `${[...places].slice(0, 8).join(' ')}${places.size > 8 ? ' ...' : ''}`;
}

const placeOf = (executor: Executor, actor: number): string =>
  `${executor.nameOf(actor)}@${points[executor.at[actor] as number]?.name ?? 'done'}`;

/** The verdict on a round that closes where the executor is, and is fair; else null. `from` is a step at which it may begin. */
export function goesRound(executor: Executor, from?: number): Failure | null {
  for (;;) {
    executor.refresh();
    const { promotions } = executor;
    const round = closedRound(executor, from);
    // Steps are tried for it, and may show that there is more to the state.
    if (executor.promotions === promotions) return round === null ? null : roundFailure(executor, round);
  }
}

/**
 * The verdict on an execution that has become too long: a fair round, exactly or but for words that count; null if there is none, or it was
 * enough before that was known.
 */
export function endless(executor: Executor, patience: Patience = ENDLESS_PATIENCE): Failure | null {
  const exact = goesRound(executor);
  if (exact !== null || executor.scenario.mayUndo !== undefined) return exact;
  const counting = countingRound(executor, patience);
  if (counting === null) return null;
  const { round, times, words } = counting;
  const made = makersOf(executor, round);
  const where = `${times} rounds of ${round.length} steps were made, one like the other but for ${words} words that count (${placesOf(executor, round)})`;
  return { ...failure('counting livelock', `${namesOf(executor, made)} go round: ${where}`), round };
}
