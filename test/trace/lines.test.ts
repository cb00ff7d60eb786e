/** Lines of traces, in all their forms; and files that are none, or are damaged. */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { isUsageError } from '../../src/input/usageError.ts';
import { type Told, toldByGraph, toldByTask } from '../../src/trace/events.ts';
import { parseLine } from '../../src/trace/lines.ts';
import { notesOf } from '../../src/trace/notes.ts';
import { readTrace } from '../../src/trace/reader.ts';
import { traced } from '../../src/trace/traced.ts';
import { fileOf, ftrace, tracedOf } from './traces.ts';

test('a line of a task says who, when and what, whatever stands between', () => {
  const what = 'do_swap_page <-__handle_mm_fault';
  for (const [line, tgid, task] of [
    [`      agent-106     (    105) [000] ...1.     9.259120: ${what}`, 105, 'agent'],
    [`      agent-106     (-------) [000] ...1.     9.259120: ${what}`, null, 'agent'],
    [`      agent-106     [000] d..2.     9.259120: ${what}`, null, 'agent'],
    [`           agent-106   [000]     9.259120: ${what}`, null, 'agent'],
    [`  kworker/0:1-ev-106   [000] ....     9.259120: ${what}`, null, 'kworker/0:1-ev'],
    [` a name with 3-106   [000] ....     9.259120: ${what}`, null, 'a name with 3'],
  ] as const)
    assert.deepEqual(parseLine(line), { kind: 'task', task, pid: 106, tgid, time: 9.25912, text: what }, line);
});

test('a line of function_graph is read with and without the time and the task', () => {
  const graph = { kind: 'graph', cpu: 1, pid: null, task: '', time: null };
  for (const [line, more] of [
    [' 1)               |  handle_mm_fault() {', { text: 'handle_mm_fault() {' }],
    [' 1) ! 296.624 us  |  handle_mm_fault();', { text: 'handle_mm_fault();' }],
    [' 1)  agent-106    | + 11.304 us   |    do_swap_page();', { pid: 106, task: 'agent', text: 'do_swap_page();' }],
    ['   75.88 |   1)  agent-106    |               |  }', { pid: 106, task: 'agent', time: 75.88, text: '}' }],
    [' 1)   1.2 us    |  /* flags: O_RDWR|O_CLOEXEC */', { text: '/* flags: O_RDWR|O_CLOEXEC */' }],
  ] as const)
    assert.deepEqual(parseLine(line), { ...graph, ...more }, line);
  assert.deepEqual(parseLine(' 0)    <idle>-0    =>  reprodu-169  '), { kind: 'switch', cpu: 0, task: 'reprodu', pid: 169 });
});

test('lost events are seen in both forms, and heads and rulers say nothing', () => {
  assert.deepEqual(parseLine('CPU:1 [LOST 42 EVENTS]'), { kind: 'lost', count: 42 });
  assert.deepEqual(parseLine('CPU:3 [42 EVENTS DROPPED]'), { kind: 'lost', count: 42 });
  assert.deepEqual(parseLine('CPU:3 [EVENTS DROPPED]'), { kind: 'lost', count: null });
  for (const line of ['', '# tracer: function', ' ------------------------------------------', 'cpus=2', 'CPU 1 is empty'])
    assert.deepEqual(parseLine(line), { kind: 'head' }, line);
  for (const line of ['hello', 'agent-1 9.2: x', '{"a":1}', 'Nov 30 11:00 host kernel: x'])
    assert.equal(parseLine(line), null, line);
});

/** What a line tells, with its fields as text. */
const shown = (told: Told | null): string =>
  told === null
    ? ''
    : `${told.place} ${told.name} ${told.from ?? '-'} ${[...told.fields].map((field) => field.join('=')).join(' ')}`.trim();

test('functions, events and system calls of ftrace and of trace-cmd come to the same', () => {
  for (const [text, told] of [
    ['do_swap_page <-__handle_mm_fault', 'entry do_swap_page __handle_mm_fault'],
    ['function:             do_swap_page <-- __handle_mm_fault', 'entry do_swap_page __handle_mm_fault'],
    ['f.isra.0(start=0x10, end=0x20) <-g.constprop.0', 'entry f g start=0x10 end=0x20'],
    ['f [test_hmm]() <-g', 'entry f g'],
    ['sys_madvise(start: 0x10, len_in: 0x1000, behavior: 4)', 'event sys_enter_madvise - start=0x10 len_in=0x1000 behavior=4'],
    [
      'sys_enter_madvise:    start: 0x10, len_in: 0x1000, behavior: 4',
      'event sys_enter_madvise - start=0x10 len_in=0x1000 behavior=4',
    ],
    ['sys_madvise -> 0x0', 'event sys_exit_madvise - ret=0x0'],
    ['sys_exit_madvise:     0x0', 'event sys_exit_madvise - ret=0x0'],
    [
      'sys_openat(dfd: 4294967196, filename: 1407 "/dev/a", flags: O_RDWR|O_CLOEXEC)',
      'event sys_enter_openat - dfd=4294967196 filename=1407 "/dev/a" flags=O_RDWR|O_CLOEXEC',
    ],
    [
      'page_fault_user: address=0x10 ip=0x403f05 error_code=0x6',
      'event page_fault_user - address=0x10 ip=0x403f05 error_code=0x6',
    ],
    ['tlb_flush: pages:1 reason:local MM shootdown (3)', 'event tlb_flush - pages=1 reason=local'],
    ['what is this', ''],
  ] as const)
    assert.equal(shown(toldByTask(text)), told, text);
});

test('a graph opens, closes and does both, with notes between', () => {
  const kinds = ['f() {', '}', 'f [test_hmm]();', '} /* f */', '/* sys_close -> 0x0 */', '...'].map(
    (line) => toldByGraph(line)?.kind ?? null,
  );
  assert.deepEqual(kinds, ['open', 'close', 'leaf', 'close', 'note', null]);
});

test('a function of a graph returns where it is closed, or before its thread goes on; after a loss nobody knows', async () => {
  const graph = (...lines: readonly string[]): string =>
    lines.map((line) => (line.startsWith('CPU') ? `${line}\n` : ` 0)  agent-7    |               |  ${line}\n`)).join('');
  const told = async (text: string): Promise<string[]> => {
    const all: string[] = [];
    await readTrace(fileOf(text), {
      event: ({ place, name, from, line }) => all.push(`${line} ${place} ${name} ${from}`),
      lost: () => all.push('lost'),
    });
    return all;
  };
  assert.deepEqual(await told(graph('f() {', 'g();', '/* tlb_flush: pages:1 */', '}')), [
    '1 entry f null',
    '2 entry g f',
    '3 return g f',
    '3 event tlb_flush null',
    '4 return f null',
  ]);
  const lost = graph('f() {', 'g();', 'CPU:0 [LOST 1 EVENTS]', '}', 'h();');
  assert.deepEqual(await told(lost), ['1 entry f null', '2 entry g f', 'lost', '5 entry h null']);
});

test('what is wrong with a file is counted and said, and the rest is taken', async () => {
  const good = '7 sys_close(fd: 3)\n7 sys_close -> 0x0';
  const { facts } = await tracedOf(good);
  assert.deepEqual([facts.odd, facts.gaps, facts.backwards, facts.isCutOff], [0, 0, 0, false]);
  const text = `${ftrace(good)}garbage\nCPU:0 [LOST 5 EVENTS]\nmore\n${ftrace(good)}`.trimEnd();
  const found = await traced(fileOf(text));
  assert.deepEqual([found.facts.lines, found.facts.events], [7, 4]);
  assert.deepEqual(notesOf(found).slice(0, 4), [
    '2 lines are none of a trace, the first is line 3',
    'events were lost in 1 place, the first is line 4, 5 events in all: what was under way there is not judged',
    '1 line is earlier than the one before: the order is that of the lines',
    'the last line has no end: the trace is cut off',
  ]);
});

test('a file that is no trace is refused in one sentence', async () => {
  for (const [file, says] of [
    [fileOf(''), /^trace '.*' is empty$/],
    [fileOf('# tracer: nop\n#\n'), /^trace '.*' has 2 lines and no event: nothing was traced$/],
    [fileOf('Dear kernel,\nhello.\n'), /^'.*' is no trace: none of its 2 lines is one of ftrace's or of trace-cmd report$/],
    [
      fileOf(Buffer.from('\x17\x08Dtracing6\0\0')),
      /is what trace-cmd has recorded: 'trace-cmd report -i .*' makes a text of it$/,
    ],
    [fileOf(Buffer.from('\x7fELF\0\0\0')), /^trace '.*' is no text, and the text of ftrace or of trace-cmd report is needed$/],
    ['/nowhere/trace.txt', /^trace '\/nowhere\/trace.txt' cannot be read: ENOENT/],
    [tmpdir(), /^trace '.*' cannot be read: EISDIR/],
  ] as const)
    await assert.rejects(traced(file), (error) => isUsageError(error) && says.test(error.message), says.source);
});

test('a file may be long, and have lines without an end: what is kept is bounded', async () => {
  const fault = (i: number): string => `7 page_fault_user: address=0x${(0x10000 + i * 4096).toString(16)} ip=0x1 error_code=0x6`;
  const long = await tracedOf(Array.from({ length: 25_000 }, (_, i) => fault(i)).join('\n'));
  assert.deepEqual([long.operations, long.kept], [25_000, 20_000]);
  assert.ok(notesOf(long).includes('only the first 20000 of 25000 operations were looked at'));
  const { facts } = await traced(fileOf(`${ftrace(fault(1))}${'x'.repeat(3_000_000)}\n${ftrace(fault(2))}`));
  assert.deepEqual([facts.lines, facts.events, facts.odd], [3, 2, 1]);
});
