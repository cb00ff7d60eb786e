/**
 * Looks for livelocks in which no state comes again, as something counts. When the actors of a sample stand where they stood before,
 * the steps between the two moments are made again and again. If that goes on, it is a counting livelock.
 */
import type { Executor } from '../machine/execution.ts';
import type { Outcome } from '../machine/failure.ts';
import { mixLow } from '../machine/hash.ts';
import { MULTIPLES, TIMES } from '../search/countingRound.ts';
import { endless } from '../search/noProgress.ts';
import type { Patience } from '../search/patience.ts';
import { ableAt } from '../search/rounds.ts';

/** Longest round that is tried. */
const LONGEST_ROUND = 2000;

/** Steps that may be made for rounds that are tried, by one sampler. */
const MOST_STEPS = 300_000;

export class Pump {
  /** Steps after which the actors stood as they do, by the hash of where they stand. */
  readonly #stood = new Map<number, number>();
  /** Rounds that were tried: where they begin, and their steps. */
  readonly #tried = new Set<string>();
  #spent = 0;

  begin(executor: Executor): void {
    this.#stood.clear();
    this.#stood.set(executor.control, 0);
  }

  /** A step was made. The verdict if it has closed a round that goes on; the executor has made it many times over then. */
  look(executor: Executor, patience: Patience): Outcome {
    const { control, steps } = executor;
    const from = this.#stood.get(control);
    this.#stood.set(control, steps);
    if (from === undefined || steps - from > LONGEST_ROUND || this.#spent >= MOST_STEPS) return null;
    const round = executor.schedule.slice(from, steps);
    // Whoever can run now and made no step will not be kept waiting by a fair scheduler.
    if ((ableAt(executor) & ~makersOf(round)) !== 0) return null;
    const key = `${control} ${round.length} ${round.join('')}`;
    if (this.#tried.has(key)) return null;
    this.#tried.add(key);
    const failure = again(executor, round, MOST_STEPS - this.#spent, patience);
    this.#spent += executor.steps - steps;
    while (failure === null && executor.steps > steps) executor.back();
    return failure;
  }
}

const makersOf = (round: Uint8Array): number => round.reduce((mask, actor) => mask | (1 << actor), 0);

/** The least number of rounds after which the places inside of them come again, from what was seen of some; 0 for none. */
function cycleOf(places: readonly number[]): number {
  for (let cycle = 1; cycle <= MULTIPLES; cycle++) {
    if (places.every((place, i) => i < cycle || place === places[i - cycle])) return cycle;
  }
  return 0;
}

/**
 * Makes the round again, so often that there is no doubt. What is wrong with that; null when it comes out of step. A free list gives
 * two frames in turn, and then it takes two of the rounds until the actors stand at the same places inside of it, too.
 */
function again(executor: Executor, round: Uint8Array, most: number, patience: Patience): Outcome {
  const { control } = executor;
  const places: number[] = [];
  let times = 2 * MULTIPLES;
  for (let time = 1; time < times; time++) {
    let place = 0;
    for (const actor of round) {
      if (!executor.canRun(actor)) return null;
      const failure = executor.step(actor);
      if (failure !== null) return failure;
      place = mixLow(place, executor.control);
    }
    if (executor.control !== control) return null;
    if (places.push(place) < 2 * MULTIPLES - 1 || times > 2 * MULTIPLES) continue;
    times = TIMES * cycleOf(places);
    if (times * round.length > most) return null;
  }
  return times === 0 ? null : endless(executor, patience);
}
