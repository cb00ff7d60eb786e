/** The order of a trace as a schedule: what the trace leaves open, what the model does not follow, and a race of a real kernel. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stop } from '../../src/engines/explore/failure/stops.ts';
import type { Walker } from '../../src/engines/explore/threads/walkIn.ts';
import { exploreTrace, UsageError } from '../../src/index.ts';
import { between } from '../../src/trace/align.ts';
import { hintOf } from '../../src/trace/hint.ts';
import { type Sight, stretchesOf } from '../../src/trace/stretches.ts';
import { traced } from '../../src/trace/traced.ts';
import { fileOf, ftrace, recorded } from './traces.ts';

const stop = (point: string, calls = '', operation = 0): Stop => ({
  point,
  calls: calls
    .split(' ')
    .filter((name) => name !== '')
    .map((name) => `src/a.ts:1 (${name})`),
  operation,
  holds: [],
  isSame: false,
});

const seen = (what: string): Sight => {
  const [place, symbol = '', from = null] = what.split(' ');
  return { at: 0, line: 0, kind: 'step', step: { at: 0, line: 0, symbol, place: place as 'entry' | 'return', from } };
};
const all = (...whats: readonly string[]): Sight[] => whats.map(seen);

const migration = [
  stop('lock', 'collectTable collect migrateVmaSetup moveToDevice'),
  stop('driverCollected', 'moveToDevice'),
  stop('driverCopied', 'moveToDevice'),
  stop('migrateCommit', 'commitPages migrateVmaPages moveToDevice'),
  stop('driverCommitted', 'moveToDevice'),
  stop('lock', 'lock mutexLock mapMigrated moveToDevice'),
  stop('migrateFinalize', 'finalizePages migrateVmaFinalize moveToDevice'),
  stop('done'),
];

test('an actor stands after what was seen of it, and before what is seen next', () => {
  const at = (now: readonly string[], later: readonly string[]): readonly number[] => {
    const { first, last } = between(migration, all(...now), all(...later));
    return [first, last];
  };
  // Nothing was seen: it may not have moved, and may be nearly done.
  assert.deepEqual(at([], []), [-1, 6]);
  // The function has begun: it stands where it begins, or further on.
  assert.deepEqual(at(['entry migrate_vma_pages'], ['entry migrate_vma_finalize']), [2, 6]);
  // It has returned.
  assert.deepEqual(at(['entry migrate_vma_pages', 'return migrate_vma_pages'], ['entry migrate_vma_finalize']), [4, 6]);
  assert.deepEqual(at(['entry migrate_vma_setup'], ['entry __migrate_device_pages']), [-1, 2]);
  assert.deepEqual(at(['return migrate_vma_setup'], ['entry migrate_vma_pages']), [1, 2]);
});

test('a lock is known by who takes it, and what the model has not is passed over', () => {
  const lock = (from: string): readonly number[] => {
    const { first, last } = between(migration, all(`entry mutex_lock ${from}`, 'entry kfree x'), []);
    return [first, last];
  };
  assert.deepEqual(lock('dmirror_migrate_to_device'), [5, 6]);
  assert.deepEqual(lock('somebody_else'), [-1, 6]);
});

/** A walker in a model whose actors come to these stops wherever they begin; a schedule with `broken` in it breaks a rule. */
const walkerIn = (ways: Readonly<Record<string, readonly Stop[]>>, broken: string): Walker => ({
  way: async (_, actor) => ({ stops: ways[actor] ?? [], rule: null }),
  rule: async (schedule) => (schedule.includes(broken) ? 'I-FREE' : null),
});

const discard = recorded('examples/traces/dontneed.txt');
const quick = [stop('lock', 'invStartRange'), stop('done')];

async function hintWith(walker: Walker) {
  const { race, skeleton } = await traced(discard);
  assert.ok(race !== null && skeleton !== null);
  return hintOf(walker, stretchesOf(race, skeleton.actors), new AbortController().signal);
}

test('each schedule that the trace allows is tried, until one breaks a rule', async () => {
  const ways = { A: migration, B: quick };
  const found = await hintWith(walkerIn(ways, 'A@lock#2'));
  assert.deepEqual([found.schedule, found.rule, found.leaves], ['A@lock#2 B@done A@done', 'I-FREE', null]);
  assert.deepEqual(found.open, [{ actor: 'A', line: 43, from: 'A@driverCopied', to: 'A@migrateFinalize', places: 5 }]);
  const none = await hintWith(walkerIn(ways, 'nowhere'));
  assert.deepEqual([none.schedule, none.rule, none.tried, none.isPartly], ['A@migrateFinalize B@done A@done', null, 5, false]);
});

test('where the model waits, the schedule leaves the trace, and says from which line on', async () => {
  const { leaves, schedule } = await hintWith(walkerIn({ A: migration, B: [stop('wait')] }, 'nowhere'));
  assert.deepEqual(leaves, { line: 44, why: 'B is done there, and in the model it waits at wait' });
  assert.equal(schedule, 'A@migrateFinalize A@done');
});

test('a race of a real kernel breaks a rule with what is wrong in its driver, and none without', async () => {
  const faithful = await exploreTrace({ trace: discard, driver: 'dmirror:foreignCounter=off,waitAfterSample=off' });
  assert.equal(faithful.verdict, 'violation');
  assert.equal(faithful.hint?.rule, 'I-FREE');
  assert.equal(faithful.hint?.leaves, null);
  // The place where the recording held the thread: before the driver locks its table to map what has moved.
  assert.match(faithful.hint?.schedule ?? '', /^A@lock#\d+ B@done A@done$/);
  assert.equal(faithful.exploration?.failure?.oracle, 'I-FREE');
  const right = await exploreTrace({ trace: discard, seconds: 60 });
  assert.deepEqual([right.verdict, right.hint?.rule], ['proved', null]);
  assert.ok((right.hint?.tried ?? 0) > 5);
});

test('where a trace shows that a function has returned, nothing is left open', async () => {
  const { program, hint, exploration } = await exploreTrace({
    trace: recorded('test/trace/exclusiveGraph.txt'),
    driver: 'dmirror:exclusiveSeq=off,exclusiveOwner=none',
  });
  assert.match(program ?? '', /\nA: excl 0 0 1 {2}#.*\nB: madvise 0 1 dontneed /);
  assert.deepEqual([hint?.schedule, hint?.tried, hint?.open], ['A@driverExclusive B@done A@done', 1, []]);
  assert.equal(exploration?.failure?.oracle, 'I-STALE');
});

test('a trace without a race has no program; one that breaks a protocol is a violation', async () => {
  const lines = ['7 sys_munmap(addr: 0x10000, len: 0x1000)', '7 __mmu_notifier_invalidate_range_start(range=0xa) <-x'];
  const ends = '7 __mmu_notifier_invalidate_range_end(range=0xa) <-x';
  const back = '7 sys_munmap -> 0x0\n7 sys_close(fd: 3)';
  const kept = await exploreTrace({ trace: fileOf(ftrace([...lines, ends, back].join('\n'))) });
  assert.deepEqual([kept.verdict, kept.program, kept.exploration], ['nothing', null, null]);
  const left = await exploreTrace({ trace: fileOf(ftrace([...lines, back, ...lines, ends].join('\n'))) });
  assert.equal(left.verdict, 'violation');
});

test('what is not allowed is refused in one sentence', async () => {
  for (const [request, says] of [
    [{}, /^a trace is needed/],
    [{ trace: discard, scenario: 'mini-hmm' }, /^unknown option 'scenario'/],
    [{ trace: discard, driver: 'geforce' }, /^unknown driver 'geforce'/],
    [{ trace: discard, seconds: 0 }, /^seconds is '0'/],
    [{ trace: './nowhere.txt' }, /^trace '.\/nowhere.txt' cannot be read/],
  ] as const)
    await assert.rejects(
      exploreTrace(request as never),
      (error) => error instanceof UsageError && says.test(error.message),
      says.source,
    );
});
