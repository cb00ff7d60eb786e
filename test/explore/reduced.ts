/** A scenario searched with nothing left out, and with all that may be left out. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { Actor } from '../../src/arena/structures.ts';
import { executorOf } from '../../src/engines/explore/explore.ts';
import type { Executor } from '../../src/engines/explore/machine/execution.ts';
import type { SearchOptions } from '../../src/engines/explore/search/options.ts';
import { reduction } from '../../src/engines/explore/search/reduction.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';

/** The memory as it is, but for the actors' own records: what they have counted is not part of the state. */
function memoryOf({ arena, count, prepared }: Pick<Executor, 'arena' | 'count' | 'prepared'>): string {
  const records = prepared.arena.actors;
  const words = Int32Array.from(arena.words);
  words.fill(0, records, records + count * Actor.shape.size);
  const hash = createHash('sha1').update(new Uint8Array(words.buffer));
  return hash.update(new Uint8Array(Int32Array.from(arena.frames).buffer)).digest('base64');
}

function searched(scenario: Scenario, leftOut: Pick<SearchOptions, 'symmetry' | 'quietFirst' | 'orders'>, most: number) {
  const ends = new Set<string>();
  let executor: Executor | undefined;
  const watched: Scenario = {
    ...scenario,
    prepare() {
      const prepared = scenario.prepare();
      return {
        ...prepared,
        check() {
          if (executor !== undefined) ends.add(memoryOf(executor));
          return prepared.check();
        },
      };
    },
  };
  executor = executorOf(watched);
  const enough = (_: number, states: number): boolean => states > most;
  const { failure, complete, long, spins } = search(executor, { preemptions: Number.POSITIVE_INFINITY, enough, ...leftOut });
  return { rule: failure?.rule, complete, isAll: long === 0 && spins === 0, reached: executor.coverage.reached, ends };
}

/**
 * Holds the searches against each other: verdict, rule, covers that were reached, and memories at the ends. `unfinished` if one of
 * them meets more states than `most`, or leaves out paths.
 */
export function doesTheSame(scenario: Scenario, most: number): 'finished' | 'unfinished' {
  const none = searched(scenario, reduction('none'), most);
  const orders = searched(scenario, reduction('orders'), most);
  const all = searched(scenario, reduction('all'), most);
  for (const some of [orders, all]) assert.equal(some.rule, none.rule);
  if (none.rule !== undefined) return 'finished';
  if (!none.complete || !orders.complete || !all.complete || !none.isAll) return 'unfinished';
  for (const some of [orders, all]) {
    assert.ok(some.isAll);
    assert.deepEqual(some.reached, none.reached);
  }
  assert.deepEqual([...orders.ends].sort(), [...none.ends].sort());
  // Of ends in which like actors have only changed places one is enough.
  assert.ok(all.ends.size > 0 && [...all.ends].every((end) => none.ends.has(end)));
  return 'finished';
}
