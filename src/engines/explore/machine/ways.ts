/**
 * The ways on which local states were reached. One is enough to lead a generator to a state, if all of them are alike from there on:
 * that is what it means that variables which are not live do not count. Here they are kept, so that it can be tried: a step from a
 * state is made by a generator that has come on each of its ways, and must be the same each time.
 */
import type { LocalState } from './localState.ts';
import type { Scratch } from './scratch.ts';

/** How a generator has come to a local state: the steps of its operation, from the last to the first. */
export interface Way {
  readonly state: LocalState;
  /** Contents of the task's array when the operation began. */
  readonly before: Scratch;
  /** Words and values read in the last step. */
  readonly log: Int32Array;
  readonly previous: Way | null;
}

/** Ways that are kept of a state. */
const MOST_WAYS = 100;

const isSame = (one: Int32Array, other: Int32Array): boolean =>
  one.length === other.length && one.every((value, i) => value === other[i]);

export class Ways {
  readonly #known = new Map<LocalState, Way[]>();

  /** Those on which the state was reached, the first apart from which a generator is led there anyway. */
  to(state: LocalState): readonly Way[] {
    return this.#known.get(state) ?? [];
  }

  /** Notes a way; one that is known already is returned in its place. */
  note(way: Way): Way {
    const known = this.#known.get(way.state) ?? [];
    const before = known.find((one) => one.previous === way.previous && one.before === way.before && isSame(one.log, way.log));
    if (before !== undefined) return before;
    if (known.length < MOST_WAYS) this.#known.set(way.state, [...known, way]);
    return way;
  }
}

/** The way that a local state is known by. */
export function wayOf(state: LocalState): Way {
  const states: LocalState[] = [];
  for (let at: LocalState | null = state; at !== null; at = at.parent) states.push(at);
  let way: Way | null = null;
  for (let i = states.length - 1; i >= 0; i--) {
    const at = states[i] as LocalState;
    way = { state: at, before: at.before, log: at.log, previous: way };
  }
  return way as Way;
}

/** The steps of a way, from the first to the last. */
export function stepsOf(way: Way): readonly Way[] {
  const steps: Way[] = [];
  for (let at: Way | null = way; at !== null; at = at.previous) steps.push(at);
  return steps.reverse();
}
