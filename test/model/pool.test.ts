import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { get, set } from '../../src/arena/access.ts';
import { createArena } from '../../src/arena/arena.ts';
import { POISON } from '../../src/arena/config.ts';
import { deref, handleOf, liveObjects, poolAlloc, poolFree, poolLive } from '../../src/arena/pool.ts';
import { smallConfig } from './machine.ts';
import { violates } from './violates.ts';

const COUNT = 5;

function scene() {
  const arena = createArena({ ...smallConfig, vmas: COUNT });
  return { arena, pool: arena.pools.vma };
}

test('an object comes with a handle and nothing else in it', () => {
  const { arena, pool } = scene();
  const at = poolAlloc(arena, pool);
  const handle = handleOf(arena, pool, at);
  assert.ok(handle > 0);
  assert.equal(deref(arena, pool, handle), at);
  assert.deepEqual([...arena.words.subarray(at, at + pool.size)], [handle, ...Array(pool.size - 1).fill(0)]);
});

test('the pool hands out what it has and then 0, until something comes back', () => {
  const { arena, pool } = scene();
  const all = Array.from({ length: COUNT }, () => poolAlloc(arena, pool));
  assert.equal(new Set(all).size, COUNT);
  assert.ok(all.every((at) => at >= pool.base && at + pool.size <= pool.base + COUNT * pool.size));
  assert.equal(poolAlloc(arena, pool), 0);
  assert.equal(poolLive(arena, pool), COUNT);
  poolFree(arena, pool, all[2] as number);
  assert.equal(poolLive(arena, pool), COUNT - 1);
  assert.equal(poolAlloc(arena, pool), all[2]);
  assert.equal(poolAlloc(arena, pool), 0);
});

test('what came back last goes out first, before anything fresh', () => {
  const { arena, pool } = scene();
  const [a, b, c] = [poolAlloc(arena, pool), poolAlloc(arena, pool), poolAlloc(arena, pool)];
  for (const at of [b, a, c]) poolFree(arena, pool, at);
  assert.deepEqual([poolAlloc(arena, pool), poolAlloc(arena, pool), poolAlloc(arena, pool)], [c, a, b]);
});

test('a handle dies with its object, also when the place has a new tenant', () => {
  const { arena, pool } = scene();
  const at = poolAlloc(arena, pool);
  const old = handleOf(arena, pool, at);
  poolFree(arena, pool, at);
  violates('I-UAF', /vma handle \d+ is used after/, () => deref(arena, pool, old));
  assert.equal(poolAlloc(arena, pool), at);
  violates('I-UAF', /vma handle \d+ is used after/, () => deref(arena, pool, old));
  const now = handleOf(arena, pool, at);
  assert.notEqual(now, old);
  assert.equal(deref(arena, pool, now), at);
});

test('an address is no better: freed twice, or asked for its handle after it was freed', () => {
  const { arena, pool } = scene();
  const at = poolAlloc(arena, pool);
  const other = poolAlloc(arena, pool);
  poolFree(arena, pool, at);
  violates('I-UAF', /freed twice/, () => poolFree(arena, pool, at));
  violates('I-UAF', /used after it was freed/, () => handleOf(arena, pool, at));
  assert.ok(handleOf(arena, pool, other) > 0);
  poolFree(arena, pool, other);
});

test('no number that is not a live handle is taken for one', () => {
  const { arena, pool } = scene();
  const handle = handleOf(arena, pool, poolAlloc(arena, pool));
  for (const forged of [0, -handle, -1, handle + 1, handle + (1 << 16), handle & 0xffff, POISON]) {
    violates('I-UAF', /is used after/, () => deref(arena, pool, forged));
  }
});

test('a freed object is poison, and what was written into it does not come back', () => {
  const { arena, pool } = scene();
  const at = poolAlloc(arena, pool);
  arena.words.fill(5, at + 2, at + pool.size);
  poolFree(arena, pool, at);
  assert.ok(arena.words.subarray(at + 2, at + pool.size).every((word) => word === POISON));
  set(arena, at + 3, 6);
  assert.equal(poolAlloc(arena, pool), at);
  assert.ok(arena.words.subarray(at + 1, at + pool.size).every((word) => word === 0));
});

test('a generation comes again only after 32767 tenants, and no handle is ever negative', () => {
  const { arena, pool } = scene();
  const seen = new Set<number>();
  for (let i = 0; i < 32_767; i++) {
    const at = poolAlloc(arena, pool);
    const handle = get(arena, at);
    assert.ok(handle > 0);
    seen.add(handle);
    poolFree(arena, pool, at);
  }
  assert.equal(seen.size, 32_767);
  assert.ok(seen.has(get(arena, poolAlloc(arena, pool))));
});

test('the live objects are those handed out and not given back, whatever the order', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -1, max: COUNT - 1 }), { maxLength: 60 }), (moves) => {
      const { arena, pool } = scene();
      const live: number[] = [];
      for (const move of moves) {
        if (move < 0) {
          const at = poolAlloc(arena, pool);
          assert.equal(at === 0, live.length === COUNT);
          if (at !== 0) live.push(at);
        } else if (move < live.length) {
          poolFree(arena, pool, live.splice(move, 1)[0] as number);
        }
        assert.deepEqual(
          liveObjects(arena, pool),
          live.toSorted((a, b) => a - b),
        );
        assert.equal(poolLive(arena, pool), live.length);
      }
    }),
  );
});
