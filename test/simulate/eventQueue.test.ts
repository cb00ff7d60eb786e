import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { EventQueue } from '../../src/engines/simulate/eventQueue.ts';

test('events come out by time, and in order of arrival within a moment', () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(8), { nil: null }), { maxLength: 200 }), (script) => {
      const queue = new EventQueue(200);
      const reference: { time: number; item: number }[] = [];
      let item = 0;
      for (const time of script) {
        if (time === null) {
          // The reference: a stable sort.
          reference.sort((a, b) => a.time - b.time);
          assert.equal(queue.time, reference[0]?.time ?? Number.POSITIVE_INFINITY);
          assert.equal(queue.pop(), reference.shift()?.item ?? -1);
        } else {
          queue.push(time, item);
          reference.push({ time, item });
          item++;
        }
        assert.equal(queue.size, reference.length);
      }
    }),
  );
});

test('a full queue says so', () => {
  const queue = new EventQueue(1);
  queue.push(1, 0);
  assert.throws(() => queue.push(2, 1), /there is room for 1 events/);
});
