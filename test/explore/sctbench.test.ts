/** The programs of SCTBench that take no time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { programs } from '../../bench/sctbench/index.ts';
import { published } from '../../bench/sctbench/published.ts';
import { holdsFor, isLong } from './programs.ts';

for (const program of programs) if (!isLong(program)) holdsFor(program);

test('each program has a name of its own, and what is published belongs to one', () => {
  const names = programs.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(Object.keys(published).sort(), [...names].sort());
});
