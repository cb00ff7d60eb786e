import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { fittingScenarios } from '../../src/engines/reproduce/fitting.ts';
import { reproduce } from '../../src/engines/reproduce/reproduce.ts';

const settings = { retryCheck: 'none' };

test('a race that only a scenario far down the list shows is found all the same, with a driver of its own name', async () => {
  const order = await fittingScenarios({ rule: 'I-STALE', actor: 'device0', log: [] }, { driver: 'nouveau' });
  assert.ok(order.length > 100);
  for (const name of order) assert.equal(scenarioNamed(name).prepare().driver, 'nouveau', name);
  // As badly sorted as can be: all that can show it come last.
  const shows = (name: string): boolean => name.startsWith('device-fault-vs-munmap');
  const scenarios = [...order.filter((name) => !shows(name)).slice(0, 40), ...order.filter(shows)];
  const { found } = await reproduce({ rule: 'I-STALE', scenarios, settings, seconds: 100 });
  assert.deepEqual([found?.sameRule, found?.failure.oracle], [true, 'I-STALE']);
});
