/** Ideal memory knows whose memory a device file is about. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { allowed } from '../src/programs/allowed.ts';
import { parseProgram } from '../src/programs/program.ts';

/** What the only page of each column's first operation may hold. */
function values(text: string): unknown[] {
  const { columns = [] } = allowed(parseProgram(text), new Set(), () => false) ?? {};
  return columns.map(([first]) => [...(first?.[0] ?? [])]);
}

const FORKED = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | fork 1 | cw 0 1 8';

test('a device file that a child has inherited is about the memory of its parent', () => {
  assert.deepEqual(values(`${FORKED}\nA: @1 dread 0 0 1\nB: @1 cr 0 1`), [[8], [7]]);
  assert.deepEqual(values(`${FORKED}\nA: exit\nB: @1 dread 0 0 1`)[1], [8, 'refused']);
});

test('one that it has opened itself is about its own', () => {
  assert.deepEqual(values(`${FORKED} | @1 open 1 0\nA: @1 dread 1 0 1\nB: dread 0 0 1`), [[7], [8]]);
  assert.deepEqual(values(`${FORKED} | @1 close 0 | @1 open 0 0\nA: @1 dread 0 0 1\nB: cr 0 1`), [[7], [8]]);
});
