/** What a search asks in between may take many steps: it asks, too, whether it is enough, and its answer is worth nothing then. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { add, load, store } from '../../src/arena/access.ts';
import { executorOf } from '../../src/engines/explore/explore.ts';
import { runOnce } from '../../src/engines/explore/sampling/run.ts';
import { RandomWalk } from '../../src/engines/explore/sampling/strategies.ts';
import { AloneRuns } from '../../src/engines/explore/search/aloneRuns.ts';
import { endless } from '../../src/engines/explore/search/noProgress.ts';
import { OFTEN, Patience } from '../../src/engines/explore/search/patience.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X, Y, Z } from './words.ts';

/** Polls a word that nobody sets, and remembers how often it did. */
const polls = function* ({ arena }: Task): Steps<void> {
  for (let n = 1; load(arena, X) === 0; n++) {
    yield Point.cpuAccess;
    yield Point.lock;
    yield Point.getPage;
    yield Point.hmmWalk;
    yield Point.unlock;
    yield Point.unlocked;
    yield Point.invEndWake;
    yield Point.wait;
    yield Point.faultReadPte;
    yield Point.setPte;
    store(arena, Y, n);
  }
};

const adds = function* ({ arena }: Task): Steps<void> {
  yield Point.cpuAccess;
  add(arena, Z, 1);
  store(arena, Y, 0);
};

test('a run of an actor alone, and a round that is followed, ask as they go', () => {
  let asked = 0;
  const patience = new Patience(() => {
    asked++;
    return false;
  });
  const two = executorOf(wordScenario({ A: adds, B: polls }));
  two.reset();
  const runs = new AloneRuns(two, patience);
  runs.arrive();
  assert.equal(runs.areApart(0, 1), false, 'it cannot be told');
  assert.ok(asked >= 10_000 / OFTEN - 1, `${asked} questions while 10,000 steps are looked at`);

  asked = 0;
  const one = executorOf(wordScenario({ A: polls }));
  one.reset();
  for (let i = 0; i < 2048; i++) one.step(0);
  assert.equal(endless(one, patience)?.kind, 'counting livelock');
  assert.ok(asked >= 10_240 / OFTEN - 1, `${asked} questions while 1024 rounds of 10 steps are made`);
});

test('who has no patience left calls nothing a livelock, in a search as in a sample', () => {
  const alone = wordScenario({ A: polls });
  const executor = executorOf(alone);
  const ends = search(executor, { preemptions: 0, enough: () => true });
  assert.deepEqual([ends.failure, ends.complete], [null, false]);

  executor.reset();
  for (let i = 0; i < 2048; i++) executor.step(0);
  const none = new Patience(() => true);
  assert.equal(endless(executor, none), null);
  assert.ok(none.isOver && executor.steps === 2048);
  assert.equal(endless(executor)?.kind, 'counting livelock');

  const runnable = new Uint8Array(1);
  const sampled = (patience?: Patience) => runOnce(executor, new RandomWalk(1), runnable, null, null, patience)?.kind;
  assert.equal(sampled(), 'counting livelock');
  assert.equal(sampled(new Patience(() => true)), undefined);
});
