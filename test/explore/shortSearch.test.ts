/** A search of everything that comes first and is given up where there is much: what is said is the same with it as without. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore } from '../../src/engines/explore/explore.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import type { ExploreResult } from '../../src/engines/explore/plan/result.ts';

const onDevice = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1';
const small = [`${onDevice}; A: cw 0 1 8; B: munmap 0 1`, `${onDevice}; A: cw 0 1 8; B: madvise 0 1 dontneed`];
const large = `${onDevice}; A: cw 0 1 8 | cr 0 1; B: madvise 0 1 dontneed | cw 0 1 9; C: dread 0 0 1`;

function explored(text: string, shortSearch?: number, limits = {}): ExploreResult {
  const options = {
    strategy: 'portfolio',
    schedules: 1e9,
    preemptions: Number.POSITIVE_INFINITY,
    seed: 1,
    repeats: 1,
    settings: {},
  };
  const short = shortSearch === undefined ? {} : { shortSearch };
  return explore(scenarioNamed(text), { ...options, seconds: 60, ...limits, ...short });
}

for (const text of small) {
  test(`proved by it alone, with the same states: ${text}`, () => {
    const [usual, short] = [explored(text), explored(text, 20_000)];
    assert.equal(short.verdict, 'proved');
    assert.equal(short.verdict, usual.verdict);
    assert.equal(short.states, usual.states);
    assert.ok(short.schedules < usual.schedules);
  });
}

test('given up after so many states, and then it is as if it had not been', () => {
  const text = small[1] as string;
  const [usual, short] = [explored(text), explored(text, 100)];
  assert.equal(usual.verdict, 'proved');
  assert.equal(short.verdict, 'proved');
  assert.equal(short.states, usual.states);
  assert.ok(short.schedules > usual.schedules);
});

test('a failure that it meets is not said to be the smallest: the fewest preemptions are looked for as without it', () => {
  for (const text of small.map((program) => `${program}; end cr 0 1 is 9`)) {
    const [usual, short] = [explored(text), explored(text, 20_000)];
    assert.equal(short.verdict, 'violation');
    assert.deepEqual({ ...short.failure, token: '' }, { ...usual.failure, token: '' });
    assert.equal(short.failure?.minimal, true);
  }
});

test('what is too large is covered up to as many preemptions as without it', () => {
  const limits = { schedules: 3000 };
  const [usual, short] = [explored(large, undefined, { ...limits, schedules: 1500 }), explored(large, 500, limits)];
  assert.notEqual(usual.verdict, 'proved');
  assert.equal(short.verdict, usual.verdict);
  assert.ok(short.bound >= usual.bound && usual.bound >= 0, `${short.bound} and ${usual.bound}`);
});
