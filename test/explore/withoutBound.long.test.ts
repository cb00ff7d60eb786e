/** Every scenario without a bound on preemptions, as far as some seconds go. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';

test('the default driver has no failure among the first 8,000 states of any scenario, where actors are preempted again and again', () => {
  for (const scenario of scenarios()) {
    if (scenario.name === 'mini-hmm-early') continue;
    const preemptions = Number.POSITIVE_INFINITY;
    const enough = (_: number, states: number): boolean => states >= 8_000;
    const { failure, states } = search(executorOf(scenario), { preemptions, enough });
    assert.deepEqual(failure, null, scenario.name);
    assert.ok(states > 5, scenario.name);
  }
});
