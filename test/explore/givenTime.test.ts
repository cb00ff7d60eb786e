/** The clock by which a step that does not end is told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GivenTime } from '../../src/engines/explore/threads/givenTime.ts';

/** Processor time of so many milliseconds. */
const used = (ms: number) => ({ user: 600 * ms, system: 400 * ms });

test('time goes as fast as a thread gets a processor', () => {
  const time = new GivenTime(0, used(0));
  assert.equal(time.now(1, 100, used(100)), 100, 'alone on its processor');
  assert.equal(time.now(2, 200, used(300)), 200, 'two threads on two processors');
  assert.equal(time.now(2, 300, used(400)), 250, 'two threads on one processor');
  assert.equal(time.now(1, 1300, used(500)), 350, 'a machine that is busy with something else');
  assert.equal(time.now(1, 1400, used(900)), 450, 'the compiler beside it: never faster than the wall');
});

test('who sleeps is found out, too', () => {
  const time = new GivenTime(0, used(0));
  assert.equal(time.now(1, 1000, used(0)), 50);
  assert.equal(time.now(0, 2000, used(0)), 100);
});
