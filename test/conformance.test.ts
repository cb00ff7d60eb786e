/** Recordings of a real kernel against the model, and the program that replays them. docs/conformance.md says what they are. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { bugs } from '../src/bugs/index.ts';
import { readRecording } from '../src/engines/conformance/recording.ts';
import { replay } from '../src/engines/conformance/replay.ts';
import { mutatedTree } from '../src/mutation/mutate.ts';
import { packageRoot } from '../src/package/version.ts';
import { assertRefused, type Called, calls } from './calls.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const recordings = fileURLToPath(new URL('recordings/', packageRoot));

function conformance(...args: string[]) {
  return spawnSync(process.execPath, [main, 'conformance', ...args], { encoding: 'utf8', timeout: 60_000 });
}

const scratch = mkdtempSync(join(tmpdir(), 'hmm-lab-conformance-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

function file(name: string, data: string | Buffer): string {
  const path = join(scratch, name);
  writeFileSync(path, data);
  return path;
}

for (const name of readdirSync(recordings).filter((name) => name.endsWith('.gz'))) {
  test(`every answer of ${name} is what the kernel said`, () => {
    const scripts = readRecording(join(recordings, name));
    assert.ok(scripts.length > 30);
    assert.deepEqual(scripts.flatMap(replay), []);
  });
}

test('known deviation: a kernel of 6.1 loses an exclusive entry over coherent memory at eviction, the model moves the page', () => {
  const scripts = readRecording(join(recordings, 'deviations', 'lost-exclusive-entry.jsonl.gz'));
  assert.equal(scripts.length, 3);
  for (const script of scripts) {
    const [first, ...rest] = replay(script);
    assert.ok(first !== undefined && rest.length < 10, script.id);
    const evicted = script.operations.findIndex(({ name }) => name === 'close');
    assert.ok(first.index > evicted, `${script.id} deviates after the device was closed`);
  }
});

test('an entry that another file of the device has left behind is erased without a word of who wrote: its page may be free', () => {
  const ops = ['mmap 0 4 rw anon', 'open 0 0', 'open 1 0', 'fork 1', 'dwrite 0 0 2 7', 'dmig 1 0 2', '@1 dsys 0 0 2', 'cr 0 2'];
  const answers = [
    { e: 0 },
    { e: 0 },
    { e: 0 },
    { e: 0 },
    { e: 0, c: 2, f: 1 },
    { e: 0, c: 2 },
    { e: 0, c: 2 },
    { e: 0, v: [7, 8] },
  ];
  const path = file('stale', JSON.stringify({ id: 'stale', kernel: '7.3', ops, results: answers }));
  const wrong = readRecording(path)
    .flatMap(replay)
    .filter(({ got }) => 'violation' in got || 'error' in got);
  assert.deepEqual(wrong, []);
});

test('known deviation: the test driver reads a page that another file of its device has sent home; here that is I-FREE', () => {
  const scripts = readRecording(join(recordings, 'deviations', 'stale-entry-7.3.jsonl.gz'));
  assert.equal(scripts.length, 2);
  for (const script of scripts) {
    const found = replay(script);
    assert.equal(found.length, 1, script.id);
    assert.match(found[0]?.operation ?? '', /^dread /);
    assert.match(
      JSON.stringify(found[0]?.got),
      /^\{"violation":"I-FREE: the device reaches page \d+ through address page \d+ after it was freed"\}$/,
    );
  }
});

/** A device reads an own huge page with the words that a kernel of 7.3 hands out: each range begins with the first piece. */
const ownLeaf = join(recordings, 'deviations', 'own-leaf-7.3.jsonl.gz');

test('known deviation: the words of an own huge page are those of its pieces; that they begin anew in each range is R74', async () => {
  const scripts = readRecording(ownLeaf);
  const found = scripts.flatMap(replay);
  assert.ok(found.length > 5);
  // Only words that were read are other ones.
  for (const { got } of found) assert.deepEqual(Object.keys(got), ['v']);
  const bug = bugs.find(({ id }) => id === 'R74');
  assert.ok(bug !== undefined);
  const tree = mutatedTree(bug);
  const { replay: replayWithBug } = (await import((await tree.erasedUrlOf('engines/conformance/replay')).href)) as {
    replay: typeof replay;
  };
  assert.deepEqual(scripts.flatMap(replayWithBug), []);
});

const good = {
  id: 'one',
  ops: ['mmap 0 4 rw anon', 'cw 0 2 7', 'cr 0 3', 'open 0 0', 'snap 0 0 4', 'dmig 0 0 1', 'pm 0 4', 'maps'],
  results: [
    { e: 0 },
    { e: 0, flt: 2, v: [] },
    { e: 0, flt: 1, v: [7, 8, 0] },
    { e: 0 },
    { e: 0, flt: 0, c: 4, f: 0, s: [2, 2, 17, 0], p: ['W', 'W', 'ZR', '-'] },
    { e: 0, flt: 0, c: 1, f: 0, v: [7] },
    { e: 0, k: ['dw', 'sx', 'z', '-'], n: [1, 2, 3, 0] },
    { e: 0, m: [[0, 4, 'rw-p', 0, 0]] },
  ],
};
const lines = (...scripts: object[]): string => scripts.map((script) => `${JSON.stringify(script)}\n`).join('');

test('a script that agrees, plain and packed, with --json', () => {
  for (const path of [file('good.jsonl', lines(good)), file('good.jsonl.gz', gzipSync(lines(good, { ...good, id: 'two' })))]) {
    const { status, stdout, stderr } = conformance(path, '--json');
    assert.equal(status, 0, stderr);
    const { schema, verdict, scripts, ops, differences } = JSON.parse(stdout);
    const count = path.endsWith('gz') ? 2 : 1;
    assert.deepEqual(
      { schema, verdict, scripts, ops, differences },
      {
        schema: 'hmm-lab/conformance/1',
        verdict: 'agrees',
        scripts: { total: count, agree: count },
        ops: { total: 8 * count, agree: 8 * count },
        differences: [],
      },
    );
  }
});

test('a change of any field of any answer is noticed, in that operation and no other', () => {
  const change = (value: unknown): unknown => {
    if (typeof value === 'number') return value + 1;
    if (Array.isArray(value)) return value.length === 0 ? ['ok'] : value.with(0, change(value[0]));
    return `${value}?`;
  };
  const path = file('script.jsonl', lines(good));
  const [script] = readRecording(path);
  assert.ok(script !== undefined);
  script.answers.forEach((answer, index) => {
    for (const field of Object.keys(answer)) {
      // Frame numbers are names: any other name that is not used otherwise is as good.
      const value = field === 'n' ? [2, 2, 3, 0] : change(answer[field]);
      const answers = script.answers.with(index, { ...answer, [field]: value });
      const found = replay({ ...script, answers });
      assert.deepEqual(
        found.map((difference) => difference.index),
        [index],
        `${script.operations[index]?.text}: ${field}`,
      );
      assert.deepEqual(Object.keys(found[0]?.got ?? {}), [field]);
    }
  });
});

test('frames are compared by which are equal within one look, not by number', () => {
  const [script] = readRecording(file('frames.jsonl', lines(good)));
  assert.ok(script !== undefined);
  const answers = script.answers.with(6, { ...script.answers[6], n: [77, 5, 12, 0] });
  assert.deepEqual(replay({ ...script, answers }), []);
});

test('what differs is shown with what was expected, and the exit code is 1', () => {
  const wrong = { ...good, results: good.results.with(2, { e: 0, flt: 1, v: [7, 9, 0] }) };
  const { status, stdout } = conformance(file('wrong.jsonl', lines(good, wrong)));
  assert.equal(status, 1);
  assert.match(stdout, /^one, operation 2: cr 0 3\n {2}expected v \[7,9,0\]\n {2}got {6}v \[7,8,0\]\n/);
  assert.match(stdout, /wrong\.jsonl: 1 of 2 scripts and 15 of 16 operations agree\n$/);
});

const withOp = (op: string): string => lines(good, { id: 'x', ops: [op], results: [{ e: 0 }] });
const packed = gzipSync(lines(...Array.from({ length: 200 }, (_, i) => ({ ...good, id: `script ${i}` }))));

const malformed: readonly (readonly [what: string, data: string | Buffer, says: RegExp])[] = [
  ['no JSON', `${lines(good)}{"id":\n`, /, line 2: not JSON \(/],
  ['no object', `${lines(good)}\n[1]\n`, /, line 3: not an object$/],
  ['no id', '{"ops":[],"results":[]}', /, line 1: the script has no 'id'$/],
  ['no ops', '{"id":"a","results":[]}', /, line 1: script 'a' has no 'ops', a list of operations$/],
  ['no results', '{"id":"a","ops":[]}', /, line 1: script 'a' has no 'results', a list of objects$/],
  ['too few results', '{"id":"a","ops":["maps"],"results":[]}', /, line 1: script 'a' has 1 operations and 0 results$/],
  [
    'an unknown kernel',
    JSON.stringify({ ...good, kernel: '5.4' }),
    /, line 1: the 'kernel' of script 'one' is '5\.4', the model has Linux 6\.1 and 7\.3$/,
  ],
  ['a kernel that is no text', JSON.stringify({ ...good, kernel: 7.3 }), /, line 1: the 'kernel' of script 'one' is no text$/],
  ['an unknown operation', withOp('frobnicate 1'), /, line 2: unknown operation 'frobnicate' in 'frobnicate 1'$/],
  ['a command form that does not exist', withOp('cr! 0 1'), /, line 2: unknown operation 'cr!' in 'cr! 0 1'$/],
  ['too few words', withOp('munmap 3'), /, line 2: operation 'munmap 3' has 1 arguments, munmap takes 2$/],
  ['a bad number', withOp('cr 0 many'), /, line 2: 'many' in operation 'cr 0 many' is no count that cr takes$/],
  ['a slot too many', withOp('open 16 0'), /, line 2: '16' in operation 'open 16 0' is no slot that open takes$/],
  ['a bad address', withOp('cr -1 2'), /, line 2: '-1' in operation 'cr -1 2' is no address that cr takes$/],
  ['a bad protection', withOp('mprotect 0 1 rr!'), /, line 2: 'rr!' in operation .* is no text that mprotect takes$/],
  ['too many pages', withOp('cr 0 9999999'), /, line 2: operation 'cr 0 9999999' goes over 9999999 pages, at most 1048576/],
  ['gzip data cut off', packed.subarray(0, packed.length - 100), /, line \d+: the gzip data end or are damaged here \(/],
  ['gzip data damaged', Buffer.from(packed).fill(0x55, 40, 60), /, line \d+: the gzip data end or are damaged here \(/],
];

const refused = calls([
  ...malformed.map(([, data], i) => ['conformance', file(`malformed ${i}`, data), '--json']),
  ['conformance', join(scratch, 'nowhere')],
  ['conformance', scratch],
]);

malformed.forEach(([what, , says], i) => {
  test(`malformed: ${what} is one sentence with the line, and exit code 2`, async () => {
    const { status, stdout, stderr } = (await refused)[i] as Called;
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr.trimEnd(), says);
    assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    assert.ok(stderr.includes(join(scratch, `malformed ${i}`)));
  });
});

test('the kernel of a script: its field, else what EXCLUSIVE answers, else the newest', () => {
  const script = (id: string, e: number, kernel?: string): object => ({
    id,
    ...(kernel === undefined ? {} : { kernel }),
    ops: ['open 0 0', 'excl 0 0 1'],
    results: [{ e: 0 }, { e, flt: 0 }],
  });
  const kernels = (name: string, ...scripts: object[]): string[] =>
    readRecording(file(name, lines(...scripts))).map(({ kernel }) => kernel);
  assert.deepEqual(kernels('busy', script('a', 16), script('b', 0), script('c', 16, '7.3.4')), ['6.1', '6.1', '7.3']);
  assert.deepEqual(kernels('fault', script('a', 14), script('b', 0), script('c', 16, '6.1')), ['7.3', '7.3', '6.1']);
  assert.deepEqual(kernels('silent', good), ['7.3']);
});

test('--kernel is another kernel than the recording is of', () => {
  const path = file(
    'exclusive.jsonl',
    lines({ id: 'e', ops: ['open 0 0', 'excl 0 0 1'], results: [{ e: 0 }, { e: 16, flt: 0 }] }),
  );
  assert.equal(conformance(path).status, 0);
  const { status, stdout } = conformance(path, '--kernel', '7.3');
  assert.equal(status, 1);
  assert.match(stdout, /^e, operation 1: excl 0 0 1\n {2}expected e 16\n {2}got {6}e 14\n/);
  const refused = conformance(path, '--kernel', '5.4');
  assert.deepEqual([refused.status, refused.stdout], [2, '']);
  assert.match(refused.stderr, /kernel is '5\.4', the model has Linux 6\.1 and 7\.3\n$/);
});

test('malformed: a file that is not there, a directory, an empty file', async () => {
  const [nowhere, directory] = (await refused).slice(malformed.length);
  assertRefused(nowhere as Called, [/nowhere cannot be read: it does not exist\n$/]);
  assertRefused(directory as Called, [/cannot be read: it is a directory\n$/]);
  const empty = conformance(file('empty', ''), '--json');
  assert.deepEqual([empty.status, JSON.parse(empty.stdout).ops.total], [0, 0]);
});

test('without a file the selection that comes with the lab is replayed', () => {
  const { status, stdout } = conformance();
  assert.equal(status, 0);
  const total = readdirSync(recordings)
    .filter((name) => name.endsWith('.gz'))
    .map(
      (name) =>
        gunzipSync(readFileSync(join(recordings, name)))
          .toString()
          .trimEnd()
          .split('\n').length,
    )
    .reduce((sum, count) => sum + count);
  assert.match(stdout, new RegExp(`together: ${total} of ${total} scripts and (\\d+) of \\1 operations agree\n$`));
});
