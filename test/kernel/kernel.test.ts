/** What is about a real kernel and needs none: archives, orders, notation, recordings, and what the command line refuses. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readRecording } from '../../src/engines/conformance/recording.ts';
import { archive } from '../../src/kernel/archive.ts';
import { askedScripts } from '../../src/kernel/askedScripts.ts';
import { FrameNumbers, inNotation, logLine } from '../../src/kernel/notation.ts';
import { randomScript } from '../../src/kernel/randomScript.ts';
import { recordingText } from '../../src/kernel/record.ts';
import { orderOf } from '../../src/kernel/wire.ts';
import { parseOperation } from '../../src/programs/operation.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = (name: string, content: string | Buffer): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

test('cpio unpacks an archive', {
  skip: spawnSync('cpio', ['--version']).error === undefined ? false : 'there is no cpio',
}, () => {
  const bytes = archive([
    { name: 'a', content: null },
    { name: 'a/odd', content: Buffer.from('12345') },
    { name: 'a/empty', content: Buffer.alloc(0) },
  ]);
  assert.equal(bytes.length % 4, 0);
  const { status } = spawnSync('cpio', ['-id', '--quiet'], { cwd: folder, input: bytes });
  assert.equal(status, 0);
  assert.equal(readFileSync(join(folder, 'a/odd'), 'utf8'), '12345');
  assert.equal(readFileSync(join(folder, 'a/empty'), 'utf8'), '');
});

test('an archive has its names and contents at multiples of four', () => {
  const bytes = archive([{ name: 'odd', content: Buffer.from('12345') }]);
  assert.equal(bytes.subarray(0, 6).toString(), '070701');
  assert.equal(bytes.subarray(110, 114).toString(), 'odd\0');
  assert.equal(bytes.subarray(116, 124).toString('latin1'), '12345\0\0\0');
  assert.ok(bytes.includes('TRAILER!!!'));
});

test('orders have addresses in bytes and numbers in full', () => {
  const orders = [
    ['cw 3 2 9', '0 cw 0x100000003000 2 9'],
    ['@2 cr 1+8 1', '2 cr 0x100000001008 1'],
    ['mmap H H rw anon', '0 mmap 0x100000200000 512 rw anon'],
    ['dread! 0 a7ffffffff000 0xfffffffffffff', '0 dread! 0 0x7ffffffff000 4503599627370495'],
    ['madvise 0 1 102', '0 madvise 0x100000000000 1 102'],
    ['gup pin 0 1 w', '0 gup pin 0x100000000000 1 w'],
  ];
  for (const [text, order] of orders) assert.equal(orderOf(parseOperation(text as string)), order);
});

test('answers are written as recordings are', () => {
  const frames = new FrameNumbers();
  const first = inNotation({ e: 0, k: ['sx', '-', 'dw'], frames: [900, 0, 77] }, frames);
  assert.deepEqual(first, { e: 0, k: ['sx', '-', 'dw'], n: [1, 0, 2] });
  assert.deepEqual(inNotation({ e: 0, k: ['dw', 'sx'], frames: [77, 5] }, frames), { e: 0, k: ['dw', 'sx'], n: [2, 3] });
  assert.deepEqual(inNotation({ e: 0, s: [255, 0, 34, 17, 6] }, frames), {
    e: 0,
    s: [255, 0, 34, 17, 6],
    p: ['E', '-', 'LW', 'ZR', 'W+pmd'],
  });
  const long = Array.from({ length: 41 }, (_, i) => (i < 40 ? i : 7));
  assert.deepEqual(inNotation({ e: 0, v: long }, frames), {
    e: 0,
    vr: [
      [0, 40, 1],
      [7, 1, 0],
    ],
  });
  assert.deepEqual(inNotation({ e: 0, s: Array(41).fill(34) }, frames), { e: 0, sr: [[34, 41]], pr: [['LW', 41]] });
  const odd = [...long.slice(1), 'SEGV1'];
  assert.deepEqual(inNotation({ e: 0, v: odd }, frames), { e: 0, v: odd });
});

test('a line of the log loses what only one build has', () => {
  assert.equal(logLine('WARNING: lib/test_hmm.c:295 at f_one+0x1a/0x2b [m], CPU#0: agent/7'), 'WARNING: at f_one');
  assert.equal(logLine('WARNING: CPU: 0 PID: 7 at lib/test_hmm.c:295 f_one+0x1a/0x2b [m]'), 'WARNING: at f_one');
  assert.equal(logLine('BUG: something else'), 'BUG: something else');
});

test('conformance reads what record writes, its head too', () => {
  const operations = ['mmap 0 1 rw anon', 'cw 0 1 7', 'cr 0 1'].map(parseOperation);
  const facts = { release: '7.3.4-x' } as Parameters<typeof recordingText>[0]['facts'];
  const answers = [{ e: 0 }, { e: 0, flt: 1, v: [] }];
  const crash = { why: 'the agent ended', lastLines: ['the end'] };
  const text = recordingText(
    { facts, interrupted: false, scripts: [{ id: 's', operations, answers, log: [], crash }] },
    'sha256:1',
  );
  const [head, line] = text.split('\n').map((one) => (one === '' ? null : JSON.parse(one)));
  assert.deepEqual([head.head.release, head.head.driver], ['7.3.4-x', 'sha256:1']);
  assert.deepEqual(line.crash, { operation: 'cr 0 1', ...crash });
  const [script, ...others] = readRecording(file('own.jsonl', text));
  assert.deepEqual([script?.id, script?.kernel, script?.answers, others], ['s', '7.3', answers, []]);
});

test('scripts come from programs, files and recordings', () => {
  const program = file('p.hmm', 'given open 0 0 | mmap 0 1 rw anon\nA: cw 0 1 7');
  const recording = file('r.jsonl', '{"id":"h","ops":["mmap 0 1 rw anon"],"results":[{"e":0}]}\n');
  const scripts = askedScripts(['A: cr 0 1', program, recording]);
  assert.deepEqual(
    scripts.map(({ id, operations }) => [id, operations.map(({ text }) => text)]),
    [
      ['program-1', ['cr 0 1']],
      ['p', ['open 0 0', 'mmap 0 1 rw anon', 'cw 0 1 7']],
      ['h', ['mmap 0 1 rw anon']],
    ],
  );
  assert.throws(() => askedScripts(['A: cr 0 1; B: cr 0 1']), { message: /has 2 columns/ });
  assert.throws(() => askedScripts(['A: reclaim 0 1']), { message: /cannot be done on a real kernel/ });
  assert.throws(() => askedScripts(['nonsense']), { message: /neither a program/ });
});

test('a seed and a number are one random script', () => {
  const text = (seed: number, number: number): string =>
    randomScript(seed, number)
      .operations.map((one) => one.text)
      .join('\n');
  assert.equal(text(1, 5), text(1, 5));
  assert.notEqual(text(1, 5), text(1, 6));
  assert.notEqual(text(1, 5), text(2, 5));
});

const program = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));
const hmmLab = (...args: readonly string[]) =>
  spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 60_000 });

/** Exit code 2 and one sentence. */
function isRefused(args: readonly string[], sentence: RegExp, temporary = tmpdir()): void {
  const env = { ...process.env, TMPDIR: temporary };
  const { status, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', timeout: 60_000, env });
  assert.equal(status, 2, `${args.join(' ')}: ${stderr}`);
  assert.match(stderr, sentence);
  assert.equal(stderr.trim().split('\n').length, 1, stderr);
}

/** Enough of a Linux image for who looks at its mark alone. */
const image = file('image', Buffer.concat([Buffer.alloc(0x202), Buffer.from('HdrS'), Buffer.alloc(100)]));

test('what is missing is one sentence, with exit code 2', () => {
  const out = ['--out', join(folder, 'out.jsonl')];
  const cases: readonly (readonly [args: readonly string[], sentence: RegExp])[] = [
    [['kernel', 'check'], /--vm for a virtual machine, or --host/],
    [['kernel'], /takes the word 'check', or 'fetch FOLDER'/],
    [['kernel', 'fetch'], /takes the word 'check', or 'fetch FOLDER'/],
    [['kernel', 'check', 'folder'], /takes the word 'check', or 'fetch FOLDER'/],
    [['kernel', 'check', '--vm'], /--vm needs a kernel: --kernel-image FILE/],
    [['kernel', 'check', '--vm', '--kernel-image', '/no/such'], /'\/no\/such' is no file/],
    [['kernel', 'check', '--vm', '--kernel-image', program], /is no Linux kernel for x86/],
    [['kernel', 'check', '--vm', '--kernel-image', image, '--module', program], /is no kernel module/],
    [['kernel', 'check', '--vm', '--kernel-image', image, '--accel', 'fast'], /--accel is 'fast'/],
    [['kernel', 'check', '--host', '--yes'], /--host needs/],
    [['reproduce'], /needs a token, as explore prints it, or a program/],
    // What is missing is said before a failure is looked for.
    [['reproduce', 'A: cr 0 1', 'B: cr 0 1'], /--vm for a virtual machine, or --host/],
    [['reproduce', 'hmm1.cut-off'], /--vm for a virtual machine, or --host/],
    [['reproduce', 'A: cr 0 1', 'B: cr 0 1', '--probes', 'fast'], /--probes is 'fast', allowed are auto, fentry, module, kprobe/],
    [
      ['reproduce', 'A: cr 0 1', 'B: cr 0 1', '--headers', '/no/such', '--vm', '--kernel-image', image],
      /--headers '\/no\/such' is no folder/,
    ],
    [['compare'], /--vm for a virtual machine, or --host/],
    [['compare', '--vm', '--known', '/no/such'], /--known '\/no\/such' cannot be read/],
    [['record', 'A: cr 0 1', '--vm'], /needs --out FILE/],
    [['record', ...out, '--vm'], /needs a program/],
    [['record', 'A: reclaim 0 1', ...out, '--vm'], /cannot be done on a real kernel/],
  ];
  for (const [args, sentence] of cases) isRefused(args, sentence);
});

const withCompiler = { skip: spawnSync('cc', ['--version']).status === 0 ? false : 'there is no C compiler' };

test('what no kernel can be asked is one sentence, too, and leaves nothing behind', withCompiler, () => {
  const temporary = mkdtempSync(join(folder, 'tmp-'));
  const vm = ['--vm', '--kernel-image', image];
  const pair = ['A: cr 0 1', 'B: cr 0 1'];
  isRefused(['reproduce', ...pair, ...vm], /explore finds nothing that breaks in the program/, temporary);
  isRefused(['reproduce', 'hmm1.cut-off', ...vm], /the token is cut off/, temporary);
  isRefused(['reproduce', ...pair, '--stages', 'A done', ...vm], /does not end 'B done'/, temporary);
  assert.deepEqual(readdirSync(temporary), []);
});

test('without QEMU it is one sentence', withCompiler, () => {
  const { status, stderr } = hmmLab('kernel', 'check', '--vm', '--kernel-image', image, '--qemu', 'no-such-qemu');
  assert.equal(status, 2, stderr);
  assert.match(stderr, /^hmm-lab: no-such-qemu cannot be started: it is not installed\n$/);
});

test('a kernel that does not start is told with what it said last', withCompiler, () => {
  const qemu = file('qemu', '#!/bin/sh\necho this is no kernel >&2\n');
  chmodSync(qemu, 0o755);
  const { status, stderr } = hmmLab('kernel', 'check', '--vm', '--kernel-image', image, '--qemu', qemu);
  assert.deepEqual([status, stderr], [2, 'The kernel does not start: the agent ended.\n  this is no kernel\n']);
});
