/** `hmm-lab explore --from-trace`: what it prints, what it ends with, and what it refuses. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { assertRefused, type Called, calls, type Refused } from '../calls.ts';
import { fileOf, ftrace, recorded } from './traces.ts';

const discard = recorded('examples/traces/dontneed.txt');
const begins = '7 sys_munmap(addr: 0x10000, len: 0x1000)\n7 __mmu_notifier_invalidate_range_start <-x';
const ends = '7 __mmu_notifier_invalidate_range_end <-x\n7 sys_munmap -> 0x0\n7 sys_close(fd: 3)';
const kept = fileOf(ftrace(`${begins}\n${ends}`));
const broken = fileOf(ftrace(`${begins}\n7 sys_munmap -> 0x0\n${begins}\n${ends}`));

const trace = ['explore', '--from-trace'] as const;
const run = calls([
  [...trace, discard, '--format'],
  [...trace, discard, '--format', '--json'],
  [...trace, kept, '--format'],
  [...trace, kept],
  [...trace, broken],
  [...trace, kept, '--json'],
]);

test('--format prints a program that explore takes, and what was left open beside it', async () => {
  const [format, json] = (await run) as [Called, Called];
  assert.equal(format.status, 0);
  assert.match(format.stdout, /^# From dontneed\.txt; page 0 is 0x100000000000\.\n/);
  assert.match(
    format.stdout,
    /\ngiven open 0 0 \| mmap 0 1 rw anon \| cw 0 1 1\nA: dmig 0 0 1 {2}# reproducer-127, lines 31 to 65\n/,
  );
  assert.match(format.stderr, /^Trace dontneed\.txt: 65 lines, 52 events\.\n/);
  const report = JSON.parse(json.stdout);
  assert.equal(report.schema, 'hmm-lab/trace-program/1');
  assert.equal(report.program, format.stdout);
  const [again] = (await calls([['explore', '--format', report.program.replace(/^#.*\n/gm, '')]])) as [Called];
  assert.equal(again.stdout, format.stdout.replace(/^#.*\n| {2}#.*(?=\n)/gm, ''));
});

test('exit code 3 is a trace without a program, 1 one that breaks a protocol', async () => {
  const [, , format, nothing, violation, json] = (await run) as readonly Called[];
  assert.deepEqual([format?.status, nothing?.status, violation?.status, json?.status], [3, 3, 1, 3]);
  assert.match(nothing?.stdout ?? '', /\nProtocol notifier is kept, once\.\n/);
  assert.match(
    violation?.stdout ?? '',
    /\nBROKEN: protocol notifier: line 2: agent-7 begins an invalidation, and is in user mode in line 4 /,
  );
  const { verdict, notes } = JSON.parse(json?.stdout ?? '');
  assert.deepEqual([verdict, notes], ['nothing', ['no two threads have operations on the same pages: there is no program']]);
});

const bad: readonly Refused[] = [
  [[...trace, 'gone.txt'], /trace 'gone\.txt' cannot be read: ENOENT/],
  [[...trace, fileOf('')], /trace '.*' is empty/],
  [[...trace, recorded('package.json')], /package\.json' is no trace/],
  [[...trace, recorded('package.json'), '--format'], /package\.json' is no trace/],
  [[...trace, discard, 'mini-hmm'], /no scenario goes with it, given was 'mini-hmm'/],
  [[...trace, discard, 'A: cr 0 1'], /no scenario goes with it/],
  [[...trace, discard, '--all'], /--all does not go with --from-trace/],
  [[...trace, discard, '--schedule', 'A@done'], /--schedule does not go with --from-trace/],
  [[...trace, discard, '--points'], /--points does not go with --from-trace/],
  [[...trace, discard, '--format', '--driver', 'dmirror'], /--format .* does not go with --driver/],
  [[...trace, discard, '--driver', 'geforce'], /unknown driver 'geforce'/],
  [[...trace], /--from-trace needs a value/],
];
const refused = calls(bad.map(([args]) => args));
bad.forEach(([args, ...says], i) => {
  test(`bad input: ${args
    .slice(1)
    .map((arg) => arg.replace(/.*\//, ''))
    .join(' ')}`, async () => {
    assertRefused((await refused)[i] as Called, says);
  });
});

test('the recordings say how they were made', () => {
  for (const path of [
    'examples/traces/dontneed.txt',
    ...['fault', 'faultPlain', 'faultGraph', 'dontneedGraph', 'exclusiveGraph', 'retryIgnored', 'retryObeyed', 'serial'].map(
      (name) => `test/trace/${name}.txt`,
    ),
  ])
    assert.match(readFileSync(recorded(path), 'utf8'), /^# tracer: function.*\n# Recorded on Linux 7\.3\.4/, path);
});
