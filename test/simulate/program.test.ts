/** A program under virtual time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dmirror } from '../../src/drivers/dmirror/index.ts';
import { costsOf } from '../../src/engines/cell/costs.ts';
import { TimedProgram } from '../../src/engines/simulate/timedProgram.ts';

const ON_DEVICE = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | dmig 0 0 1';

function timed(program: string, rounds: number, { settings = {}, costs = {}, cpus = 8 } = {}): TimedProgram {
  const running = new TimedProgram({ program, driver: dmirror, settings, costs: costsOf('pcie4', costs), cpus, seed: 1 });
  while (running.rounds < rounds && running.round());
  return running;
}

test('operations take their time, and answer what they may, in both orders', () => {
  const { rows, failure } = timed(`${ON_DEVICE}; A: cr 0 1; B: madvise 0 1 dontneed`, 400);
  assert.equal(failure, null);
  const [read, discard] = rows;
  assert.deepEqual(Object.keys(read?.answers ?? {}).sort(), ['0', '7']);
  assert.ok((read?.answers['0'] ?? 0) > 20 && (read?.answers['7'] ?? 0) > 20, JSON.stringify(read?.answers));
  assert.ok((discard?.meanNs ?? 0) > 0);
});

test('the same seed gives the same result, and another cost another one', () => {
  const program = `${ON_DEVICE}; A: cw 0 1 8; B: dread 0 0 1`;
  const once = timed(program, 100);
  assert.deepEqual(timed(program, 100).rows, once.rows);
  const dearer = timed(program, 100, { costs: { copyPage: 100_000 } });
  assert.ok((dearer.rows[0]?.meanNs ?? 0) > 50_000 + (once.rows[0]?.meanNs ?? 0));
});

test('on one processor columns that do not wait for one another take longer', () => {
  const program = 'given mmap 0 2 rw anon; A: cw 0 1 1 | munmap 0 1; B: cw 1 1 2 | munmap 1 1';
  assert.ok(timed(program, 100, { cpus: 1 }).meanRoundNs > timed(program, 100, { cpus: 2 }).meanRoundNs);
});

test('a mistake of a driver breaks a rule where its window is wide enough', () => {
  const program = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; A: dread 0 0 1; B: munmap 0 1';
  const costs = { driverSnapshot: 5000 };
  assert.equal(timed(program, 500, { costs }).failure, null);
  assert.match(timed(program, 500, { costs, settings: { retryCheck: 'none' } }).failure?.rule ?? '', /^I-/);
});

test('what the program says of its end is held against it', () => {
  const { failure } = timed('given mmap 0 1 rw anon; A: cw 0 1 8; B: cw 0 1 9; end cr 0 1 is 8', 500);
  assert.match(failure?.message ?? '', /finds 9 at the end/);
});
