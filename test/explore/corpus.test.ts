/** The corpus fits the model: each edit is found exactly once, and each entry says all there is to say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bugs, controls } from '../../src/bugs/index.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { editedModules } from '../../src/mutation/editedModules.ts';

test('the edits of all bugs and controls fit the model', () => {
  for (const mutation of [...bugs, ...controls]) {
    const sources = editedModules(mutation);
    assert.equal(sources.size, new Set(mutation.edits.map(({ module }) => module)).size + 1, mutation.id);
  }
});

test('ids are unique, scenarios exist, and a change changes something', () => {
  const all = [...bugs, ...controls];
  assert.equal(new Set(all.map(({ id }) => id)).size, all.length);
  for (const { id, scenario, settings, edits } of all) {
    assert.equal(scenarioNamed(scenario, settings ?? {}).name, scenario, id);
    assert.ok(edits.length > 0 || Object.keys(settings ?? {}).length > 0, id);
  }
  for (const { id, oracles } of bugs) assert.ok(oracles.length > 0, id);
  assert.ok(bugs.length >= 90);
});
