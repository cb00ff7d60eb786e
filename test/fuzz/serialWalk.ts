/**
 * Are states that the explorer takes for one alike? So many states are met, each as it is. From those with the same key the same actors must
 * be able to go on, and their next steps must fail alike, or come to the same but for serial numbers. Keys after the steps may differ: they tell
 * more apart than is needed.
 */
import { Header } from '../../src/arena/structures.ts';
import type { Executor } from '../../src/engines/explore/machine/execution.ts';

/** Steps after which it must be seen. */
const DEPTH = 2;

/** Words that the scenario has. */
const WORDS = 16;

export interface Walked {
  readonly states: number;
  readonly keys: number;
  /** A schedule to a state that is not like another one with its key; null if there is none. */
  readonly unlike: readonly number[] | null;
}

const keyOf = ({ low, high }: Executor): string => `${low} ${high}`;

const wordsOf = ({ arena }: Executor): Int32Array => arena.words.subarray(Header.shared, Header.shared + WORDS);

/** The state as it is. */
function exactly(executor: Executor): string {
  const local = Array.from({ length: executor.count }, (_, actor) => executor.localStateOf(actor));
  return [...local, ...wordsOf(executor)].join();
}

/** What can be seen of the state beside serial numbers: what actors remember, and the words of the scenario. */
function plainly(executor: Executor): string {
  const { serials } = executor;
  const remembered = Array.from({ length: executor.count }, (_, actor) => {
    const { low, copies } = executor.localOf(actor);
    return copies.numbers.length === 0 ? low : copies.low;
  });
  const words = wordsOf(executor).map((value) => (serials?.isSerial(value) ? -2 : value));
  return [...remembered, ...words].join();
}

/** What the steps of actors come to, so many one after the other. */
function stepsFrom(executor: Executor, depth: number): string {
  const steps: string[] = [];
  for (let actor = 0; actor < executor.count; actor++) {
    if (!executor.canRun(actor)) steps.push('waits');
    else {
      const outcome = executor.step(actor);
      const seen = outcome === null ? plainly(executor) : outcome.rule;
      steps.push(outcome === null && depth > 1 ? `${seen}(${stepsFrom(executor, depth - 1)})` : seen);
      executor.back();
    }
  }
  return steps.join();
}

/** Walks in breadth. The executor takes states that differ only in serial numbers for one; if it turns out that it must not, that is it. */
export function walkAll(executor: Executor, most: number): Walked {
  const seen = new Set<string>();
  const byKey = new Map<string, string>();
  let unlike: readonly number[] | null = null;
  const schedules: number[][] = [[]];
  for (const schedule of schedules) {
    executor.reset();
    for (const actor of schedule) executor.step(actor);
    const steps = stepsFrom(executor, DEPTH);
    const key = keyOf(executor);
    if ((byKey.get(key) ?? steps) !== steps) unlike ??= schedule;
    byKey.set(key, steps);
    if (executor.serials?.broken !== null || schedules.length > most) break;
    for (let actor = 0; actor < executor.count; actor++) {
      if (!executor.canRun(actor)) continue;
      const outcome = executor.step(actor);
      const exact = exactly(executor);
      if (outcome === null && !seen.has(exact)) {
        seen.add(exact);
        schedules.push([...schedule, actor]);
      }
      executor.back();
    }
  }
  return { states: seen.size, keys: byKey.size, unlike: executor.serials?.broken === null ? unlike : null };
}
