/** docs/windows.md against the scenarios: every window has one, or the page says why it has none. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { longScenarios, scenarios } from '../../src/engines/explore/plan/catalogue.ts';

const page = readFileSync(new URL('../../../../docs/windows.md', import.meta.url), 'utf8');
/** Rows of its tables, by the window's id. */
const rows = new Map([...page.matchAll(/^\| ([EFSV]\d+) \|.*\|$/gm)].map(([row, id]) => [id as string, row]));
const reached = new Set([...scenarios(), ...longScenarios()].flatMap(({ windows }) => windows.split(' ')));

test('the page has all windows', () => {
  const families = { E: 45, F: 41, S: 7, V: 8 };
  const ids = Object.entries(families).flatMap(([family, count]) => Array.from({ length: count }, (_, i) => `${family}${i + 1}`));
  assert.deepEqual(
    ids.filter((id) => !rows.has(id)),
    [],
  );
});

test('a window without a scenario says so', () => {
  for (const [id, row] of rows) {
    const excused = /no scenario|not modelled/.test(row);
    assert.notEqual(reached.has(id), excused, `${id}: ${excused ? 'there is a scenario' : 'no scenario, and no reason'}`);
  }
});
