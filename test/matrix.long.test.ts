/** `hmm-lab matrix`: what is proved, what a driver's mistake breaks, its file, and what there is when it is stopped. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { codeOf } from '../src/engines/matrix/codeOf.ts';
import { type MatrixReport, type MatrixRequest, matrix } from '../src/library/matrix.ts';
import { replay } from '../src/library/replay.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-matrix-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const unmapped: MatrixRequest = { states: ['written'], operations: ['munmap'], workers: 2, seconds: 60 };
const notProved = ({ cells }: MatrixReport) => cells.filter(({ verdict }) => verdict !== 'proved');

test('a written page that is unmapped: all is proved', async () => {
  const report = await matrix(unmapped);
  assert.deepEqual(notProved(report), []);
  assert.deepEqual([report.verdict, report.proved, report.left, report.misfits], ['proved', report.cells.length, 0, []]);
  assert.ok(report.cells.length > 20 && report.cells.every(({ searched }) => searched > 20));
});

test('a device that does not check again whether it must retry breaks a rule where it faults, and nowhere else', async () => {
  const report = await matrix({ ...unmapped, driver: 'dmirror:retryCheck=none' });
  const broken = notProved(report);
  assert.deepEqual(broken.map(({ operations, verdict, failure }) => [operations.join(' '), verdict, failure?.oracle]).sort(), [
    ['munmap deviceRead', 'violation', 'I-STALE'],
    ['munmap deviceWrite', 'violation', 'I-STALE'],
    ['munmap open', 'violation', 'I-STALE'],
  ]);
  const { token, message } = broken[0]?.failure ?? assert.fail();
  assert.equal((await replay({ token })).failure?.message, message);
});

test('what is cut off at its limit is covered within a bound, by as many states in any number of threads', async () => {
  const limited = (workers: number) => matrix({ ...unmapped, operations: ['munmap'], limit: 150, workers });
  const [one, two] = [await limited(1), await limited(2)];
  const timeless = ({ cells }: MatrixReport) => cells.map(({ seconds: _, ...cell }) => cell);
  assert.deepEqual(timeless(one), timeless(two));
  const cut = notProved(one);
  assert.ok(cut.length > 0 && cut.length < one.cells.length);
  for (const { verdict, bound, searched } of cut) {
    assert.deepEqual([verdict, bound >= 0], ['bounded', true]);
    assert.ok(searched > 150 && searched <= 150 + 256, `${searched} states: it is looked at every 256 steps`);
  }
});

test('a file goes on where it stopped, even in the middle of a line, and is not taken for another matrix', async () => {
  const out = join(directory, 'cells.jsonl');
  const request: MatrixRequest = { states: ['none'], operations: ['exit'], workers: 2, seconds: 60, out };
  const whole = await matrix(request);
  const lines = readFileSync(out, 'utf8').split('\n');
  assert.equal(lines.length, whole.cells.length + 2);
  writeFileSync(out, `${lines.slice(0, 4).join('\n')}\n${lines[4]?.slice(0, 30)}`);
  const done: string[] = [];
  const again = await matrix(request, { onCell: ({ program }) => void done.push(program) });
  assert.equal(done.length, whole.cells.length - 3);
  const verdicts = ({ cells }: MatrixReport) => cells.map(({ program, verdict, searched }) => [program, verdict, searched]);
  assert.deepEqual(verdicts(again), verdicts(whole));
  const nothing = await matrix(request, { onCell: () => assert.fail('there is nothing left to be done') });
  assert.deepEqual(verdicts(nothing), verdicts(whole));
  const other = { name: 'UsageError', message: /cells\.jsonl' is of another matrix/ };
  await assert.rejects(matrix({ ...request, driver: 'dmirror:retryCheck=none' }), other);
  await assert.rejects(matrix({ ...request, bug: 'R05' }), other);
});

test('with other code the file is refused, or its cells are done again and compared', async () => {
  const out = join(directory, 'changed.jsonl');
  const request: MatrixRequest = { states: ['none'], operations: ['exit'], workers: 2, seconds: 60, out };
  const whole = await matrix(request);
  assert.deepEqual(whole.since, []);
  const [head = '', first = '', ...rest] = readFileSync(out, 'utf8').split('\n');
  const wrong = first.replace('"verdict":"proved"', '"verdict":"violation"');
  assert.notEqual(wrong, first);
  writeFileSync(out, [head.replace(/"code":"\w+"/, '"code":"0123"'), wrong, ...rest].join('\n'));
  await assert.rejects(matrix(request), /changed\.jsonl' is of other code of the model or the driver/);
  let done = 0;
  const again = await matrix({ ...request, changed: true }, { onCell: () => void done++ });
  assert.equal(done, whole.cells.length);
  const { program } = JSON.parse(first) as { program: string };
  assert.deepEqual(again.since, [{ program, before: 'violation', now: 'proved' }]);
  // Now it is of this code.
  const nothing = await matrix({ ...request, changed: true }, { onCell: () => assert.fail('there is nothing left to be done') });
  assert.deepEqual(nothing.since, []);
});

test('the code of a matrix is that of the model and its driver', () => {
  assert.equal(codeOf(null, undefined), codeOf('dmirror', undefined));
  assert.notEqual(codeOf(null, undefined), codeOf('nouveau', undefined));
  assert.notEqual(codeOf('kfd-svm', undefined), codeOf('amdgpu-userptr', undefined));
  const bug = { id: 'x', title: '', reference: '', scenario: '', edits: [{ module: 'mm/rmap/rmap', find: 'a', replace: 'b' }] };
  assert.notEqual(codeOf(null, undefined), codeOf(null, bug));
});

test('what is not known is refused in a sentence', async () => {
  await assert.rejects(matrix({ states: ['wrotten'] }), /^UsageError: unknown state 'wrotten', allowed are none, zero/);
  await assert.rejects(matrix({ operations: ['unmap'] }), /^UsageError: unknown operation 'unmap', allowed are read/);
  await assert.rejects(matrix({ actors: 4 }), /^UsageError: actors is '4', allowed is a whole number from 2 to 3/);
  await assert.rejects(matrix({ states: [] }), /^UsageError: states is ''/);
});

test('Ctrl-C prints what there is', async () => {
  const child = spawn(process.execPath, [main, 'matrix', '--state', 'written', '--json'], { cwd: directory });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    if (!child.killed && /\b[1-9]\d* of \d+ cells/.test(stderr)) child.kill('SIGINT');
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  assert.equal(status, 130, stderr);
  const { interrupted, cells, left, verdict } = JSON.parse(stdout) as MatrixReport;
  assert.deepEqual([interrupted, verdict], [true, 'sampled']);
  assert.ok(cells.length > 0 && left > 0);
  assert.match(stderr, /^Proved \d+ of \d+ cells; .*\d+ not begun/m);
});
