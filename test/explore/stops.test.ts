/** Where the actors of a schedule stop, and where they may stop instead. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { followNamed } from '../../src/engines/explore/failure/namedSchedule.ts';
import { type StretchStops, stopsOf } from '../../src/engines/explore/failure/stops.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';

const PROGRAM = 'given open 0 0 | mmap 0 1 rw anon | cw 0 1 7; M: dmig 0 0 1; A: madvise 0 1 dontneed';
/** A migration maps a page that was discarded after it was committed. */
const FAULTY = { foreignCounter: 'off', waitAfterSample: 'off' };

function stops(schedule: string, settings: Readonly<Record<string, string>>) {
  const executor = executorOf(scenarioNamed(PROGRAM, settings));
  return stopsOf(executor, followNamed(executor, schedule));
}

const pointsOf = (stretches: readonly StretchStops[]): string[] =>
  stretches.slice(0, -1).map(({ actor, stops: passed, length }) => `${actor}@${passed[length - 1]?.point}`);

test('a stop says in which functions an actor is, and which locks it has', () => {
  const { stretches, failure } = stops('M@driverCommitted A@done M@done', FAULTY);
  assert.equal(failure?.rule, 'I-FREE');
  assert.deepEqual(pointsOf(stretches), ['M@driverCommitted', 'A@done']);
  const { stops: passed, length } = stretches[0] as StretchStops;
  const [at, next] = [passed[length - 1], passed[length]];
  assert.match(at?.calls[0] ?? '', /^src\/drivers\/dmirror\/toDevice\.ts:\d+ \(moveToDevice\)$/);
  assert.ok(at?.holds.includes('mmapLock'), at?.holds.join(' '));
  assert.equal(next?.point, 'lock');
  assert.deepEqual(
    next?.calls.slice(0, 3).map((call) => /\((.*)\)/.exec(call)?.[1]),
    ['lock', 'mutexLock', 'mapMigrated'],
  );
});

test('elsewhere the schedule fails in the same way, or does not', () => {
  const [first] = stops('M@driverCommitted A@done M@done', FAULTY).stretches as [StretchStops];
  const { stops: passed, length } = first;
  // Before the driver lock it comes to the same.
  assert.ok(passed[length]?.isSame);
  // Once the entry is there and the lock released, the callback of A erases it.
  const after = passed.findIndex(
    ({ point, calls }, i) => i > length && point === 'unlocked' && (calls[1] ?? '').includes('mapMigrated'),
  );
  assert.ok(after > length);
  assert.equal(passed[after]?.isSame, false);
});

test('what makes no difference is left out', () => {
  const { stretches, failure } = stops('M@driverSampled A@lock M@driverCommitted A@done M@done', FAULTY);
  assert.equal(failure?.rule, 'I-FREE');
  assert.deepEqual(pointsOf(stretches), ['M@driverCommitted', 'A@done']);
});

test('a schedule that is well has its own stops and no others', () => {
  const { stretches, failure } = stops('M@driverCommitted A@done M@done', {});
  assert.equal(failure, null);
  const { stops: passed, length } = stretches[0] as StretchStops;
  assert.deepEqual(
    passed.flatMap(({ isSame }, i) => (isSame ? [i + 1] : [])),
    [length],
  );
});
