/** From the stops of the model to stages of a kernel: made, asked about, and tried, by a kernel that is not one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stop, Stops, StretchStops } from '../../src/engines/explore/failure/stops.ts';
import { choose, type Trial } from '../../src/kernel/choose.ts';
import { fittingStages } from '../../src/kernel/fitting.ts';
import { planOf, possible, type Segment } from '../../src/kernel/plan.ts';
import { raceOf } from '../../src/kernel/race.ts';
import { Kernel } from '../../src/kernel/scripts.ts';
import { parseStages, type Stage, stageText } from '../../src/kernel/stages.ts';
import { parseProgram } from '../../src/programs/program.ts';

const stop = (point: string, calls = '', isSame = true, holds: readonly string[] = []): Stop => ({
  point,
  calls: calls
    .split(' ')
    .filter((name) => name !== '')
    .map((name) => `src/a.ts:1 (${name})`),
  holds,
  operation: 0,
  isSame,
});
const stretch = (actor: string, length: number, ...stops: readonly Stop[]): StretchStops => ({ actor, stops, length });
const schedule = (...stretches: readonly StretchStops[]): Stops => ({ scenario: 'x', stretches, failure: null });
const done = stop('done');

/** The choices of each segment, joined. */
const written = (segments: readonly Segment[]): string[] => segments.map(({ choices }) => choices.map(stageText).join(' | '));

test('a stop is the place that the model has there, a lock is one of its caller', () => {
  const collected = schedule(
    stretch('M', 1, stop('driverCollected', 'moveToDevice eachPiece')),
    stretch('A', 1, done),
    stretch('M', 1),
  );
  assert.deepEqual(written(planOf(collected)), ['M return migrate_vma_setup', 'A done', 'M ends']);
  const locked = schedule(stretch('M', 1, stop('lock', 'lock mutexLock mapMigrated moveToDevice')), stretch('A', 1));
  assert.deepEqual(written(planOf(locked)), [
    'M entry mutex_lock from=dmirror_migrate_finalize_and_map | M entry mutex_lock from=dmirror_migrate_to_device',
    'A ends',
    'M ends',
  ]);
});

test('who waits for a lock has asked for it', () => {
  const waits = stop('wait', 'parkStep waitWhile downWrite mmapWriteLock munmap');
  const text = written(planOf(schedule(stretch('A', 1, waits), stretch('M', 1))))[0] ?? '';
  assert.equal(text.split(' | ')[0], 'A entry down_write from=vms_clear_ptes');
  assert.ok(text.includes('A entry down_write_killable from=__vm_munmap'), text);
});

test('what was passed before is counted, and a place nearby that is not is better', () => {
  const lock = stop('lock', 'lock mutexLock section');
  const text = written(planOf(schedule(stretch('E', 2, lock, lock), stretch('A', 1))))[0] ?? '';
  assert.deepEqual(text.split(' | ').slice(0, 3), [
    'E entry mutex_lock from=dmirror_exclusive',
    'E entry mutex_lock from=dmirror_fops_unlocked_ioctl',
    'E entry mutex_lock from=dmirror_exclusive n=2',
  ]);
  const apart = written(planOf(schedule(stretch('E', 2, { ...lock, isSame: false }, lock), stretch('A', 1))))[0] ?? '';
  assert.equal(apart.split(' | ')[0], 'E entry mutex_lock from=dmirror_exclusive n=2');
});

test('two points in a row at one place are passed together', () => {
  const ended = { ...stop('driverSnapshot', 'snapshot pass'), isSame: false };
  const lock = stop('lock', 'lock mutexLock commit pass');
  const first = (...stops: readonly Stop[]): string | undefined =>
    written(planOf(schedule(stretch('D', stops.length, ...stops), stretch('A', 1))))[0]?.split(' | ')[0];
  assert.equal(first(ended, lock), 'D entry mutex_lock from=dmirror_range_fault');
  const between = { ...stop('mmuIntervalReadBegin'), isSame: false };
  assert.equal(first(ended, { ...lock, isSame: false }, between, ended, lock), 'D entry mutex_lock from=dmirror_range_fault n=2');
});

test('a lookup that finds nothing is counted with the fault that comes of it', () => {
  const inFault = stop('lock', 'lock mutexLock commit faultRange');
  const access = stop('deviceAccess', 'copyPages doWrite access');
  const after = (...stops: readonly Stop[]): string | undefined =>
    written(planOf(schedule(stretch('D', stops.length, ...stops), stretch('A', 1))))[0]
      ?.split(' | ')
      .find((text) => text.startsWith('D after xa_load from=dmirror_do_write'));
  const lock = { ...stop('lock', 'lock mutexLock writeCommand'), isSame: false };
  assert.equal(after(lock, access), 'D after xa_load from=dmirror_do_write');
  assert.equal(after(lock, { ...inFault, isSame: false }, access), 'D after xa_load from=dmirror_do_write n=2');
  // Whoever begins in a fault has looked before.
  assert.equal(after({ ...inFault, isSame: false }, access), 'D after xa_load from=dmirror_do_write');
});

test('where the kernel has nothing, a stop that comes to the same does; without one, a sentence says so', () => {
  const near = [stop('driverCommitted', 'moveToDevice'), stop('setPte', 'setDeviceEntry mapMigrated')];
  assert.deepEqual(written(planOf(schedule(stretch('M', 2, ...near), stretch('A', 1))))[0], 'M return migrate_vma_pages');
  const alone = schedule(stretch('M', 1, stop('setPte', 'setDeviceEntry mapMigrated')), stretch('A', 1));
  assert.throws(() => planOf(alone), {
    name: 'UsageError',
    message: /no function begins or ends where M stops at setPte, in setDeviceEntry < mapMigrated, nor nearby$/,
  });
});

test('a kernel is asked for its places', async () => {
  const segments = planOf(schedule(stretch('M', 1, stop('lock', 'lock mutexLock mapMigrated')), stretch('A', 1)));
  const inlined = async ({ from }: Stage): Promise<boolean> => from === 'dmirror_migrate_to_device';
  assert.deepEqual(written(await possible(segments, inlined)), [
    'M entry mutex_lock from=dmirror_migrate_to_device',
    'A ends',
    'M ends',
  ]);
  await assert.rejects(
    possible(segments, async () => false),
    {
      name: 'UsageError',
      message:
        'M stops at lock, in lock < mutexLock < mapMigrated, and this kernel has no such place that can be probed: it would be mutex_lock',
    },
  );
});

test('choices are tried until the rounds take one', async () => {
  const stages = (text: string): Stage[] => parseStages(`${text}, A done, M done`, ['M', 'A']).slice(0, 1);
  const choices = ['M entry f', 'M entry g', 'M entry h'].flatMap(stages);
  const ends = parseStages('A done, M done', ['M', 'A']).map((stage) => ({ actor: stage.actor, choices: [stage], where: '' }));
  const tried: string[] = [];
  const run =
    (good: string) =>
    async (asked: readonly Stage[]): Promise<Trial> => {
      tried.push(asked[0]?.symbol ?? '');
      const taken = asked[0]?.symbol === good ? 4 : 0;
      return { stages: asked, rounds: 4, taken, missed: taken > 0 ? -1 : 1 };
    };
  const segments = [{ actor: 'M', choices, where: '' }, ...ends];
  assert.equal((await choose(segments, run('g'))).at(-1)?.stages[0]?.symbol, 'g');
  assert.deepEqual(tried, ['f', 'g']);
  assert.equal((await choose(segments, run('none'))).length, 3);
});

/** An agent without a kernel: it has the places that are called from `to_device`, and takes rounds with `mutex_lock`. */
const AGENT = `
  const say = (line) => console.log(JSON.stringify(line));
  let stages = 0, good = false;
  say({ agent: 1 });
  require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
    if (line.startsWith('place ')) say({ place: / dmirror_migrate_to_device /.test(line) ? 1 : 0 });
    if (line === 'stages') stages = 0;
    if (line.startsWith('stage ')) { if (stages++ === 0) good = line.includes(' mutex_lock '); }
    const [, count] = /^rounds aimed (\\d+)/.exec(line) ?? [];
    for (let i = 0; i < Number(count ?? 0); i++)
      say({ round: 1, taken: good ? 1 : 0, reached: Array.from({ length: stages }, () => good ? 1 : 0), answers: [], looks: [] });
    if (count !== undefined) say({ rounds: Number(count) });
  });
`;

test('the stages that an agent has and takes are found', async () => {
  const place = { program: process.execPath, args: ['-e', AGENT], startSeconds: 60, lastLines: () => [] };
  const kernel = new Kernel(place, new AbortController().signal);
  const race = raceOf(parseProgram('given open 0 0 | mmap 0 1 rw anon; M: dmig 0 0 1; A: madvise 0 1 dontneed'));
  const unlock = stop('unlock', 'unlock mapMigrated');
  const plan = planOf(
    schedule(stretch('M', 1, unlock, stop('lock', 'lock mutexLock mapMigrated')), stretch('A', 1, done), stretch('M', 1)),
  );
  try {
    const trials = await fittingStages(kernel, race, plan);
    assert.deepEqual(
      trials.map(({ taken, rounds }) => [taken, rounds]),
      [
        [0, 4],
        [0, 4],
        [4, 4],
      ],
    );
    assert.equal(
      trials.at(-1)?.stages.map(stageText).join(', '),
      'M entry mutex_lock from=dmirror_migrate_to_device, A done, M ends',
    );
  } finally {
    await kernel.stop();
  }
});
