/** A scenario that was made smaller: some operations are left out. */

import { UsageError } from '../../input/usageError.ts';
import type { Scenario } from './scenario.ts';

/** `device-fault-vs-munmap~A0,B1`: without the first operation of A, and the second of B. */
const SEPARATOR = '~';
const SMALLER = /^(.+)~(\w+\d(?:,\w+\d)*)$/;

/** The name of a scenario, and what is left out of it. */
export function splitName(name: string): { readonly base: string; readonly left: readonly string[] } {
  const [, base = name, left] = SMALLER.exec(name) ?? [];
  return { base, left: left === undefined ? [] : left.split(',') };
}

/**
 * The scenario without the operations in `left`. What the plan says about the end need not hold any more, as somebody it counted on
 * may be missing: only the invariants are checked. Actors keep their numbers, even one that has nothing left to do.
 *
 * @throws UsageError when an operation is not there, or the scenario has no invariants of its own.
 */
export function without(scenario: Scenario, left: readonly string[]): Scenario {
  if (left.length === 0) return scenario;
  return {
    ...scenario,
    name: `${scenario.name}${SEPARATOR}${left.join(',')}`,
    prepare() {
      const prepared = scenario.prepare();
      const { actors, invariants } = prepared;
      const known = actors.flatMap(({ name, operations }) => operations.map((_, i) => `${name}${i}`));
      const odd = left.find((operation) => !known.includes(operation));
      if (odd !== undefined || invariants === undefined)
        throw new UsageError(`scenario '${scenario.name}' cannot be run without operation '${odd ?? left[0]}'`);
      return {
        ...prepared,
        actors: actors.map((actor) => ({
          ...actor,
          operations: actor.operations.filter((_, i) => !left.includes(`${actor.name}${i}`)),
        })),
        check: invariants,
        // What is there to be reached, the whole scenario is there for.
        covers: [],
      };
    },
  };
}
