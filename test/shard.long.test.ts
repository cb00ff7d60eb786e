/** Parts of long jobs: each task is in one of them, and the joint report is that of the whole. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { controls } from '../src/bugs/index.ts';
import { type FuzzFind, fuzzResult, joinedFuzz } from '../src/engines/matrix/fuzzResult.ts';
import { conformance, fuzz, hunt, type MergedReport, matrix, measure, mergeReports, prove } from '../src/index.ts';
import { byName } from '../src/input/options.ts';
import { checkShard, placesOf, type Shard, tasksOf } from '../src/input/shard.ts';
import { blocksOf } from '../src/library/fuzzBlock.ts';

const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-shard-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const shards = (n: number): Shard[] => Array.from({ length: n }, (_, i) => [i + 1, n]);

test('each task is in one part, and its place is found again', () => {
  for (const length of [0, 1, 5, 12]) {
    const all = Array.from({ length }, (_, i) => `task ${i}`);
    for (const n of [1, 2, 5, 7]) {
      const parts = shards(n).map((shard) => ({ shard, tasks: tasksOf(all, shard) }));
      assert.deepEqual(parts.flatMap(({ tasks }) => tasks).sort(), [...all].sort());
      assert.deepEqual(
        [...placesOf(parts)].sort(([, a], [, b]) => a - b),
        [...all.entries()].map(([i, name]) => [name, i]),
      );
    }
  }
});

test('a part that is none is refused', () => {
  for (const odd of [[], [1], [0, 2], [3, 2], [1.5, 2], ['1', '2'], [1, 2, 3]])
    assert.throws(() => checkShard(odd, byName), /^UsageError: shard is '.*', allowed is I\/N with I from 1 to N, such as 2\/4$/);
});

/** Without what depends on time. */
function timeless(report: unknown): unknown {
  const drop = new Set(['seconds', 'searchSeconds', 'bytes']);
  return JSON.parse(JSON.stringify(report, (key, value) => (drop.has(key) ? undefined : value)));
}

/** Makes a job as a whole and in parts: the joint report is that of the whole, whatever the order of the parts. */
async function joins(n: number, job: (shard: Shard | undefined) => Promise<MergedReport>): Promise<MergedReport> {
  const whole = await job(undefined);
  const parts: MergedReport[] = [];
  for (const shard of shards(n)) parts.push(await job(shard));
  assert.equal(JSON.stringify(timeless(await mergeReports({ parts: parts.reverse() }))), JSON.stringify(timeless(whole)));
  return whole;
}

test('prove: rows in the order of the list, with one that breaks a rule', async () => {
  const scenarios = ['mini-hmm', 'device-fault-vs-munmap', 'mini-hmm-early', 'cow-in-two-processes', 'close-with-work'];
  const whole = await joins(3, (shard) => prove({ scenarios, seconds: 20, shard }));
  assert.equal(whole.verdict, 'violation');
});

test('matrix: cells in their order, some broken', async () => {
  const whole = await joins(3, (shard) => matrix({ states: ['written'], operations: ['munmap'], bug: 'R12', seconds: 5, shard }));
  assert.ok(whole.schema === 'hmm-lab/matrix/1' && whole.violations > 0 && whole.cells.length > 10);
});

test('hunt: bugs of the own, a control', async () => {
  const bugs = ['R05', 'R12', 'R03', ...controls.slice(0, 1)];
  const whole = await joins(2, (shard) => hunt({ bugs, shard, schedules: 400, seeds: 1 }));
  assert.ok(whole.schema === 'hmm-lab/hunt/1' && whole.found === 3 && whole.controls === 1);
});

test('measure: cells in their order, and the answer of all', async () => {
  const axes = { invalidations: '1k,10k,100k,1M', window: [1, 8] };
  const whole = await joins(3, (shard) => measure({ axes, faults: 100, repetitions: 2, shard, workers: 1 }));
  assert.ok(whole.schema === 'hmm-lab/measure/1' && whole.rows.length === 8 && whole.answer[0] !== 'There is no answer.');
});

/** A recording of scripts that unmap a page, some of which say that this has failed. */
function recording(name: string, errnos: readonly number[]): string {
  const file = join(directory, name);
  const ops = ['mmap 0 1 rw anon', 'munmap 0 1'];
  const scripts = errnos.map((e, i) => ({ id: `${name} ${i}`, kernel: '7.3', ops, results: [{ e: 0 }, { e }] }));
  writeFileSync(file, scripts.map((script) => `${JSON.stringify(script)}\n`).join(''));
  return file;
}

test('conformance: scripts of two files, the differences in their order', async () => {
  const files = [recording('a.jsonl', [0, -5, 0, -22, -5]), recording('b.jsonl', [-5, 0, 0, -5])];
  for (const n of [2, 3]) {
    const whole = await joins(n, (shard) => conformance({ files, shard }));
    assert.ok(whole.schema === 'hmm-lab/conformance/1' && whole.scripts.total === 9 && whole.differences.length === 5);
  }
});

test('fuzz: finds in the order of their programs, each once, and the pairs of all parts', () => {
  const find = (number: number, smallest: string): FuzzFind => ({
    number,
    program: `p${number}`,
    smallest,
    times: 1,
    failure: {} as never,
  });
  const facts = { programs: 2, proved: 0, misfits: 0, states: 7, seconds: 1, workers: 1, interrupted: false };
  const part = (shard: Shard, finds: FuzzFind[], met: number[]) =>
    fuzzResult(finds, new Set(met), { ...facts, part: { shard, tasks: [] } });
  const parts = [part([1, 2], [find(0, 'a'), find(5, 'b')], [3, 80]), part([2, 2], [find(2, 'b'), find(3, 'a')], [3, 9])];
  const whole = fuzzResult([find(0, 'a'), find(2, 'b'), find(3, 'a'), find(5, 'b')], new Set([3, 9, 80]), {
    ...facts,
    ...{ programs: 4, states: 14, seconds: 2, part: null },
  });
  assert.deepEqual(joinedFuzz(parts.reverse()), whole);
  assert.deepEqual(
    whole.finds.map(({ number, times }) => [number, times]),
    [
      [0, 2],
      [2, 2],
    ],
  );
  assert.deepEqual(
    blocksOf(10, 7, 3).flatMap(({ first, count }) => Array.from({ length: count }, (_, i) => first + i)),
    [10, 11, 12, 13, 14, 15, 16],
  );
});

test('fuzz: parts are the whole, though searches end at their limit', async () => {
  const whole = await joins(2, (shard) => fuzz({ programs: 16, seed: 3, blocks: 2, limit: 200, shard }));
  const { programs, misfits, proved } = whole as Awaited<ReturnType<typeof fuzz>>;
  assert.equal(programs, 16);
  assert.ok(proved > 0 && proved < programs - misfits, `${proved} of ${programs - misfits} are proved, and some are cut off`);
});

test('what does not belong together is refused in a sentence', async () => {
  const part = (shard: Shard, more: object = {}): Promise<MergedReport> =>
    prove({ scenarios: ['close-with-work', 'mini-hmm'], seconds: 20, shard, ...more });
  const [one, two, other] = [await part([1, 2]), await part([2, 2]), await part([2, 2], { seconds: 19 })];
  const whole = await prove({ scenarios: ['close-with-work'], seconds: 20 });
  const file = join(directory, 'text.json');
  writeFileSync(file, 'no JSON');
  const refused: readonly (readonly [readonly (string | MergedReport)[], RegExp])[] = [
    [[], /^parts is '', allowed is a list with at least one entry$/],
    [[one], /^part 2\/2 is missing$/],
    [[one, one], /^part 2 of the list and part 1 of the list are both part 1\/2$/],
    [[one, other], /^part 2 of the list and part 1 of the list are parts of different jobs$/],
    [[whole], /^part 1 of the list is of the whole, allowed are parts, made with --shard$/],
    [[one, { ...two, version: '0.0.0' }], /^part 2 of the list is of hmm-lab 0\.0\.0, and this is \d/],
    [[one, { ...two, interrupted: true } as never], /^part 2 of the list, part 2\/2, is not finished: it was interrupted$/],
    [
      [{ schema: 'other' } as never],
      /^part 1 of the list cannot be merged, allowed are the reports of prove, matrix, hunt, fuzz, measure, conformance$/,
    ],
    [[null as never], /^part 1 of the list cannot be merged/],
    [[file], /^'.*text\.json' cannot be read: it is no JSON object, allowed is a file with what --json has printed$/],
    [[join(directory, 'nowhere.json')], /^'.*nowhere\.json' cannot be read: ENOENT, allowed is/],
  ];
  for (const [parts, says] of refused)
    await assert.rejects(
      mergeReports({ parts }),
      (error: Error) => error.name === 'UsageError' && says.test(error.message),
      `${says}`,
    );
  assert.equal((await mergeReports({ parts: [one, two] })).verdict, 'proved');
});
