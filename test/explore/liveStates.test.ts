/** What a local state leaves out does not matter: whoever comes to one goes on like everybody else who does. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { Header } from '../../src/arena/structures.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';

const all = { preemptions: Number.POSITIVE_INFINITY, enough: () => false, symmetry: false, orders: false, quietFirst: false };

/** Short scenarios, each with a loop, a walk or a migration of another kind. */
const scenarios = ['mini-hmm', 'device-write-vs-discard', 'device-tlb-vs-dontneed'];

for (const name of scenarios) {
  test(`${name}: a step is the same on all ways to where it begins`, () => {
    const tried = executorOf(scenarioNamed(name), { ways: true });
    const result = search(tried, all);
    assert.equal(result.failure, null);
    assert.ok(result.complete);
    // As many states as where the ways are not kept: nothing was met on another way that is not met on the first.
    const { states } = search(executorOf(scenarioNamed(name)), all);
    assert.equal(result.states, states);
  });

  test(`${name}: fewer states than where all is remembered that was read, and the same verdict`, () => {
    const [live, history] = (['live', 'history'] as const).map((memory) =>
      search(executorOf(scenarioNamed(name), { memory }), all),
    );
    assert.deepEqual([live?.failure, live?.complete, live?.long], [history?.failure, history?.complete, history?.long]);
    assert.ok((live?.states ?? 0) <= (history?.states ?? 0));
  });
}

/** Two actors of which one goes on as `next` says, from what it has read and what it has kept. */
function scenario(operation: (task: Task) => Steps<void>): Scenario {
  const word = Header.shared;
  return {
    name: 'words',
    title: '',
    windows: '',
    prepare: () => ({
      arena: wordArena(3),
      actors: [
        { name: 'A', operations: [operation] },
        {
          name: 'B',
          operations: [
            function* ({ arena }) {
              for (let value = 1; value < 4; value++) {
                yield Point.setPte;
                store(arena, word, value);
              }
            },
          ],
        },
      ],
      check: () => [],
    }),
  };
}

const statesOf = (operation: (task: Task) => Steps<void>, memory: 'live' | 'history'): number =>
  search(new Executor(scenario(operation), null, { memory }), all).states;

test('what was read and is not used any more does not count', () => {
  const looks = function* ({ arena }: Task): Steps<void> {
    for (let i = 0; i < 3; i++) {
      yield Point.setPte;
      if (load(arena, Header.shared) > 9) return;
    }
  };
  assert.ok(statesOf(looks, 'live') < statesOf(looks, 'history'));
});

test('what is used later counts', () => {
  const keeps = function* ({ arena }: Task): Steps<void> {
    yield Point.setPte;
    const seen = load(arena, Header.shared);
    yield Point.setPte;
    yield Point.setPte;
    store(arena, Header.shared + 1, seen);
  };
  assert.equal(statesOf(keeps, 'live'), statesOf(keeps, 'history'));
});

test('two variables for one object are not two objects', () => {
  const aliases = function* ({ arena }: Task): Steps<void> {
    yield Point.setPte;
    const one = { value: 0 };
    const other = load(arena, Header.shared) === 0 ? one : { value: 0 };
    yield Point.setPte;
    one.value = 1;
    store(arena, Header.shared + 1, other.value);
  };
  const executor = new Executor(scenario(aliases), null, { ways: true });
  assert.ok(search(executor, all).complete);
});

/** A variable of the module: nothing says that an operation keeps something there. */
let outside = 0;

test('what an operation keeps in a module is found when steps are tried on all ways', () => {
  const hides = function* ({ arena }: Task): Steps<void> {
    yield Point.setPte;
    outside = load(arena, Header.shared);
    yield Point.setPte;
    store(arena, Header.shared + 1, outside);
  };
  assert.equal(search(new Executor(scenario(hides), null, { ways: true }), all).failure?.rule, 'I-DETERM');
});
