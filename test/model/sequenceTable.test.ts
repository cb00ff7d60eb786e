import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NotifierRange } from '../../src/notifier/range.ts';
import { close, deferred, inTree, numbers, open } from './brackets.ts';
import { sequenceScene } from './sequenceScene.ts';

/** What the tables of the sequence design say, on plain values. */
function shadow() {
  const own = new Map<number, number>();
  const members = new Set<number>();
  const state = { active: 0, seq: 2, own, members, waiting: [] as number[] };
  return Object.assign(state, {
    open(hits: readonly number[]) {
      state.active++;
      if (hits.length > 0) state.seq |= 1;
      for (const sub of hits) own.set(sub, state.seq);
    },
    close() {
      state.active--;
      if (state.active > 0 || state.seq % 2 === 0) return;
      state.seq++;
      for (const sub of state.waiting.splice(0)) members.add(sub);
    },
    insert(sub: number) {
      if (state.active === 0) own.set(sub, state.seq - 1);
      else if (state.seq % 2 === 0) own.set(sub, ++state.seq);
      else {
        own.set(sub, state.seq);
        state.waiting.unshift(sub);
        return;
      }
      members.add(sub);
    },
  });
}

const PAGES = 24;
const span = fc.record({ start: fc.nat(PAGES), length: fc.integer({ min: 1, max: 6 }) });
const event = fc.oneof(
  fc.record({ what: fc.constant('open' as const), span }),
  fc.record({ what: fc.constant('close' as const), which: fc.nat(5) }),
  fc.record({ what: fc.constant('insert' as const), span }),
);

test('any mixture of brackets and insertions moves the numbers as designed', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const { task, mm, insert } = sequenceScene();
      const expected = shadow();
      const spans = new Map<number, [number, number]>();
      const brackets: NotifierRange[] = [];
      const first = insert(0, 2);
      spans.set(first, [0, 2]);
      expected.insert(first);
      for (const e of events) {
        if (e.what === 'insert') {
          const sub = insert(e.span.start, e.span.length);
          spans.set(sub, [e.span.start, e.span.start + e.span.length]);
          expected.insert(sub);
        } else if (e.what === 'open') {
          const [start, end] = [e.span.start, e.span.start + e.span.length];
          brackets.push(open(task, mm, start, end));
          expected.open(
            [...expected.members].filter((sub) => (spans.get(sub)?.[0] ?? end) < end && (spans.get(sub)?.[1] ?? 0) > start),
          );
        } else {
          const [range] = brackets.splice(e.which, 1);
          if (range === undefined) continue;
          close(task, range);
          expected.close();
        }
        const subs = [...spans.keys()];
        assert.deepEqual(numbers(task, mm, ...subs), [
          expected.active,
          expected.seq,
          ...subs.map((sub) => expected.own.get(sub)),
        ]);
        assert.deepEqual(new Set(inTree(task, mm)), expected.members);
        assert.deepEqual(deferred(task, mm), expected.waiting);
      }
    }),
    { numRuns: 200 },
  );
});
