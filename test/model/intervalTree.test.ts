import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { get } from '../../src/arena/access.ts';
import { type Arena, createArena } from '../../src/arena/arena.ts';
import { firstOverlap, insertInterval, nextOverlap, nodeLast, nodeStart, removeInterval } from '../../src/arena/intervalTree.ts';
import { poolAlloc } from '../../src/arena/pool.ts';
import { Header, IntervalSub } from '../../src/arena/structures.ts';
import { smallConfig } from './machine.ts';

const ROOT = Header.shared;

/** An empty tree, and room for `count` nodes. */
function scene(count: number) {
  const arena = createArena({ ...smallConfig, intervals: count });
  const nodes = Array.from({ length: count }, () => poolAlloc(arena, arena.pools.interval) + IntervalSub.node);
  return { arena, nodes };
}

function overlapping(arena: Arena, start: number, last: number): number[] {
  const found: number[] = [];
  for (let at = firstOverlap(arena, ROOT, start, last); at !== 0; at = nextOverlap(arena, ROOT, at, start, last)) found.push(at);
  return found;
}

interface Key {
  readonly node: number;
  readonly start: number;
  readonly last: number;
}

/** The same from a plain list. */
const naive = (keys: readonly Key[], start: number, last: number): number[] =>
  keys
    .filter((key) => key.start <= last && key.last >= start)
    .toSorted((a, b) => a.start - b.start || a.node - b.node)
    .map(({ node }) => node);

const SLOTS = 24;
const PAGES = 40;
const range = fc.tuple(fc.nat(PAGES), fc.nat(12)).map(([start, more]) => ({ start, last: start + more }));
/** Changes a slot: in if it is out, out if it is in; then asks for a range. */
const move = fc.record({ slot: fc.nat(SLOTS - 1), at: range, query: range });

test('it answers as a plain list does', () => {
  fc.assert(
    fc.property(fc.array(move, { maxLength: 80 }), (moves) => {
      const { arena, nodes } = scene(SLOTS);
      const keys = new Map<number, Key>();
      for (const { slot, at, query } of moves) {
        const node = nodes[slot] as number;
        if (keys.delete(node)) removeInterval(arena, ROOT, node);
        else {
          keys.set(node, { node, ...at });
          insertInterval(arena, ROOT, node, at.start, at.last);
          assert.deepEqual([nodeStart(arena, node), nodeLast(arena, node)], [at.start, at.last]);
        }
        const list = [...keys.values()];
        assert.deepEqual(overlapping(arena, query.start, query.last), naive(list, query.start, query.last));
        assert.deepEqual(overlapping(arena, 0, 2 * PAGES), naive(list, 0, 2 * PAGES));
      }
      for (const node of keys.keys()) removeInterval(arena, ROOT, node);
      assert.equal(get(arena, ROOT), 0);
    }),
    { numRuns: 300 },
  );
});

test('the next overlap is found from any place, also from a node that does not overlap', () => {
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: SLOTS }), range, (ranges, { start, last }) => {
      const { arena, nodes } = scene(SLOTS);
      const keys = ranges.map((at, i) => ({ node: nodes[i] as number, ...at }));
      for (const key of keys) insertInterval(arena, ROOT, key.node, key.start, key.last);
      const all = naive(keys, 0, 2 * PAGES);
      const hits = naive(keys, start, last);
      all.forEach((from, i) => {
        const expected = all.slice(i + 1).find((node) => hits.includes(node)) ?? 0;
        assert.equal(nextOverlap(arena, ROOT, from, start, last), expected);
      });
    }),
  );
});

test('both ends of an interval belong to it', () => {
  const { arena, nodes } = scene(1);
  const [node = 0] = nodes;
  insertInterval(arena, ROOT, node, 10, 12);
  assert.equal(firstOverlap(arena, ROOT, 0, 9), 0);
  assert.equal(firstOverlap(arena, ROOT, 0, 10), node);
  assert.equal(firstOverlap(arena, ROOT, 12, 99), node);
  assert.equal(firstOverlap(arena, ROOT, 13, 99), 0);
  assert.equal(nextOverlap(arena, ROOT, node, 0, 99), 0);
});

test('what is not in the tree cannot be taken out, what is can', () => {
  const { arena, nodes } = scene(2);
  const [one = 0, two = 0] = nodes;
  insertInterval(arena, ROOT, one, 5, 6);
  assert.throws(() => removeInterval(arena, ROOT, two), /is not in the tree/);
  removeInterval(arena, ROOT, one);
  assert.throws(() => removeInterval(arena, ROOT, one), /is not in the tree/);
  assert.equal(get(arena, ROOT), 0);
});

/** Nodes on the longest way down. The links of a node are its fourth and fifth word. */
function depth(arena: Arena, top: number): number {
  const [LEFT, RIGHT] = [3, 4];
  return top === 0 ? 0 : 1 + Math.max(depth(arena, get(arena, top + LEFT)), depth(arena, get(arena, top + RIGHT)));
}

const orders: [string, (i: number, count: number) => number][] = [
  ['ascending', (i) => i],
  ['descending', (i, count) => count - i],
  ['all the same', () => 7],
  ['a page-table apart', (i) => 512 * i],
];

for (const [order, startOf] of orders) {
  test(`10000 intervals inserted ${order} make no deep tree`, () => {
    const COUNT = 10_000;
    const { arena, nodes } = scene(COUNT);
    for (const [i, node] of nodes.entries()) insertInterval(arena, ROOT, node, startOf(i, COUNT), startOf(i, COUNT));
    // A random treap of this size is 31 deep, give or take 4.
    const deepest = depth(arena, get(arena, ROOT));
    assert.ok(deepest >= 14 && deepest <= 4 * Math.log2(COUNT), `${deepest} deep`);
    nodes.forEach((node, i) => {
      if (i % 2 === 0) removeInterval(arena, ROOT, node);
    });
    assert.equal(overlapping(arena, 0, 512 * COUNT).length, COUNT / 2);
    assert.ok(depth(arena, get(arena, ROOT)) <= 4 * Math.log2(COUNT));
  });
}
