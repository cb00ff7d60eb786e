/** Every scenario with not too many states, searched with nothing left out and with all that may be left out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { doesTheSame } from './reduced.ts';

/** States of a search that is followed to its end. */
const MOST = 4_000;

const all = scenarios();

test('most scenarios are the same with fewer orders, and none is another one', () => {
  const finished = all.filter((scenario) => {
    try {
      return doesTheSame(scenario, MOST) === 'finished';
    } catch (error) {
      throw new Error(`${scenario.name}: ${error instanceof Error ? error.message : error}`);
    }
  });
  assert.ok(2 * finished.length > all.length, `${finished.length} of ${all.length} were searched to their ends`);
});
