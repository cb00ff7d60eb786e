/** The race matrix on paper: which cells there are, and the command that shows one again. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dmirror } from '../src/drivers/dmirror/index.ts';
import { builtinDrivers, registerDriver } from '../src/drivers/registry.ts';
import { abilitiesOf } from '../src/programs/matrix/abilities.ts';
import { type Chosen, cellsOf } from '../src/programs/matrix/cells.ts';
import { matrixOperations } from '../src/programs/matrix/matrixOperations.ts';
import { pageStates } from '../src/programs/matrix/pageStates.ts';
import { parseProgram } from '../src/programs/program.ts';
import { cellCommand, type MatrixSubject } from '../src/report/matrixCommand.ts';
import { matrixHtml } from '../src/report/matrixHtml.ts';
import { matrixText } from '../src/report/matrixText.ts';
import { plainStyle } from '../src/report/style.ts';
import { boot } from '../src/scenarios/programs/boot.ts';
import { setUp } from '../src/scenarios/programs/known.ts';

registerDriver(dmirror);
const can = abilitiesOf(dmirror);
const cells = (chosen: Partial<Chosen> = {}) => cellsOf({ actors: 2, can, ...chosen });

test('each pair once, whoever does what; triples too', () => {
  const all = cells({ states: ['written'] });
  const keys = all.map(({ operations }) => [...operations].sort().join(' '));
  assert.equal(new Set(keys).size, keys.length);
  const tried = new Set(all.flatMap(({ operations }) => operations));
  assert.equal(all.length, (tried.size * (tried.size + 1)) / 2);
  const triples = cells({ states: ['written'], actors: 3 });
  assert.equal(triples.length, (tried.size * (tried.size + 1) * (tried.size + 2)) / 6);
});

test('an operation is tried only from a state that has what it needs, and with a driver that can do it', () => {
  const all = cells();
  for (const { state, operations } of all) {
    const from = pageStates.find(({ name }) => name === state);
    for (const name of operations)
      for (const need of matrixOperations.find((one) => one.name === name)?.needs ?? []) assert.ok(from?.has.has(need));
  }
  assert.deepEqual(
    pageStates.map(({ name }) => name).filter((name) => !all.some(({ state }) => state === name)),
    [],
  );
  const bare = cells({ can: { exclusive: false, atomics: false, memory: false, work: false } });
  assert.ok(bare.length > 500);
  for (const { state, program } of bare) {
    assert.ok(!['device', 'exclusive', 'hugeDevice', 'coherent'].includes(state), state);
    assert.doesNotMatch(program, /\b(dmig|dsys|rel|excl|datomic|work)\b/);
  }
});

test('what sets a state up does so with every driver that has it', () => {
  const failed = builtinDrivers.flatMap((driver) => {
    const programs = cellsOf({ actors: 2, can: abilitiesOf(driver) }).map((cell) => cell.program);
    // One cell for each set-up: what is done afterwards makes no difference.
    const each = new Map(programs.map((program) => [program.replace(/;.*/, ''), program]));
    assert.ok(each.size > 10, driver.name);
    return [...each].flatMap(([given, text]) => {
      const program = parseProgram(text);
      const { machine, task } = boot(program, driver, {});
      return [...setUp(program, machine, task)].map((operation) => `${driver.name}: ${operation.text} in ${given}`);
    });
  });
  assert.deepEqual(failed, []);
});

test('chosen operations are tried with all others', () => {
  const chosen = cells({ states: ['written'], operations: ['munmap'] });
  const tried = new Set(cells({ states: ['written'] }).flatMap(({ operations }) => operations));
  assert.deepEqual(new Set(chosen.flatMap(({ operations }) => operations)), tried);
  assert.ok(chosen.every(({ operations }) => operations.includes('munmap')));
});

const program = 'given mmap 0 1 rw anon; A: cr 0 1; B: munmap 0 1';
const subject: MatrixSubject = { driver: null, settings: {}, bug: null };

test('the command that shows a cell again has the driver with its options, and the bug', () => {
  const command = (other: Partial<MatrixSubject>) => cellCommand(program, { ...subject, ...other });
  assert.equal(command({}), `npx hmm-lab explore '${program}'`);
  const settings = { retryCheck: 'none', window: '8' };
  assert.match(command({ driver: 'nouveau', settings }), /' --driver nouveau:retryCheck=none,window=8$/);
  assert.match(command({ settings: { kernel: '6.1' } }), /' --driver dmirror:kernel=6\.1$/);
  assert.match(command({ driver: "./it's mine.mjs", bug: 'R05' }), /' --driver '\.\/it'\\''s mine\.mjs' --bug R05$/);
});

const cell = { state: 'written', program, number: 0, bound: -1, searched: 5, seconds: 1, basis: 'all', failure: null };
const failure = {
  oracle: 'I-STALE',
  message: 'stale </script><b>',
  token: 't',
  steps: 3,
  preemptions: 1,
  minimal: true,
  program: 'A: cr 0 1\nschedule A@done\n',
} as const;
const report = {
  version: '0.1.0',
  config: { ...subject, settings: { retryCheck: 'none' }, seconds: 10 },
  verdict: 'violation',
  cells: [
    { ...cell, operations: ['read', 'read'], verdict: 'proved' },
    { ...cell, operations: ['read', 'munmap'], verdict: 'violation', failure },
  ],
  proved: 1,
  bounded: 0,
  sampled: 0,
  violations: 1,
  left: 3,
  misfits: [],
  seconds: 2,
  workers: 1,
  interrupted: true,
  part: null,
} as const;

test('the text shows a square for each state, and what is not proved with its command', () => {
  const text = matrixText(report, plainStyle);
  assert.match(text, /^written\n {2}read {3}\.\n {2}munmap X$/m);
  const command = `npx hmm-lab explore '${program}' --driver dmirror:retryCheck=none`;
  assert.ok(
    text.includes(`violation: read x munmap from written: I-STALE: ${failure.message}\n  schedule A@done\n  ${command}\n`),
  );
  assert.match(text, /^Proved 1 of 5 cells; 1 break a rule, 3 not begun \(10 states, 2\.0 s, 1 thread\)\.$/m);
});

test('the page needs nothing else, and is not ended by what a cell says', () => {
  const page = matrixHtml(report);
  assert.doesNotMatch(page, /<link|\ssrc=|url\(|@import|https?:/);
  assert.equal(page.split('</script>').length, 3);
  assert.ok(page.includes('stale &lt;/script&gt;&lt;b&gt;'));
  const [, data = ''] = /<script type="application\/json" id="data">(.*)<\/script>/.exec(page) ?? [];
  assert.equal(JSON.parse(data).cells[1].failure.message, failure.message);
  assert.match(page, /Interrupted: cells are missing/);
});

test('cells that cannot be are left out, and each actor has its TLB', () => {
  const missing = cells({ states: ['missing'] });
  assert.ok(missing.length > 20);
  for (const { operations } of missing) assert.ok(operations.includes('fill'));
  const [first] = cells({ states: ['tlb'], actors: 3 });
  assert.match(
    first?.program ?? '',
    /A: cr 0 1 \| B: cr 0 1 \| C: cr 0 1 \| A: dread 0 0 1 \| B: dread 0 0 1 \| C: dread 0 0 1;/,
  );
});
