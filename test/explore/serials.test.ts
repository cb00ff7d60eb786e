/** States that differ only in how far serial numbers have counted are one: what is proved like that, and when it is not done. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { get, load, store } from '../../src/arena/access.ts';
import type { Arena } from '../../src/arena/arena.ts';
import {
  isOdd,
  isSame,
  type Serial,
  serialBegin,
  serialCount,
  serialLoad,
  serialPast,
  serialSeal,
  serialStore,
  serialText,
  serialUnseal,
} from '../../src/arena/serials.ts';
import { Header } from '../../src/arena/structures.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { Serials } from '../../src/engines/explore/machine/serials.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { Control } from '../../src/engines/explore/plan/control.ts';
import { runJob } from '../../src/engines/explore/plan/jobs.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { searchBySerials } from '../../src/engines/explore/search/serialSearch.ts';
import type { Scenario } from '../../src/scenarios/kit/scenario.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import type { Task } from '../../src/sync/task.ts';
import { waitUntil } from '../../src/sync/wait.ts';

type Operation = (task: Task) => Steps<void>;

const [SERIAL, FLAG, COPY, OTHER] = [0, 1, 2, 3].map((i) => Header.shared + i) as [number, number, number, number];

const all = { preemptions: Number.POSITIVE_INFINITY, enough: () => false };
const job = { kind: 'search', preemptions: all.preemptions, executions: 1e9, until: Number.POSITIVE_INFINITY } as const;

function scenario(operations: readonly Operation[], check: (arena: Arena) => boolean = () => true): Scenario {
  const prepare = () => {
    const arena = wordArena(operations.length + 1);
    serialBegin(arena, SERIAL, 0, true);
    serialBegin(arena, OTHER, 0);
    return {
      arena,
      actors: operations.map((operation, i) => ({ name: String.fromCharCode(65 + i), operations: [operation] })),
      check: () => (check(arena) ? [] : [{ rule: 'X', message: 'the check at the end' }]),
    };
  };
  return { name: 'serials', title: '', windows: '', prepare };
}

/** Counts until the flag is set. */
const counts: Operation = function* ({ arena }) {
  for (;;) {
    yield Point.setPte;
    if (load(arena, FLAG) !== 0) return;
    yield Point.cpuAccess;
    serialSeal(arena, SERIAL);
    serialUnseal(arena, SERIAL);
  }
};

/** Looks at it at two moments, and says what came of that. */
const looks = (use: (arena: Arena, before: Serial) => number): Operation =>
  function* ({ arena }) {
    yield Point.setPte;
    const before = serialLoad(arena, SERIAL);
    yield Point.setPte;
    store(arena, FLAG, use(arena, before));
  };

const bySerials = (operations: readonly Operation[], check?: (arena: Arena) => boolean) =>
  searchBySerials(new Executor(scenario(operations, check), null), all);

test('an actor that only counts until another one has done something: the search that tells all states apart leaves it', () => {
  const executor = new Executor(scenario([counts, looks(() => 1)]), null);
  const first = search(executor, all);
  assert.ok(first.complete && first.spins > 0 && first.serials === null);
  const { complete, spins, failure, serials } = runJob(executor, job, new Control(), 0, 0);
  assert.deepEqual([complete, spins, failure, serials], [true, 0, null, { apart: null }]);
});

test('a copy that is compared with it later, and whether it is odd', () => {
  const isLater = looks((arena, before) => (isSame(serialLoad(arena, SERIAL), before) ? 1 : 2));
  for (const never of [1, 2, 3]) {
    const { result, apart } = bySerials([counts, isLater], (arena) => get(arena, FLAG) !== never);
    assert.equal(apart, null);
    assert.deepEqual([result.failure?.rule, result.complete], never === 3 ? [undefined, true] : ['X', false], `${never}`);
  }
  const { result, apart } = bySerials(
    [counts, looks((arena) => (isOdd(serialPast(arena, SERIAL)) ? 1 : 2))],
    (arena) => get(arena, FLAG) === 1,
  );
  assert.deepEqual([result.failure, result.complete, apart], [null, true, null]);
});

/** Past the compiler. */
const asNumber = (serial: Serial): number => serial as unknown as number;

const misuses: Readonly<Record<string, readonly [use: (arena: Arena, before: Serial) => number, noticed: RegExp]>> = {
  'a remainder': [(_, before) => 1 + (asNumber(before) % 3), /takes one for a number/],
  'a distance': [(arena, before) => 1 + asNumber(serialLoad(arena, SERIAL)) - asNumber(before), /takes one for a number/],
  'an order': [(arena, before) => (asNumber(before) < asNumber(serialLoad(arena, SERIAL)) ? 1 : 2), /takes one for a number/],
  'a text': [(_, before) => `${asNumber(before)}`.length, /takes one for a number/],
  'a text of an object with one in it': [(_, before) => JSON.stringify({ before }).length, /takes one for a number/],
  'a word that is read as a number': [(arena) => load(arena, SERIAL) + 1, /takes one for a number/],
  'a number in place of one': [(arena) => (isSame(7 as unknown as Serial, serialLoad(arena, SERIAL)) ? 1 : 2), /gives a number/],
  'two that count apart': [(arena, before) => (isSame(before, serialLoad(arena, OTHER)) ? 1 : 2), /count apart/],
  'one that is no sequence': [(arena) => (isOdd(serialLoad(arena, OTHER)) ? 1 : 2), /for a sequence/],
  'a copy that counts': [
    (arena, before) => {
      serialStore(arena, COPY, before);
      serialCount(arena, COPY);
      return 1;
    },
    /lets a copy of one count/,
  ],
  'one that begins again while there are copies': [
    (arena, before) => {
      store(arena, SERIAL, -1);
      serialBegin(arena, SERIAL, 0, true);
      return isSame(before, serialLoad(arena, SERIAL)) ? 1 : 2;
    },
    /begins again/,
  ],
};

for (const [what, [use, sentence]] of Object.entries(misuses)) {
  test(`noticed: ${what}`, () => {
    const keeps: Operation = function* ({ arena }) {
      yield Point.setPte;
      const before = serialLoad(arena, SERIAL);
      yield Point.setPte;
      const is = use(arena, before);
      yield Point.setPte;
      // It is remembered until here.
      store(arena, FLAG, isSame(before, before) ? is : 9);
    };
    assert.match(bySerials([counts, keeps]).apart ?? 'nothing', sentence);
  });
}

test('noticed: a wait for bits of a copy, and checks that look at one', () => {
  const leaves: Operation = function* ({ arena }) {
    yield Point.setPte;
    serialStore(arena, COPY, serialLoad(arena, SERIAL));
    yield Point.setPte;
    store(arena, COPY, -1);
  };
  assert.match(bySerials([leaves, (task) => waitUntil(task, Point.setPte, COPY, 2, 2)]).apart ?? '', /waits for bits of one/);
  assert.match(bySerials([counts, looks(() => 1)], (arena) => get(arena, SERIAL) >= 0).apart ?? '', /takes one for a number/);
  assert.equal(bySerials([counts, looks(() => 1)], (arena) => !isOdd(serialLoad(arena, SERIAL))).apart, null);
});

test('who remembers all that it has read remembers serial numbers, too', () => {
  const hides: Operation = function* ({ arena }) {
    const hidden = new Map<string, Serial>();
    yield Point.setPte;
    hidden.set('before', serialLoad(arena, SERIAL));
    yield Point.setPte;
    store(arena, FLAG, isSame(hidden.get('before') ?? 0, serialLoad(arena, SERIAL)) ? 1 : 2);
  };
  for (const never of [1, 2]) {
    const { result, apart } = bySerials([counts, hides], (arena) => get(arena, FLAG) !== never);
    assert.deepEqual([result.failure?.rule, apart], ['X', null], `${never}`);
  }
});

test('a fair round in which something counts is a livelock where all states are told apart, too; not where two may undo their work', () => {
  const waits: Operation = function* ({ arena }) {
    do yield Point.setPte;
    while (load(arena, FLAG) === 0);
  };
  const { result, apart } = bySerials([counts, waits]);
  assert.deepEqual([result.failure?.rule, apart], ['I-PROG', null]);
  const may = searchBySerials(new Executor({ ...scenario([counts, waits]), mayUndo: 'they may' }, null), all);
  assert.deepEqual([may.result.failure, may.result.complete, may.apart], [null, true, null]);
  // Nothing counts in this one.
  const both = searchBySerials(new Executor({ ...scenario([waits, waits]), mayUndo: 'they may' }, null), all);
  assert.deepEqual([both.result.failure?.rule, both.apart], ['I-PROG', null]);
});

test('where code of the user takes part, the first search has the last word, and the reason is said', () => {
  const foreign = new Executor({ ...scenario([counts, looks(() => 1)]), sources: 'abc' }, null);
  const { spins, serials } = runJob(foreign, job, new Control(), 0, 0);
  assert.ok(spins > 0);
  assert.match(serials?.apart ?? '', /code that is not the lab's/);
});

test('people are shown the number', () => {
  const { arena } = scenario([]).prepare();
  serialSeal(arena, SERIAL);
  assert.equal(serialText(serialLoad(arena, SERIAL)), '1');
});

for (const name of ['two-swap-ins', 'close-vs-cpu-touch', 'exclusive-vs-cpu']) {
  test(`all of ${name} is covered, and it was not before`, () => {
    const { complete, spins, long, failure, serials } = runJob(new Executor(scenarioNamed(name), null), job, new Control(), 0, 0);
    assert.deepEqual([complete, spins, long, failure, serials], [true, 0, 0, null, { apart: null }]);
  });
}

test('a serial number that is set back is noticed', () => {
  const serials = new Serials();
  const word = 7;
  const first = serials.begin(word, 2, false);
  const write = (old: number, value: number): void => serials.written(word, old, value, () => 0);
  write(0, first);
  write(first, first + 1);
  assert.equal(serials.broken, null);
  write(first + 1, first);
  assert.equal(serials.broken, 'a serial number is set back');
});
