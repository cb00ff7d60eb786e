/** The language of programs: what is read, what is refused, how it is printed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descriptions, formOf } from '../src/programs/describe.ts';
import { type OperationName, parseOperation } from '../src/programs/operation.ts';
import { isProgram, parseProgram, programName, programText } from '../src/programs/program.ts';

const whole = `
# a race
given  open 0 0 | mmap 0 1 rw anon|cw  0 1 7 | A: cr 0 1
A: cw 0 1 8 | cr 0 1
B: madvise 0 1 dontneed   # at the same time
end    cr 0 1 is 0 or 8
reach  A at lock while B at done
`;

test('a program is printed in its usual form, and read again it is the same', () => {
  const text = `given open 0 0 | mmap 0 1 rw anon | cw 0 1 7 | A: cr 0 1
A: cw 0 1 8 | cr 0 1
B: madvise 0 1 dontneed
end cr 0 1 is 0 or 8
reach A at lock while B at done
`;
  assert.equal(programText(parseProgram(whole)), text);
  assert.equal(programText(parseProgram(text)), text);
  assert.equal(programName(parseProgram(whole)), text.trim().split('\n').join('; '));
  assert.equal(programText(parseProgram(programName(parseProgram(whole)))), text);
});

test('names of scenarios and paths are no programs', () => {
  for (const text of ['A: cw 0 1', 'A:cw 0 1', 'given open 0 0; A: cr 0 1', '\n given  cr 0 1']) assert.ok(isProgram(text), text);
  for (const text of ['mini-hmm', './my.mjs', 'device-fault-vs-munmap@nouveau', 'file:///a:b.mjs', 'C:\\a.mjs', ''])
    assert.ok(!isProgram(text), text);
});

const refused: readonly (readonly [string, RegExp])[] = [
  ['A: cw 0 1 8\nB: munmapp 0 1', /line 2 of the program: unknown operation 'munmapp' in 'munmapp 0 1'$/],
  ['A: cw 0', /line 1 of the program: operation 'cw 0' has 1 arguments, cw takes 2 to 4$/],
  ['A: cw 0 1 x', /line 1 of the program: 'x' in operation 'cw 0 1 x' is no value that cw takes$/],
  ['A: cr 0 1 |', /line 1 of the program: unknown operation '' in ''$/],
  ['A: cr 0 1\nA: cr 1 1', /line 2 of the program: actor A has two columns$/],
  ['given cr 0 1', /the program has no column/],
  ['A: cr 0 1\nsometimes B: cr 0 1', /line 2 of the program: 'sometimes B: cr 0 1' is neither/],
  ['A: cr 0 1\nreach C at lock', /the program names the actor 'C', and its columns are A$/],
  ['A: cr 0 1\nreach A', /line 2 of the program: 'reach A' is not of the form/],
  ['A: cr 0 1\nend cr 0 1', /line 2 of the program: 'end cr 0 1' is not of the form/],
  ['given C: cr 0 1\nA: cr 0 1', /names the actor 'C'/],
];

for (const [text, message] of refused) {
  test(`refused in a sentence: ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseProgram(text), { name: 'UsageError', message });
  });
}

/** What may stand for each word of the table of operations. */
const samples: Readonly<Record<string, string>> = {
  ACCESS: 'rw',
  ADVICE: 'dontneed',
  BITS: '1',
  COUNT: '1',
  DEVICE: '0',
  KIB: '64',
  KIND: 'anon',
  MODE: 'longterm',
  NUMBER: '3',
  OFFSET: '0',
  ORDER: '0',
  PAGE: '0',
  PROCESS: '1',
  SLOT: '0',
  STRIDE: '2',
  SWITCH: 'always',
  TO: '2H',
  VALUE: '7',
  WHAT: '4',
};

test('every operation is written as its description says, with and without the words in brackets', () => {
  for (const name of Object.keys(descriptions) as OperationName[]) {
    const words = formOf(name).split(' ').slice(1);
    const sample = (word: string): string => {
      const plain = word.replace(/^\[|\]$/g, '');
      return samples[plain] ?? (/^[a-z]+$/.test(plain) ? plain : assert.fail(`${formOf(name)}: what is ${word}?`));
    };
    const least = words.filter((word) => !word.startsWith('[')).map(sample);
    const most = words.map(sample);
    for (const args of [least, most]) assert.equal(parseOperation([name, ...args].join(' ')).name, name);
    assert.throws(() => parseOperation([name, ...most, '0'].join(' ')), /arguments/);
    if (least.length > 0) assert.throws(() => parseOperation([name, ...least.slice(1)].join(' ')), /arguments/);
  }
  assert.equal(formOf('cw'), 'cw PAGE COUNT [VALUE] [STRIDE]');
});

test('a program may have a schedule, which is no part of its name', () => {
  const text = 'given mmap 0 1 rw anon\nA: cr 0 1   # remark\nB: munmap 0 1\nschedule A@lock#4   B@done\n';
  const program = parseProgram(text);
  assert.equal(program.schedule, 'A@lock#4 B@done');
  assert.equal(programText(program), 'given mmap 0 1 rw anon\nA: cr 0 1\nB: munmap 0 1\nschedule A@lock#4 B@done\n');
  assert.equal(programName(program), 'given mmap 0 1 rw anon; A: cr 0 1; B: munmap 0 1');
  assert.throws(() => parseProgram(`${text}schedule A@done`), /line 5 of the program: there are two schedules/);
});
