/** Covers: what a scenario must reach, and the verdict when it never does. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { load, store } from '../../src/arena/access.ts';
import { Counter } from '../../src/arena/counters.ts';
import { Header } from '../../src/arena/structures.ts';
import { type ExploreResult, explore } from '../../src/engines/explore/explore.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { longScenarios, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { importScenario } from '../../src/engines/explore/plan/importScenario.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';
import { type Cover, coversDefect } from '../../src/scenarios/kit/covers.ts';
import type { Scenario, Script } from '../../src/scenarios/kit/scenario.ts';
import { without } from '../../src/scenarios/kit/without.ts';
import { wordArena } from '../../src/scenarios/kit/wordArena.ts';
import { Point } from '../../src/steps/points.ts';
import type { Steps } from '../../src/steps/steps.ts';
import { count, type Task } from '../../src/sync/task.ts';

const WORD = Header.shared;

/** Looks at a word; counts a retry, and goes another way, if somebody has changed it since. */
function* reader(task: Task): Steps<void> {
  const before = load(task.arena, WORD);
  yield Point.hmmWalk;
  if (load(task.arena, WORD) === before) return;
  count(task, Counter.readRetries);
  yield Point.sleep;
}

function* writer(task: Task): Steps<void> {
  yield Point.setPte;
  store(task.arena, WORD, 1);
  yield Point.invalidateRangeEnd;
}

/** Entered at its first point: what comes before belongs to the beginning. */
const called = (operation: (task: Task) => Steps<void>) =>
  function* (task: Task): Steps<void> {
    yield Point.call;
    yield* operation(task);
  };

/** A reader D and writers; an end is looked at with the value of the word. */
function scenario(covers: readonly Cover<[word: number]>[], writers: readonly string[] = ['A']): Scenario {
  const writes = [called(writer)];
  return {
    name: 'reader-vs-writer',
    title: 'for the tests',
    windows: '',
    prepare() {
      const actors: Script[] = [
        { name: 'D', operations: [called(reader)] },
        ...writers.map((name) => ({ name, operations: writes })),
      ];
      const arena = wordArena(actors.length);
      return {
        arena,
        actors,
        check: () => [],
        invariants: () => [],
        covers: covers.map((cover) => ('end' in cover ? { ...cover, end: () => cover.end(arena.words[WORD] as number) } : cover)),
      };
    },
  };
}

const options = { strategy: 'search', seconds: 60, schedules: 1e9, preemptions: Number.POSITIVE_INFINITY, seed: 1, settings: {} };
const explored = (covers: readonly Cover<[word: number]>[], chosen: Partial<typeof options> = {}): ExploreResult =>
  explore(scenario(covers), { ...options, ...chosen });

/** Of each kind one that is reached, and one that never is. */
const kinds: readonly (readonly [reached: Cover<[word: number]>, never: Cover<[word: number]>, inWords: string])[] = [
  [{ actor: 'D', point: 'hmmWalk' }, { actor: 'A', point: 'hmmWalk' }, 'A at hmmWalk'],
  [{ point: 'sleep' }, { point: 'getPage' }, 'an actor at getPage'],
  [
    { actor: 'D', point: 'hmmWalk', while: { actor: 'A', point: 'invalidateRangeEnd' } },
    // The retry is over only after the write.
    { actor: 'D', point: 'sleep', while: { actor: 'A', point: 'setPte' } },
    'D at sleep while A at setPte',
  ],
  [
    { actor: 'D', point: 'hmmWalk', while: { actor: 'A', point: 'done' } },
    { actor: 'D', point: 'sleep', while: { actor: 'A', point: 'call' }, what: 'too early' },
    'too early',
  ],
  [{ actor: 'D', counter: 'readRetries' }, { actor: 'A', counter: 'readRetries' }, 'readRetries counted by A'],
  [{ counter: 'readRetries' }, { counter: 'forks' }, 'forks counted by an actor'],
  [
    { end: (word) => word === 1, what: 'the word was written' },
    { end: (word) => word === 0, what: 'the word is as it was' },
    'the word is as it was',
  ],
];

test('a search that was finished and never reached a cover is vacuous, and says which; of each kind', () => {
  for (const [reached, never, inWords] of kinds) {
    const good = explored([reached]);
    assert.deepEqual([good.verdict, good.covers.map((cover) => cover.reached)], ['proved', [true]], inWords);
    const { verdict, basis, covers, failure } = explored([reached, never]);
    assert.deepEqual([verdict, failure], ['vacuous', null], inWords);
    assert.ok(basis.startsWith(`never reached: ${inWords}; all `), basis);
    assert.deepEqual(covers[1], { what: inWords, reached: false });
  }
});

test('all kinds together: what is reached late is reached', () => {
  const { verdict, covers } = explored(kinds.map(([reached]) => reached));
  assert.equal(verdict, 'proved');
  assert.ok(covers.every(({ reached }) => reached));
});

test('a search with one preemption is enough to be vacuous, with none it is not', () => {
  const retry: Cover<[word: number]> = { actor: 'D', counter: 'readRetries' };
  // It needs the writer between two steps of the reader.
  assert.equal(explored([retry], { preemptions: 1 }).verdict, 'bounded');
  const none = explored([retry], { preemptions: 0 });
  assert.equal(none.verdict, 'bounded');
  assert.match(none.basis, /not reached yet: readRetries counted by D$/);
  assert.equal(explored([{ point: 'getPage' }], { preemptions: 1 }).verdict, 'vacuous');
});

test('samples and searches that were not finished are no reason to call a scenario vacuous', () => {
  for (const chosen of [{ strategy: 'random', schedules: 100 }, { schedules: 1 }]) {
    const { verdict, basis } = explored([{ point: 'getPage' }], chosen);
    assert.equal(verdict, 'sampled');
    assert.match(basis, /not reached yet: an actor at getPage$/);
  }
});

test('with other options than those it is written for, one of the covers is enough', () => {
  const settings = { engine: 'mutex' };
  const { verdict, basis } = explored([{ actor: 'D', point: 'hmmWalk' }, { point: 'getPage' }], { settings });
  assert.equal(verdict, 'proved');
  assert.match(basis, /; not reached with this driver: an actor at getPage$/);
  assert.equal(explored([{ point: 'getPage' }], { settings }).verdict, 'vacuous');
});

test('a violation is a violation, whatever was reached', () => {
  const broken = scenario([{ point: 'getPage' }]);
  const prepare = () => ({ ...broken.prepare(), check: () => [{ rule: 'I-OUT', message: 'for the test' }] });
  assert.equal(explore({ ...broken, prepare }, options).verdict, 'violation');
});

test('what one of two like actors can reach, the other can, and neither stands for both', () => {
  for (const actor of ['A', 'B']) {
    const covers: Cover<[word: number]>[] = [
      { actor: 'D', point: 'hmmWalk', while: { actor, point: 'invalidateRangeEnd' } },
      { actor, point: 'invalidateRangeEnd', while: { actor: actor === 'A' ? 'B' : 'A', point: 'call' } },
    ];
    const result = explore(scenario(covers, ['A', 'B']), options);
    assert.deepEqual([result.verdict, result.covers.map(({ reached }) => reached)], ['proved', [true, true]]);
  }
  const alone = explore(scenario([{ actor: 'A', point: 'setPte', while: { actor: 'A', point: 'setPte' } }]), options);
  assert.equal(alone.verdict, 'vacuous');
});

test('a scenario made smaller has nothing left that it must reach', () => {
  assert.equal(explore(without(scenario([{ point: 'getPage' }]), ['A0']), options).verdict, 'proved');
});

test('what is no cover is refused in a sentence', () => {
  const cases: readonly (readonly [unknown, RegExp])[] = [
    [{}, /^its covers are no list$/],
    [[1], /^cover 1 is not an object$/],
    [[{ point: 'getPage' }, {}], /^cover 2 must have one of point, counter and end$/],
    [[{ point: 'getPage', counter: 'forks' }], /^cover 1 must have one of point, counter and end$/],
    [[{ point: 'nowhere' }], /^cover 1 names the point 'nowhere', and there is none/],
    [[{ point: 'toString' }], /^cover 1 names the point 'toString'/],
    [[{ point: 'getPage', actor: 'Z' }], /^cover 1 names the actor 'Z', and there are D, A$/],
    [[{ point: 'getPage', while: { point: 'nowhere' } }], /^cover 1 names the point 'nowhere'/],
    [[{ point: 'getPage', while: 1 }], /^cover 1 has a while that is not an object$/],
    [[{ point: 'getPage', while: { point: 'lock', what: 'x' } }], /^cover 1 has 'what' in its while, allowed are point, actor$/],
    [[{ counter: 'nothing' }], /^cover 1 names the counter 'nothing', allowed are operations, /],
    [[{ counter: 'forks', actor: 'Z' }], /^cover 1 names the actor 'Z'/],
    [[{ counter: 'forks', while: { point: 'lock' } }], /^cover 1 has 'while', allowed beside counter are actor, what$/],
    [[{ end: true, what: 'x' }], /^cover 1 has an end that is not a function$/],
    [[{ end: () => true }], /^cover 1 is an end, and does not say what it is \(what\)$/],
    [[{ point: 'lock', what: 7 }], /^cover 1 has a what that is no text$/],
  ];
  for (const [covers, sentence] of cases) assert.match(coversDefect(covers, ['D', 'A']) ?? 'fine', sentence);
  assert.equal(coversDefect([{ point: 'done', actor: 'D' }], ['D', 'A']), null);
});

const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-covers-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** The path of a module with a scenario that has these covers. */
function module(name: string, covers: string): string {
  const file = join(directory, `${name}.mjs`);
  writeFileSync(
    file,
    `import * as s from 'hmm-lab/scenario';
    export default {
      machine: { pages: 1 },
      setup: (m) => s.fillPage(m, 0, 1),
      actors: (m) => ({ D: [s.deviceMustWrite(m, 0, 2)], A: [s.discards(m, 0)] }),
      covers: ${covers},
    };`,
  );
  return file;
}

test("a user's scenario has covers, too; in one thread and in several", async () => {
  const good = "{ actor: 'D', counter: 'readRetries' }, { end: (m) => s.readPage(m, 0) === 2, what: 'the device was last' }";
  for (const workers of [1, 2]) {
    const result = await exploreParallel(module('good', `[${good}]`), options, workers);
    assert.equal(result.verdict, 'proved');
    assert.ok(result.covers.every(({ reached }) => reached));
    const odd = await exploreParallel(module('odd', `[${good}, { actor: 'A', counter: 'deviceFaults' }]`), options, workers);
    assert.equal(odd.verdict, 'vacuous');
    assert.deepEqual(
      odd.covers.map(({ reached }) => reached),
      [true, true, false],
    );
  }
});

test("what is wrong with a user's covers is said in a sentence", async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['list', "{ point: 'lock' }", /is no scenario: its covers are no list$/],
    ['point', "[{ point: 'nowhere' }]", /cannot be set up: scenario .*: cover 1 names the point 'nowhere'/],
    ['throws', "[{ what: 'odd', end: () => { throw new Error('no') } }]", /^the cover 'odd' of .* throws: no$/],
  ];
  for (const [name, covers, sentence] of cases) {
    await assert.rejects(
      async () => explore(await importScenario(module(name, covers), {}), options),
      (error: Error) => error.name === 'UsageError' && sentence.test(error.message),
      name,
    );
  }
});

/** Covers of the scenario that no search with at most one preemption reaches; it has some. */
function missed(built: Scenario): string[] {
  const executor = executorOf(built);
  const { coverage } = executor;
  assert.ok(coverage.names.length > 0, `${built.name} has no covers`);
  coverage.begin();
  const all = new Set<number>();
  for (const preemptions of [0, 1]) {
    if (all.size === coverage.names.length) break;
    // Whether it breaks a rule is another test's question, and the one with a mistake built in does.
    search(executor, { preemptions, enough: () => coverage.reached.length === coverage.names.length });
    for (const cover of coverage.reached) all.add(cover);
  }
  return coverage.names.filter((_, i) => !all.has(i));
}

test('every built-in scenario says what it is there for, and reaches it with at most one preemption', () => {
  for (const built of scenarios()) assert.deepEqual(missed(built), [], `${built.name} is vacuous`);
});

test('so do the long ones', () => {
  for (const built of longScenarios()) assert.deepEqual(missed(built), [], `${built.name} is vacuous`);
});

test('with another driver one cover is enough, and the basis says which were not reached', () => {
  const covers: Cover<[word: number]>[] = [{ point: 'sleep' }, { point: 'getPage' }];
  const named = (name: string, some: Cover<[word: number]>[]) => explore({ ...scenario(some), name }, options);
  assert.equal(named('reader-vs-writer', covers).verdict, 'vacuous');
  const { verdict, basis } = named('reader-vs-writer@nouveau', covers);
  assert.equal(verdict, 'proved');
  assert.match(basis, /; not reached with this driver: an actor at getPage$/);
  assert.equal(named('reader-vs-writer@nouveau', covers.slice(1)).verdict, 'vacuous');
});
