/** Made smaller, a failure still fails because of what was asked about, and not because of what was left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { Violation } from '../../src/arena/violation.ts';
import { bugs } from '../../src/bugs/index.ts';
import { executorOf } from '../../src/engines/explore/explore.ts';
import { Budget } from '../../src/engines/explore/failure/budget.ts';
import { type Counterpart, counterpart } from '../../src/engines/explore/failure/counterpart.ts';
import { minimise } from '../../src/engines/explore/failure/minimise.ts';
import type * as Clean from '../../src/engines/explore/plan/cleanScenario.ts';
import { counterpartOf } from '../../src/engines/explore/plan/cleanScenario.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { mutatedTree } from '../../src/mutation/mutate.ts';
import type { Scenario, Script } from '../../src/scenarios/kit/scenario.ts';
import { splitName } from '../../src/scenarios/kit/without.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { X, Y, Z } from './words.ts';

type Operation = Script['operations'][number];

const sets = (word: number, value: number): Operation =>
  function* ({ arena }: Task): Steps<void> {
    yield Point.call;
    store(arena, word, value);
  };

/** Adds nothing to X. With the mistake another may come between the load and the store, and what it stored is lost. */
const touches = (isWrong: boolean): Operation =>
  function* ({ arena }: Task): Steps<void> {
    yield Point.call;
    const value = load(arena, X);
    if (isWrong) yield Point.call;
    store(arena, X, value);
  };

/** When Y says that X was stored, it is there. That relies on the operation that stores it. */
const demands: Operation = function* ({ arena }: Task): Steps<void> {
  yield Point.call;
  if (load(arena, Y) === 1 && load(arena, X) !== 1) throw new Violation('I-OUT', 'lost');
};

/** C stores X and says so, A touches it, D looks; E has nothing to do with it. */
const lostUpdate = (isWrong: boolean, looks: 'itself' | 'at the end'): Scenario => ({
  name: 'lost',
  title: '',
  windows: '',
  prepare() {
    const actors: Script[] = [
      { name: 'A', operations: [touches(isWrong)] },
      { name: 'C', operations: [sets(X, 1), sets(Y, 1)] },
      { name: 'D', operations: looks === 'itself' ? [demands] : [sets(Z, 2)] },
      { name: 'E', operations: [sets(Z, 1)] },
    ];
    const arena = wordArena(actors.length);
    const lost = () => (load(arena, Y) === 1 && load(arena, X) !== 1 ? [{ rule: 'I-OUT', message: 'lost' }] : []);
    const check = looks === 'itself' ? () => [] : lost;
    return { arena, actors, check, invariants: check };
  },
});

/** What is left out of the failure that a search finds. */
function leftOut(scenario: Scenario, clean: Counterpart | null, budget = new Budget(60)) {
  const executor = executorOf(scenario);
  for (let preemptions = 0; ; preemptions++) {
    const { failure, schedule } = search(executor, { preemptions, enough: () => false });
    if (failure === null) continue;
    const found = { failure, schedule: [...schedule], minimal: true };
    const small = minimise(executorOf, executorOf(scenario), found, budget, clean);
    assert.equal(small.failure.rule, failure.rule);
    return [...splitName(small.executor.scenario.name).left].sort();
  }
}

test('without a counterpart nothing is left out that an operation of the scenario itself may rely on', () => {
  assert.deepEqual(leftOut(lostUpdate(true, 'itself'), null), []);
});

test('without a counterpart, and seen by a check of the model: what changes the number of preemptions stays', () => {
  // Without the store of X by C no preemption would be needed.
  assert.deepEqual(leftOut(lostUpdate(true, 'at the end'), null), ['D0', 'E0']);
});

test('with a counterpart all goes that it does not need to be well', () => {
  const clean = counterpart(lostUpdate(false, 'itself'));
  assert.deepEqual(leftOut(lostUpdate(true, 'itself'), clean), ['E0']);
  assert.deepEqual(leftOut(lostUpdate(true, 'at the end'), counterpart(lostUpdate(false, 'at the end'))), ['D0', 'E0']);
});

test('a counterpart that is broken itself, or is not looked at to the end, lets nothing be left out', () => {
  assert.deepEqual(leftOut(lostUpdate(true, 'itself'), counterpart(lostUpdate(true, 'itself'))), []);
  assert.deepEqual(leftOut(lostUpdate(true, 'itself'), { passes: () => false }), []);
  assert.deepEqual(leftOut(lostUpdate(true, 'itself'), counterpart(lostUpdate(false, 'itself')), new Budget(0)), []);
});

test('the counterpart of options is the scenario without them, and there is none where nothing was asked about', async () => {
  assert.equal(await counterpartOf('device-fault-vs-munmap', {}, undefined), null);
  const clean = await counterpartOf('device-fault-vs-munmap', { retryCheck: 'none' }, undefined);
  assert.equal(clean?.passes([], 1, new Budget(60)), true);
});

test('the counterpart of a bug is of the tree without it', async () => {
  const bug = bugs.find(({ id }) => id === 'R34') ?? assert.fail();
  const tree = mutatedTree(bug);
  try {
    const load = <T>(module: string): Promise<T> => import(tree.urlOf(`engines/explore/${module}`).href);
    const { counterpartOf: there } = await load<typeof Clean>('plan/cleanScenario');
    const clean = (await there(bug.scenario, {}, undefined)) ?? assert.fail();
    assert.equal(clean.passes([], 0, new Budget(60)), true);
    const { counterpart: own } = await load<{ counterpart: typeof counterpart }>('failure/counterpart');
    const { scenarioNamed } = await load<{ scenarioNamed: (name: string) => Scenario }>('plan/catalogue');
    assert.equal(own(scenarioNamed(bug.scenario)).passes([], bug.preemptions, new Budget(60)), false);
  } finally {
    tree.remove();
  }
});
