/** What is said of programs about serial numbers is true, where states that differ only in how far they have counted are one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serialFuzz } from './serialFuzz.ts';

const PROGRAMS = 100;

test(`${PROGRAMS} programs about serial numbers: the explorer and the reference agree`, () => {
  const { disagreement, alike, finished, broken, apart } = serialFuzz({ programs: PROGRAMS, seed: 1 });
  assert.equal(disagreement, null, JSON.stringify(disagreement, null, 1));
  // Programs about nothing would agree as well.
  assert.ok(alike > PROGRAMS / 2 && broken > PROGRAMS / 4 && finished > PROGRAMS / 8, `${alike}, ${broken}, ${finished}`);
  assert.ok(Object.keys(apart).length > 2, Object.keys(apart).join('; '));
});
