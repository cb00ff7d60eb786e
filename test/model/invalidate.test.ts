import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { load } from '../../src/arena/access.ts';
import { EAGAIN, ENOMEM } from '../../src/arena/errno.ts';
import { Header } from '../../src/arena/structures.ts';
import { mmuNotifierInvalidateRangeStartNonblock } from '../../src/notifier/invalidate.ts';
import { eventNames, MMU_NOTIFY_CLEAR, notifierRange } from '../../src/notifier/range.ts';
import { run } from '../../src/steps/steps.ts';
import { heldLocks } from '../../src/sync/lockdep.ts';
import { close, numbers, open } from './brackets.ts';
import { invalidateScene } from './invalidateScene.ts';
import { machine, soloTask } from './machine.ts';
import { heard, record } from './recorder.ts';
import { violates } from './violates.ts';

test('blocking, all willing: intervals by address, then classic ones, newest first; ends only for the classic', () => {
  const { task, mm, classic, onePass, start, end, said } = invalidateScene();
  classic({ ...start('old', 0), ...end('old') });
  classic(end('deaf'));
  classic({ ...start('new', 0), ...end('new') });
  const [b, a] = [onePass('b', true, 12), onePass('a', true, 10)];
  const range = open(task, mm, 15, 20);
  assert.deepEqual(said(), ['a', 'b', 'new start', 'old start']);
  assert.deepEqual(numbers(task, mm, a, b), [1, 3, 3, 3]);
  close(task, range);
  assert.deepEqual(said(), ['new end', 'deaf end', 'old end']);
  assert.deepEqual(numbers(task, mm), [0, 4]);
});

test('blocking, an interval refuses: that is not allowed', () => {
  const { task, mm, onePass } = invalidateScene();
  onePass('no', false);
  close(task, open(task, mm, 20, 30));
  violates('I-SEQ', /refused a blockable CLEAR/, () => open(task, mm, 10, 20));
});

test('blocking, a classic notifier refuses: that is not allowed', () => {
  const { task, mm, classic, start } = invalidateScene();
  classic(start('no', -EAGAIN));
  violates('I-PAIR', /returned -11 from a blockable start/, () => open(task, mm, 10, 20));
});

test('non-blocking, all willing: a bracket like any other', () => {
  const { task, mm, classic, onePass, start, end, said } = invalidateScene();
  classic({ ...start('c', 0), ...end('c') });
  onePass('a');
  const range = notifierRange(MMU_NOTIFY_CLEAR, mm, 10, 20);
  assert.equal(run(mmuNotifierInvalidateRangeStartNonblock(task, range)), 0);
  assert.deepEqual(numbers(task, mm), [1, 3]);
  close(task, range);
  assert.deepEqual(
    [said(), numbers(task, mm)],
    [
      ['a', 'c start', 'c end'],
      [0, 4],
    ],
  );
});

test('non-blocking, an interval refuses: the rest is not asked, what was started is finished, the bracket is closed', () => {
  const { task, mm, classic, onePass, twoPass, start, end, nonblock, said } = invalidateScene();
  classic({ ...start('c', 0), ...end('c') });
  const [one, two] = [twoPass('first'), onePass('second')];
  const [no, after] = [onePass('no', false), onePass('after')];
  assert.equal(nonblock(), -EAGAIN);
  assert.deepEqual(said(), ['first begins', 'second', 'no', 'first finishes']);
  assert.deepEqual(numbers(task, mm, one, two, no, after), [0, 4, 3, 3, 1, 1]);
  violates('I-PAIR', /ends that never began/, () => close(task, notifierRange(MMU_NOTIFY_CLEAR, mm, 10, 20)));
});

test('non-blocking, a classic notifier refuses: all are asked, those with an end hear it, the bracket is closed', () => {
  const { arena, task, mm, classic, onePass, start, end, nonblock, said } = invalidateScene();
  classic({ ...start('last', 0), ...end('last') });
  classic(start('no', -EAGAIN));
  classic(end('deaf'));
  const sub = onePass('a');
  assert.equal(nonblock(), -EAGAIN);
  assert.deepEqual(said(), ['a', 'no start', 'last start', 'deaf end', 'last end']);
  // The kernel leaves its interval side open here, for ever.
  assert.deepEqual(numbers(task, mm, sub), [0, 4, 3]);
  assert.deepEqual([load(arena, Header.srcuReaders), heldLocks(arena, task.actor)], [0, []]);
  assert.equal(nonblock(50, 60), -EAGAIN);
  assert.deepEqual(numbers(task, mm, sub), [0, 4, 3]);
});

test('non-blocking, a classic notifier fails in another way, or may not fail at all', () => {
  const { classic, start, nonblock } = invalidateScene();
  classic(start('no', -ENOMEM));
  violates('I-PAIR', /returned -12 from a non-blockable start/, () => nonblock());
  const other = invalidateScene();
  other.classic({ ...other.start('no', -EAGAIN), ...other.end('no') });
  violates('I-PAIR', /must not have an end/, () => other.nonblock());
});

eventNames.forEach((name, event) => {
  test(`${name} and its owner come to both kinds of notifier as they were sent`, () => {
    const { task, mm, classic, onePass, start, seen } = invalidateScene();
    onePass('a');
    classic(start('c', 0));
    const range = open(task, mm, 12, 14, event, 7);
    assert.deepEqual(seen, [range, range]);
    assert.deepEqual({ ...seen[0] }, { mm, start: 12, end: 14, event, owner: 7, blockable: true });
  });
});

test('a callback sees in the range whether it may sleep', () => {
  const { task, mm, classic, onePass, start, nonblock, seen } = invalidateScene();
  onePass('a');
  classic(start('c', 0));
  assert.equal(nonblock(), 0);
  open(task, mm, 10, 11);
  assert.deepEqual(
    seen.map(({ blockable }) => blockable),
    [false, false, true, true],
  );
});

test('with classic notifiers only, brackets are not counted', () => {
  const { task, mm, classic, start, onePass, said } = invalidateScene();
  classic(start('c', 0));
  const range = open(task, mm, 10, 20);
  assert.deepEqual([said(), numbers(task, mm)], [['c start'], [0, 2]]);
  close(task, range);
  onePass('a');
  close(task, open(task, mm, 50, 60));
  assert.deepEqual([said(), numbers(task, mm)], [['c start'], [0, 2]]);
  close(task, open(task, mm, 10, 20));
  assert.deepEqual(
    [said(), numbers(task, mm)],
    [
      ['a', 'c start'],
      [0, 4],
    ],
  );
});

test('without notifiers nothing happens', () => {
  const { task, mm } = machine();
  const range = open(task, mm, 10, 20);
  close(task, range);
  assert.deepEqual(heldLocks(task.arena, task.actor), []);
});

test('each interval a bracket covers is called once, also when others come meanwhile', () => {
  const span = fc.tuple(fc.nat(30), fc.integer({ min: 1, max: 8 }));
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 10 }), span, (spans, [start, length]) => {
      const { task, mm } = machine();
      const all = spans.map(([at, pages]) => record(task, mm, at, pages));
      for (const one of all) one.during = () => record(soloTask(task.arena, 1), mm, start, length);
      const range = open(task, mm, start, start + length);
      all.forEach((one, i) => {
        const [at, pages] = spans[i] as [number, number];
        const hit = at < start + length && at + pages > start;
        assert.deepEqual(heard(one), hit ? [`CLEAR ${start}-${start + length}`] : []);
      });
      close(task, range);
    }),
    { numRuns: 50 },
  );
});
