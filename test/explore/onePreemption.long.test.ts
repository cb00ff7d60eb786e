import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorOf } from '../../src/engines/explore/explore.ts';
import { scenarioNamed, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';

test('the default driver has no failure with one preemption in any scenario', () => {
  for (const { name } of scenarios()) {
    if (name === 'mini-hmm-early') continue;
    const result = search(executorOf(scenarioNamed(name)), { preemptions: 1, enough: () => false });
    assert.deepEqual(result.failure, null, name);
    assert.ok(result.complete, name);
  }
});
