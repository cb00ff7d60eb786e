/** A program on real threads: rounds from the same set-up, judged as the explorer judges them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UsageError } from '../src/input/usageError.ts';
import { stress } from '../src/library/stress.ts';

const WRITTEN = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7';

test('columns race from the same set-up again and again, with what they may answer', async () => {
  const { verdict, rounds, interleaved, answers, valuesKnown, violation, why } = await stress({
    program: `${WRITTEN} | dmig 0 0 1; A: cr 0 1; B: madvise 0 1 dontneed`,
    seconds: 4,
  });
  assert.equal(verdict, 'pass', why ?? violation?.message);
  assert.ok(rounds.seen >= rounds.required && interleaved.seen >= interleaved.required);
  assert.ok(valuesKnown);
  // Were it not set up again, the value would be there in the first round only.
  const [read] = answers;
  assert.ok((read?.answers['7'] ?? 0) > 10 && (read?.answers['0'] ?? 0) > 10, JSON.stringify(answers));
  assert.deepEqual(Object.keys(read?.answers ?? {}).sort(), ['0', '7']);
});

test('nothing is left out: a process may exit, a device close, in each round', async () => {
  const { verdict, rounds, why, violation } = await stress({
    program: `${WRITTEN}; A: dread 0 0 1; B: exit; C: close 0`,
    seconds: 5,
  });
  assert.equal(violation, null, violation?.message);
  assert.ok(rounds.seen > 20, `${verdict}: ${why}`);
});

test('a mistake of a driver is found, and explored; the driver as it is passes', async () => {
  const program = `${WRITTEN}; A: dread 0 0 1; B: munmap 0 1`;
  const { verdict, violation, trace } = await stress({ program, seconds: 20, driver: 'dmirror:retryCheck=none', trace: 20 });
  assert.equal(verdict, 'violation');
  assert.match(violation?.rule ?? '', /^I-(STALE|FREE|DATA|OUT)$/);
  assert.equal(trace?.verdict, 'violation');
  assert.equal((await stress({ program, seconds: 1 })).violation, null);
});

test('the program says what is at the end, and is believed', async () => {
  const program = `${WRITTEN}; A: cw 0 1 8; B: cw 0 1 9; end cr 0 1 is 8`;
  const { violation } = await stress({ program, seconds: 10 });
  assert.match(violation?.message ?? '', /'cr 0 1' finds 9 at the end, which should be 8/);
  assert.equal(violation?.actor, 'check');
});

test('a bug of the model is found in it', async () => {
  const program = `${WRITTEN}; A: dread 0 0 1; B: munmap 0 1`;
  const { verdict, violation } = await stress({ program, seconds: 20, bug: 'R05' });
  assert.equal(verdict, 'violation', violation?.message);
});

test('what is no program, or no operation among others, is refused in a sentence', async () => {
  await assert.rejects(stress({ program: 'mini-hmm' }), UsageError);
  await assert.rejects(stress({ program: 'A: uffd 0 1; B: cr 0 1' }), /cannot be done while others do something/);
});
