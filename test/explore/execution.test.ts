import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import type { ExecutorOptions } from '../../src/engines/explore/machine/execution.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { type Reduction, reduction } from '../../src/engines/explore/search/reduction.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X } from './words.ts';

/** Every interleaving. */
const all = (name: string, options: ExecutorOptions = {}, leftOut: Reduction = 'all') => {
  const executor = executorOf(scenarioNamed(name), options);
  return search(executor, { preemptions: Number.POSITIVE_INFINITY, enough: () => false, ...reduction(leftOut) });
};

test('mini-hmm has exactly the states of the yardstick, if nothing is left out and actors are told apart by all they have read', () => {
  // Counted by two other programs: an explicit state machine, and generators rebuilt from logs.
  const counts: readonly (readonly [string, number, number])[] = [
    ['mini-hmm-1x1', 40, 54],
    ['mini-hmm-2x1', 275, 489],
    ['mini-hmm', 1035, 2017],
    ['mini-hmm-3x2', 11_041, 25_792],
    ['mini-hmm-4x3', 684_243, 1_871_836],
  ];
  for (const [name, states, transitions] of counts) {
    const result = all(name, { memory: 'history' }, 'none');
    assert.deepEqual([result.failure, result.complete, result.cut], [null, true, 0], name);
    assert.deepEqual([result.states, result.transitions], [states, transitions], name);
  }
});

const proved = ['device-fault-vs-munmap', 'device-fault-vs-dontneed', 'device-fault-vs-mprotect', 'device-fault-vs-mremap'];
proved.push('device-write-vs-migration', 'device-write-vs-cpu-touch', 'two-faults-on-a-device-page', 'device-fault-vs-cow');
proved.push('exclusive-vs-munmap', 'evict-vs-device-write', 'insert-vs-walk');

for (const name of proved) {
  test(`${name} is proved: every interleaving of the full model`, () => {
    const result = all(name);
    assert.deepEqual([result.failure, result.complete, result.cut], [null, true, 0]);
    assert.ok(result.states > 200, `${result.states} states`);
  });
}

test('a check that reads a word that is not there ends with that, and the word is no state', () => {
  const words = wordScenario({ A: writes });
  for (const outside of [0, 1000]) {
    const prepare = () => {
      const { arena, actors } = words.prepare();
      return { arena, actors, check: () => [{ rule: 'I-DATA', message: `${load(arena, arena.words.length + outside)}` }] };
    };
    const searched = () => search(executorOf({ ...words, prepare }), { preemptions: 0, enough: () => false });
    assert.throws(searched, /^Violation: I-CRASH: word \d+ is read, and there is none$/);
  }
});

function* writes({ arena }: Task): Steps<void> {
  yield Point.call;
  store(arena, X, 1);
}
