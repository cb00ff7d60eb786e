/** The two steps whose order decides, wherever the rule is seen to break. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { Violation } from '../../src/arena/violation.ts';
import { executorOf, explore, replay } from '../../src/engines/explore/explore.ts';
import { Budget } from '../../src/engines/explore/failure/budget.ts';
import { criticalPair, preemptedLate } from '../../src/engines/explore/failure/pair.ts';
import { exploreText } from '../../src/report/exploreText.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { wordScenario, X, Y, Z } from './words.ts';

const budget = new Budget(60);

/** Says the words one after the other, with a point before each. */
const stores = (...pairs: readonly (readonly [word: number, value: number])[]) =>
  function* ({ arena }: Task): Steps<void> {
    for (const [word, value] of pairs) {
      yield Point.call;
      store(arena, word, value);
    }
  };

/** Waits for its turn, then sees whether all words are 1. */
const sees = (...words: readonly number[]) =>
  function* ({ arena }: Task): Steps<void> {
    yield Point.call;
    if (words.every((word) => load(arena, word) === 1)) throw new Violation('I-OUT', 'seen');
  };

function explained(scenario: Scenario) {
  const options = {
    strategy: 'search',
    seconds: 60,
    schedules: 1e6,
    preemptions: Number.POSITIVE_INFINITY,
    seed: 1,
    settings: {},
  };
  const result = explore(scenario, { ...options, explain: true });
  assert.ok(result.failure);
  return { ...result.failure, text: exploreText(result) };
}

/** The first and the last step of the pair, as words. */
const pairOf = ({ explanation }: ReturnType<typeof explained>) => {
  const critical = explanation?.critical ?? assert.fail('no pair');
  return [critical.first, critical.second].map(({ actor, step }) => `${actor}${step ?? ' later'}`);
};

test('the preempting actor fails itself: the step that came too late was not made any more', () => {
  const failure = explained(wordScenario({ A: stores([X, 1], [X, 0]), B: sees(X) }));
  assert.equal(failure.preemptions, 1);
  assert.deepEqual(pairOf(failure), ['B2', 'A later']);
  assert.match(failure.text, /comes before\n {2}A from call to done \(a step it had not come to\)/);
});

test('a third actor fails, after the one that preempted is done', () => {
  const failure = explained(wordScenario({ A: stores([X, 1], [X, 0]), B: stores([Y, 1]), D: sees(X, Y) }));
  assert.deepEqual(pairOf(failure), ['D3', 'A later']);
});

test('the preempted actor fails after it went on', () => {
  const looksTwice = function* ({ arena }: Task): Steps<void> {
    yield Point.call;
    const before = load(arena, X);
    yield Point.call;
    if (before !== load(arena, X)) throw new Violation('I-OUT', 'it has changed');
  };
  const failure = explained(wordScenario({ A: looksTwice, B: stores([Z, 1], [X, 1], [Y, 1]) }));
  assert.deepEqual(pairOf(failure), ['B3', 'A5']);
});

test('an actor that is preempted too early is preempted one step before it would be well', () => {
  const scenario = wordScenario({ A: stores([X, 1], [Y, 1], [Z, 1], [X, 0]), B: sees(X) });
  const executor = executorOf(scenario);
  const late = preemptedLate(executor, [0, 1], 'I-OUT', budget);
  assert.deepEqual(late, [0, 0, 0, 1]);
  const pair = criticalPair(executor, late, budget);
  assert.deepEqual([pair?.first.step, pair?.second.step, pair?.second.to], [4, null, 'done']);
});

test('no pair where whole operations decide, where one actor is enough, or where no order passes', () => {
  const whole = explained(wordScenario({ A: stores([X, 1]), B: sees(X) }));
  assert.match(whole.text, /It needs no preemption: the order of whole operations decides\./);
  const alone = explained(wordScenario({ A: sees() }));
  assert.match(alone.text, /It needs nobody else: A does it alone\./);
  const always = wordScenario({ A: stores([X, 1], [Y, 1]), B: sees() });
  assert.equal(criticalPair(executorOf(always), [0, 1], budget), null);
});

test('an order that breaks another rule does not count as one that passes', () => {
  const strict = function* ({ arena }: Task): Steps<void> {
    yield Point.call;
    throw new Violation(load(arena, X) === 1 ? 'I-OUT' : 'I-DATA', 'always');
  };
  const scenario = wordScenario({ A: stores([X, 1], [X, 0]), B: strict });
  assert.equal(criticalPair(executorOf(scenario), [0, 1], budget), null);
});

test('the order that fails may break another rule than the schedule: it is said which', () => {
  const told = function* ({ arena }: Task): Steps<void> {
    yield Point.call;
    const value = load(arena, X);
    if (value !== 0) throw new Violation(value === 1 ? 'I-OUT' : 'I-DATA', 'seen');
  };
  const scenario = wordScenario({ A: stores([X, 1], [X, 2], [X, 0]), B: told });
  const pair = criticalPair(executorOf(scenario), [0, 1], budget);
  assert.deepEqual([pair?.rule, pair?.first.actor, pair?.second.actor], ['I-DATA', 'B', 'A']);
  assert.match(
    exploreText(replay(scenario, {}, [0, 1])),
    /rule I-OUT is broken: seen[\s\S]*In this order rule I-DATA is broken\. The other way round it passes\./,
  );
});
