import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, set } from '../../src/arena/access.ts';
import { type Arena, attachArena, buffersOf, createArena, LAYOUT_VERSION } from '../../src/arena/arena.ts';
import {
  ACTOR_LIMIT,
  type ArenaConfig,
  defaultConfig,
  LOCK_CLASSES,
  PFN_LIMIT,
  POOL_LIMIT,
  PTRS_PER_TABLE,
} from '../../src/arena/config.ts';
import { atomic, guarded, pooled, type Shape, struct } from '../../src/arena/layout.ts';
import * as structures from '../../src/arena/structures.ts';
import { smallConfig } from './machine.ts';

const { Actor, Header } = structures;
const shapes: Shape[] = Object.values(structures).flatMap((value) =>
  typeof value === 'object' && 'shape' in value ? [value.shape] : [],
);

test('fields follow one another and the length is rounded up', () => {
  const Made = struct('made', { one: atomic('first'), three: atomic('second', 3), last: guarded('one', 'third') }, 4);
  assert.deepEqual([Made.one, Made.three, Made.last], [0, 1, 4]);
  assert.equal(Made.shape.size, 8);
  assert.equal(Object.values(Made.shape.fields).at(-1)?.lock, 'one');
});

test('a pooled structure begins with its handle and its link', () => {
  const Made = pooled('made', { own: atomic('first of its own', 2) });
  assert.deepEqual([Made.handle, Made.link, Made.own, Made.shape.size], [0, 1, 2, 4]);
});

test('every guarded field names its lock, and every field has a meaning', () => {
  assert.ok(['header', 'mm', 'intervalSub', 'mirror'].every((known) => shapes.some(({ name }) => name === known)));
  for (const { name, fields } of shapes) {
    for (const [key, { protection, lock, meaning, words }] of Object.entries(fields)) {
      assert.equal(lock !== undefined, protection === 'guarded', `${name}.${key}`);
      assert.ok(meaning.length > 0 && words > 0, `${name}.${key}`);
    }
  }
});

/** First word and number of words of everything in an arena. */
function extents(arena: Arena): [number, number, string][] {
  const { config, page, table, swap, pools } = arena;
  return [
    [0, Header.shape.size, 'header'],
    [arena.actors, Actor.shape.size * config.actors, 'actors'],
    [arena.lockOrder, LOCK_CLASSES, 'lockOrder'],
    ...Object.entries(page).map(([name, at]): [number, number, string] => [at, arena.pageCount, name]),
    ...Object.values(table).map((at): [number, number, string] => [at, config.tables, 'table']),
    [arena.tables, config.tables * PTRS_PER_TABLE, 'tables'],
    ...Object.values(swap).map((at): [number, number, string] => [at, config.swapSlots, 'swap']),
    ...Object.values(pools).flatMap(({ name, control, base, size, count }): [number, number, string][] => [
      [control, 4, `${name} control`],
      [base, size * count, name],
    ]),
  ];
}

for (const config of [{}, smallConfig, { systemPages: 333, devices: 0, actors: 5, vmas: 7 }, { swapSlots: 9 }]) {
  test(`nothing overlaps and everything fits: ${JSON.stringify(config)}`, () => {
    const arena = createArena(config);
    const sorted = extents(arena)
      .filter(([, words]) => words > 0)
      .sort(([a], [b]) => a - b);
    sorted.forEach(([at, words, name], i) => {
      const limit = sorted[i + 1]?.[0] ?? arena.words.length;
      assert.ok(at + words <= limit, `${name} at ${at} reaches into ${sorted[i + 1]?.[2]}`);
    });
    assert.equal(arena.frames.length, (arena.pageCount + arena.config.swapSlots) * arena.frameWords);
  });
}

test('what one side writes the other side reads, at the same places', () => {
  const arena = createArena(smallConfig);
  const other = attachArena(structuredClone(buffersOf(arena)));
  assert.notEqual(other.words, arena.words);
  const { words: _, frames: __, ...places } = other;
  const { words: ___, frames: ____, ...expected } = arena;
  assert.deepEqual(places, expected);
  set(arena, arena.page.index + 5, 77);
  arena.frames[3] = 78;
  assert.equal(get(other, other.page.index + 5), 77);
  assert.equal(other.frames[3], 78);
});

/** Buffers of a small arena after `spoil` had them. */
function spoiled(spoil: (head: Int32Array) => void) {
  const buffers = buffersOf(createArena(smallConfig));
  spoil(new Int32Array(buffers.words));
  return buffers;
}

const refused: [string, () => { words: SharedArrayBuffer; frames: SharedArrayBuffer }, RegExp][] = [
  ['an empty buffer', () => ({ ...spoiled(() => {}), words: new SharedArrayBuffer(0) }), /no magic word/],
  ['a buffer of odd length', () => ({ ...spoiled(() => {}), words: new SharedArrayBuffer(1001) }), /no magic word/],
  ['a buffer of zeros', () => ({ ...spoiled(() => {}), words: new SharedArrayBuffer(1 << 20) }), /no magic word/],
  ['another magic word', () => spoiled((head) => head.fill(1, Header.magic, Header.magic + 1)), /no magic word/],
  [
    'a newer layout',
    () => spoiled((head) => head.fill(LAYOUT_VERSION + 1, Header.version, Header.version + 1)),
    new RegExp(`layout version ${LAYOUT_VERSION + 1}, this build has ${LAYOUT_VERSION}$`),
  ],
  ['sizes the buffer is too short for', () => spoiled((head) => head.fill(4096, Header.config, Header.config + 1)), /length/],
  [
    'a longer buffer',
    () => {
      const { words, frames } = spoiled(() => {});
      const longer = new Int32Array(new SharedArrayBuffer(words.byteLength + 4));
      longer.set(new Int32Array(words));
      return { words: longer.buffer, frames };
    },
    /length/,
  ],
  ['other frames', () => ({ ...spoiled(() => {}), frames: new SharedArrayBuffer(64) }), /length/],
];

for (const [what, make, message] of refused) {
  test(`attach refuses ${what}`, () => {
    assert.throws(() => attachArena(make()), { name: 'TypeError', message });
  });
}

test('attach takes the same buffers unspoiled', () => {
  assert.deepEqual(attachArena(spoiled(() => {})).config, { ...defaultConfig, ...smallConfig });
});

const keys = Object.keys(defaultConfig) as (keyof ArenaConfig)[];

for (const key of keys) {
  test(`a bad ${key} is refused by name, a good one is taken`, () => {
    for (const bad of [-1, 1.5, Number.NaN, 2 ** 53, '7' as unknown as number]) {
      assert.throws(() => createArena({ ...smallConfig, [key]: bad }), { name: 'UsageError', message: new RegExp(key) });
    }
    const mayBeZero = ['devices', 'devicePages', 'hugePages', 'swapSlots', 'memcgs', 'processes', 'heldPages'].includes(key);
    if (!mayBeZero) assert.throws(() => createArena({ ...smallConfig, [key]: 0 }), new RegExp(`${key} is 0`));
    const least = mayBeZero ? 0 : key === 'systemPages' ? 3 : 1;
    assert.equal(createArena({ ...smallConfig, [key]: least }).config[key], least);
  });
}

test('huge pages are at least two, the first being the huge zero page, and part of system memory', () => {
  assert.throws(() => createArena({ ...smallConfig, hugePages: 1 }), /hugePages is 1, which is the huge zero page/);
  assert.throws(
    () => createArena({ ...smallConfig, hugePages: 2, systemPages: 1026 }),
    /2 huge pages do not fit into 1026 pages/,
  );
  const arena = createArena({ ...smallConfig, hugePages: 2, systemPages: 1027 });
  assert.deepEqual([arena.hasHuge, arena.hugeZero, createArena(smallConfig).hasHuge], [true, 3, false]);
});

const largest: [keyof ArenaConfig, number][] = [
  ['mms', POOL_LIMIT],
  ['vmas', POOL_LIMIT],
  ['mirrors', POOL_LIMIT],
  ['intervals', POOL_LIMIT],
  ['actors', ACTOR_LIMIT],
  ['tables', PFN_LIMIT],
];

for (const [key, most] of largest) {
  test(`more ${key} than a word has room for are refused`, () => {
    assert.throws(() => createArena({ ...smallConfig, [key]: most + 1 }), {
      message: new RegExp(`${key} is ${most + 1}, at most`),
    });
    if (key === 'actors') assert.equal(createArena({ ...smallConfig, actors: most }).config.actors, most);
  });
}

test('page frames are limited together, and there must be a page to hand out', () => {
  assert.throws(() => createArena({ systemPages: PFN_LIMIT - 1, devices: 2, devicePages: 1 }), /1048577 page frames/);
  assert.throws(() => createArena({ systemPages: 2 }), /systemPages is 2/);
});

test('a page costs at most 64 bytes of metadata', () => {
  const words = (systemPages: number): number => createArena({ ...smallConfig, systemPages }).words.length;
  const perPage = ((words(64 + 32_768) - words(64)) * 4) / 32_768;
  assert.ok(perPage > 0 && perPage <= 64, `${perPage} bytes`);
});

test('an arena of a million pages is made at once, and its last page is in order', () => {
  const arena = createArena({ ...smallConfig, systemPages: 2 ** 20 - 2, devices: 2, devicePages: 1 });
  assert.equal(arena.pageCount, 2 ** 20);
  assert.equal(get(arena, Header.zoneFreeCount), 2 ** 20 - 4);
  set(arena, arena.page.pgmap + arena.pageCount - 1, 9);
  arena.frames[arena.pageCount * arena.frameWords - 1] = 10;
  const other = attachArena(buffersOf(arena));
  assert.equal(get(other, other.page.pgmap + 2 ** 20 - 1), 9);
  assert.equal(other.frames.at(-1), 10);
});
