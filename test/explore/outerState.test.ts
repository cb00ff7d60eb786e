/** What operations keep outside of the shared words is found in the text, and refused by name. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { outerState } from '../../src/build/outerState.ts';
import { driverNamed } from '../../src/engines/explore/plan/driverNamed.ts';
import { importScenario } from '../../src/engines/explore/plan/importScenario.ts';
import { isUsageError } from '../../src/input/usageError.ts';
import { refuseOuterState } from '../../src/userModules/moduleState.ts';

const namesIn = (source: string, exported: readonly string[] = []): string[] =>
  outerState(source, new Set(exported)).changes.map(({ name }) => name);

/** What is changed, and the names that are reported. */
const changed: Record<string, readonly [source: string, ...names: string[]]> = {
  'a variable of the module': ['let saw = 0; export function* op() { saw = 1; }', 'saw'],
  'one that counts': ['let n = 0; export const op = function* () { n++; n += 2; };', 'n', 'n'],
  'a variable of actors()': ['export default { actors: (m) => { let saw; return { A: [function* () { saw = 1; }] }; } };', 'saw'],
  'an argument of the function that makes the operation': ['export const op = (n) => function* () { n--; };', 'n'],
  'an array of the module': [
    'const seen = []; function* op(task) { seen.push(task.id); seen[0] = 1; seen.length = 0; }',
    'seen',
    'seen',
    'seen',
  ],
  'a map, a set': [
    'const m = new Map(), s = new Set(); function* op() { m.set(1, 2); s.add(1); m.delete(1); s.clear(); }',
    'm',
    's',
    'm',
    's',
  ],
  'a member of an object': ['const state = { a: { b: 0 } }; function* op() { state.a.b = 1; delete state.a; }', 'state', 'state'],
  'the machine that actors() is given': ['export default { actors: (m) => ({ A: [function* () { m.saw = 1; }] }) };', 'm'],
  'an object in another name': [
    'const rows = [{}]; function* op() { const row = rows[0]; row.n = 1; for (const one of rows) one.n++; }',
    'rows',
    'rows',
  ],
  'an object that is a default': ['const memo = {}; function* op(task, cache = memo) { cache.n = 1; }', 'memo'],
  'from a plain function that is called': ['let saw; const keep = (x) => { saw = x; }; function* op() { keep(1); }', 'saw'],
  'from a function inside': ['let saw; function* op(list) { list.forEach((x) => { saw = x; }); }', 'saw'],
  'by taking apart': ['let a, b, c; function* op(x) { ({ a, y: [b = 1] } = x); for (c of x); }', 'a', 'b', 'c'],
  'by Object.assign': ['const o = {}; function* op() { Object.assign(o, { n: 1 }); }', 'o'],
  'the object of the method': ['export default { n: 0, *fault() { this.n++; } };', 'this'],
  'a global': ['function* op() { globalThis.saw = 1; }', 'globalThis'],
};

for (const [what, [source, ...names]] of Object.entries(changed)) {
  test(`changed outside of the operation: ${what}`, () => {
    assert.deepEqual(namesIn(source), names);
  });
}

const fine: Record<string, string> = {
  'its own variables and objects':
    'function* op() { let n = 0; n++; const list = []; list.push(n); for (const x of list) n += x; }',
  'a list of what it made anew': 'const rows = [1]; function* op() { const copy = [...rows]; copy.push(1); copy.sort(); }',
  'what it is given':
    'function* op(task, range) { task.pfns[0] = 1; range.notifierSeq = 2; const { pfns } = task; pfns.fill(0); }',
  'a default made with each call': 'function* op(task, cache = {}) { cache.n = 1; }',
  'a variable of the operation around it':
    'function* op() { let n = 0; const add = () => { n++; }; function* inner() { n++; } add(); yield* inner(); }',
  'shared words':
    "import { set, store } from 'hmm-lab'; import * as lab from 'hmm-lab'; function* op({ arena }) { set(arena, 1, 2); lab.set(arena, 1, 2); store(arena, 1, 3); }",
  'what is filled when the module is loaded':
    'const table = new Map(); for (let i = 0; i < 3; i++) table.set(i, i); let n = 0; n = 2; function* op() { return table.get(n); }',
  'what the set-up and the check keep':
    'let base; export default { setup(m) { base = m.arena; }, check() { base = null; return []; }, actors: () => ({ A: [function* () { yield base; }] }) };',
  'a constant that is marked': '/* @hmm-lab constant */\nlet table;\nfunction* op() { table ??= make(); table.push(1); }',
  'a method of its own making': 'const helper = { set(x) { return x; } }; function* op() { helper.set(1); }',
  'the same name inside': 'let n = 0; export const read = () => n; function* op() { let n = 1; n++; }',
};

for (const [what, source] of Object.entries(fine)) {
  test(`not outside of the operation: ${what}`, () => assert.deepEqual(namesIn(source), []));
}

test('the place is that of the change', () => {
  const { changes } = outerState('let saw;\nexport function* op() {\n  saw = 1;\n}\n', new Set());
  assert.deepEqual(changes, [{ name: 'saw', line: 3, column: 3 }]);
});

/** Writes modules into a directory of their own. */
function inDirectory<T>(files: Readonly<Record<string, string>>, use: (pathOf: (name: string) => string) => T): T {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
  const done = (): void => rmSync(directory, { recursive: true, force: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  const result = use((name) => join(directory, name));
  if (result instanceof Promise) return result.finally(done) as T;
  done();
  return result;
}

test('what a module of its own imports is looked at where an operation uses it', () => {
  const files = {
    'scenario.mjs':
      "import { keep } from './keep.mjs';\nexport default { actors: () => ({ A: [function* () { keep(1); }] }) };\n",
    'keep.mjs': 'let saw;\nexport const keep = (x) => {\n  saw = x;\n};\nexport const look = () => saw;\n',
    'unused.mjs': "import { look } from './keep.mjs';\nexport default { actors: () => ({ A: [function* () { look(); }] }) };\n",
  };
  inDirectory(files, (pathOf) => {
    assert.throws(() => refuseOuterState(pathToFileURL(pathOf('scenario.mjs')), 'scenario'), /'saw'.*keep\.mjs:3:3/);
    refuseOuterState(pathToFileURL(pathOf('unused.mjs')), 'scenario');
  });
});

test('a hook of a driver is looked at even if it is no generator', () => {
  const driver = 'let n = 0;\nexport default { accessUnderLock() { n++; return true; } };\n';
  inDirectory({ 'driver.mjs': driver }, (pathOf) => {
    assert.throws(() => refuseOuterState(pathToFileURL(pathOf('driver.mjs')), 'driver'), /'n'.*driver\.mjs:2/);
    refuseOuterState(pathToFileURL(pathOf('driver.mjs')), 'scenario');
  });
});

test('a scenario and a driver with such state are refused in one sentence that names it', async () => {
  const files = {
    'scenario.mjs': 'let saw = 0;\nexport default { actors: () => ({ A: [function* () { saw = 1; }] }) };\n',
    'driver.mjs': 'let saw = 0;\nexport default { *fault() { saw = 1; return 0; } };\n',
  };
  await inDirectory(files, async (pathOf) => {
    const refused = (error: unknown): boolean => {
      assert.ok(isUsageError(error));
      assert.match((error as Error).message, /an operation changes 'saw', which is declared outside of it/);
      assert.match((error as Error).message, /@hmm-lab constant/);
      return true;
    };
    await assert.rejects(importScenario(pathOf('scenario.mjs'), {}), refused);
    await assert.rejects(driverNamed(pathOf('driver.mjs')), refused);
  });
});
