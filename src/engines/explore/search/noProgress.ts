/**
 * Why an execution does not come to its end: four verdicts.
 *
 * Deadlock and lost wake-up: nobody can run. Livelock and starvation: the execution can go round for ever although the scheduler
 * is fair, that is, although whoever can run at some place of the round takes part in it.
 */
import { points } from '../../../steps/points.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import { describeWord, holdersOf } from '../../waitsFor.ts';
import type { Executor, Failure } from '../machine/execution.ts';
import { DONE } from '../machine/localState.ts';

/** Which of the four. The first two break rule I-DEAD, the others I-PROG. */
export type NoProgress = 'deadlock' | 'lost wake-up' | 'livelock' | 'starvation';

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
    const { word, value, mask } = executor.waitOf(actor);
    return word !== 0 && mask === 0 && executor.arena.words[word] !== value;
  });
  // Whoever waits in a cycle cannot be helped by a wake-up: the word may have changed by another waiter's mark alone.
  const cycle = waitCycle(executor, waiting);
  if (cycle.length === 0 && forgotten.length > 0)
    return failure('lost wake-up', `${texts(forgotten)}, which has changed; nobody wakes it`);
  if (cycle.length === 0) return failure('deadlock', `${texts(waiting)}; nobody is left to end it`);
  const others = waiting.filter((actor) => !cycle.includes(actor));
  return failure('deadlock', `${texts(cycle)}${others.length > 0 ? `; besides, ${texts(others)}` : ''}`);
}

/** The verdict on a round that can go on for ever, made by the actors of a mask. */
function roundOf(executor: Executor, steps: number, makers: number, places: ReadonlySet<string>): Failure {
  const left = leftOf(executor);
  const made = Array.from({ length: executor.count }, (_, i) => i).filter((i) => (makers & (1 << i)) !== 0);
  const names = (actors: readonly number[]): string => actors.map((actor) => executor.nameOf(actor)).join(', ');
  const background = made.filter((actor) => executor.isBackground(actor));
  const where = `every ${steps} steps the state is the same again (${[...places].slice(0, 8).join(' ')}${places.size > 8 ? ' ...' : ''})`;
  if (background.length === 0) return failure('livelock', `${names(made)} can go round for ever: ${where}`);
  return failure('starvation', `${names(left)} may never get on while ${names(background)} does, again and again: ${where}`);
}

const placeOf = (executor: Executor, actor: number): string =>
  `${executor.nameOf(actor)}@${points[executor.at[actor] as number]?.name ?? 'done'}`;

/**
 * Looks back from the state the executor is in for the same state on its path. The verdict if the round between the two is
 * fair; else null. The executor is left as it was.
 */
export function goesRound(executor: Executor): Failure | null {
  const { low, high } = executor;
  const able = new Uint8Array(executor.count);
  const round: number[] = [];
  const places = new Set<string>();
  let makers = 0;
  let couldRun = 0;
  let found = false;
  while (executor.steps > 0 && !found) {
    const actor = executor.schedule[executor.steps - 1] as number;
    places.add(placeOf(executor, actor));
    executor.back();
    round.push(actor);
    makers |= 1 << actor;
    for (let i = executor.runnable(able) - 1; i >= 0; i--) couldRun |= 1 << (able[i] as number);
    found = executor.low === low && executor.high === high && (couldRun & ~makers) === 0;
  }
  const steps = round.length;
  for (let actor = round.pop(); actor !== undefined; actor = round.pop()) executor.step(actor);
  const made = { start: executor.steps - steps, length: steps };
  return found ? { ...roundOf(executor, steps, makers, places), round: made } : null;
}

/**
 * The verdict on an execution that has become too long, and was not preempted any more before it did. Cut to the first power
 * of two of steps after which a fair round is behind it, if its states repeat.
 */
export function endless(executor: Executor): Failure {
  const { steps } = executor;
  const schedule = executor.schedule.slice(0, steps);
  const names = leftOf(executor).map((actor) => placeOf(executor, actor));
  for (let length = 64; ; length *= 2) {
    const cut = Math.min(length, steps);
    executor.reset();
    for (let step = 0; step < cut; step++) executor.step(schedule[step] as number);
    const round = goesRound(executor);
    if (round !== null) return round;
    if (cut === steps) break;
  }
  return failure('livelock', `no end after ${steps} steps, the last of them without preemption: ${names.join(', ')}`);
}
