/** Bugs and controls of the user's: loaded from modules, put into the model, refused in one sentence. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { bugs } from '../src/bugs/index.ts';
import { isUsageError } from '../src/input/usageError.ts';
import { builtPackage } from '../src/mutation/builtTree.ts';
import { editedModules } from '../src/mutation/editedModules.ts';
import { bugNamed } from '../src/userModules/bugNamed.ts';
import { importBugs } from '../src/userModules/importBugs.ts';
import { mutationDefect } from '../src/userModules/mutationDefect.ts';

const folder = mkdtempSync(join(tmpdir(), 'hmm-lab-bugs-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const run = (cwd: string, ...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd });

/** Writes a module and returns its path. */
function module(name: string, code: string): string {
  const file = join(folder, name);
  writeFileSync(file, code);
  return file;
}

const control = {
  id: 'OWN',
  title: 'a change',
  reference: 'nowhere',
  scenario: 'device-fault-vs-munmap',
  edits: [{ module: 'drivers/dmirror/invalidate', in: 'invalidate', find: 'return false;', replace: 'return true;' }],
};
const bug = { ...control, kind: 'SDM', threads: 2, preemptions: 1, oracles: ['I-STALE'] };

test('bugs, controls and the whole catalogue are what they should be', () => {
  for (const given of [control, bug, { ...control, edits: [], settings: { retryCheck: 'none' } }, ...bugs])
    assert.equal(mutationDefect(given), null);
});

const [edit] = control.edits;

for (const [what, given, expected] of [
  ['no object', 'R05', /^it is 'R05'$/],
  ['a misspelt key', { ...control, scenari: '' }, /^it has 'scenari', allowed are id, title, /],
  ['an id with a blank', { ...control, id: 'A B' }, /^its id is 'A B', allowed are letters/],
  ['no title', { ...control, title: undefined }, /^it needs a title, a text$/],
  ['no scenario', { ...control, scenario: ' ' }, /^it needs a scenario, a text$/],
  ['edits that are no list', { ...control, edits: edit }, /^its edits are no list$/],
  ['an edit that is a text', { ...control, edits: [edit, 'x'] }, /^its edit 2 is no object/],
  [
    'an edit with a misspelt key',
    { ...control, edits: [{ ...edit, replaced: '' }] },
    /^its edit 1 has 'replaced', allowed are module, in, /,
  ],
  ['an edit without code', { ...control, edits: [{ ...edit, find: '' }] }, /^its edit 1 needs a module and the code to find/],
  ['an edit without new code', { ...control, edits: [{ ...edit, replace: undefined }] }, /^its edit 1 needs replace/],
  ['a function by number', { ...control, edits: [{ ...edit, in: 3 }] }, /^its edit 1 has in, which is no name/],
  [
    'imports that are a list',
    { ...control, edits: [{ ...edit, imports: ['load'] }] },
    /^its edit 1 has imports that are no object/,
  ],
  ['settings that are no texts', { ...control, settings: { window: 3 } }, /^its settings are no object of texts/],
  ['nothing to change', { ...control, edits: [] }, /^it changes nothing/],
  ['a bug without its kind', { ...bug, kind: undefined }, /^it needs a kind, .* it is a control$/],
  ['a bug with half a thread', { ...bug, threads: 1.5 }, /^its threads are '1\.5', allowed is a whole number from 1 to 64$/],
  ['a bug without preemptions', { ...bug, preemptions: undefined }, /^its preemptions are 'undefined', allowed is a whole/],
  ['a bug without rules', { ...bug, oracles: [] }, /^its oracles are no list of the rules/],
] as const) {
  test(`refused: ${what}`, () => assert.match(mutationDefect(given) ?? '', expected));
}

const refused = (promise: Promise<unknown>, expected: RegExp): Promise<void> =>
  assert.rejects(promise, (error: Error) => {
    assert.ok(isUsageError(error), error.stack);
    assert.match(error.message, expected);
    return true;
  });

for (const [what, code, expected] of [
  ['that does not parse', 'export default {', /^bug module '.*' does not load: /],
  ['that throws', "throw new Error('why\\nnot');", /^bug module '.*' does not load: why$/],
  ['that ends the program', 'process.exit(3);', /^bug module '.*' ends the program \(exit code 3\) while it is loaded$/],
  ['without a default export', `export const bug = ${JSON.stringify(bug)};`, /^bug module '.*' has no default export/],
  ['that exports a function', 'export default { actors: () => ({}) };', /^bug module '.*' exports something that is no data/],
  ['that exports nothing of the kind', 'export default 3;', /exports by default neither a bug nor a control: it is '3'$/],
  ['with an empty list', 'export default [];', /exports an empty list/],
  [
    'with a mistake in a list',
    `export default [${JSON.stringify(bug)}, {}];`,
    /nor a control in its entry 2: its id is 'undefined'/,
  ],
  [
    'with the same id twice',
    `export default [${JSON.stringify(bug)}, ${JSON.stringify(control)}];`,
    /exports two changes of the id .*#OWN$/,
  ],
] as const) {
  test(`refused: a module ${what}`, () => refused(importBugs(module('wrong.mjs', code)), expected));
}

test('a module that prints, one of several by its id, a # in a path, and a scenario beside the module', async () => {
  const other = { ...bug, id: 'OTHER', scenario: './scenario.mjs@./driver.mjs' };
  const code = `console.log('hello');\nexport default ${JSON.stringify([bug, other])};`;
  const file = module('c#.mjs', code);
  assert.deepEqual(
    (await importBugs(file)).map(({ id, scenario }) => [id, scenario]),
    [
      [`${file}#OWN`, bug.scenario],
      [`${file}#OTHER`, `${join(folder, 'scenario.mjs')}@${join(folder, 'driver.mjs')}`],
    ],
  );
  assert.equal((await bugNamed(`${file}#OTHER`)).id, `${file}#OTHER`);
  await refused(bugNamed(file), /exports 2 changes, allowed is one of them: .*#OWN, .*#OTHER$/);
  await refused(bugNamed(`${file}#THIRD`), /exports no 'THIRD', allowed are .*#OWN, .*#OTHER$/);
  await refused(bugNamed(join(folder, 'none.mjs')), /^bug module '.*none\.mjs' does not exist$/);
  await refused(bugNamed('R0'), /^unknown bug 'R0' \(did you mean R\d+\?\), allowed are the \d+ of hmm-lab bugs, or a module/);
});

test('an edit of a module, with an import or with a name that is not there is refused', () => {
  const edited = (change: object) => () => editedModules({ ...control, edits: [{ ...(edit as object), ...change } as never] });
  assert.throws(edited({ module: 'drivers/dmirror/invalid' }), /of the module 'drivers\/dmirror\/invalid', and there is none/);
  assert.throws(edited({ module: '../../package' }), /and there is none of that name/);
  assert.throws(edited({ imports: { load: 'arena/acces' } }), /imports load of arena\/acces, and the model has no module there$/);
  assert.throws(edited({ imports: { lod: 'arena/access' } }), /imports lod of arena\/access, and the model has no lod there$/);
  assert.throws(
    edited({ replace: 'return notThere(task);' }),
    /invalidate uses 'notThere', which the module neither declares nor imports/,
  );
  assert.equal(edited({ imports: { load: 'arena/access', Point: 'steps/points' } })().size, 2);
});

test('the example: found and quiet, on the command line', () => {
  const hunted = run(builtPackage, 'hunt', '--bug', 'examples/bugs.mjs', '--seconds', '20', '--json');
  assert.equal(hunted.status, 0, hunted.stderr);
  const { rows, controls, falseAlarms } = JSON.parse(hunted.stdout);
  assert.deepEqual(
    rows.map(({ id, found, agrees }: Record<string, unknown>) => [id, found, agrees]),
    [['./examples/bugs.mjs#HALF', true, true]],
  );
  assert.deepEqual([controls, falseAlarms], [1, []]);
  const several = run(builtPackage, 'explore', '--bug', 'examples/bugs.mjs');
  assert.equal(several.status, 2);
  assert.match(several.stderr, /^hmm-lab: bug module 'examples\/bugs\.mjs' exports 2 changes, [^\n]*\n$/);
});

test('a bug of the user, in a scenario of the user: explored, replayed, replayed elsewhere, raced', () => {
  module(
    'scenario.mjs',
    `import { deviceReads, fillPage, unmaps } from 'hmm-lab/scenario';
    export default { machine: { pages: 1 }, setup: (m) => fillPage(m, 0, 1), actors: (m) => ({ D: [deviceReads(m, 0)], A: [unmaps(m, 0)] }) };`,
  );
  const edits = [{ ...edit, find: 'yield* revoke(task, mirror, start, end);', replace: '' }];
  module('own.mjs', `export default ${JSON.stringify({ ...bug, scenario: './scenario.mjs', edits })};`);
  const explored = run(folder, 'explore', '--bug', './own.mjs', '--json');
  assert.equal(explored.status, 1, explored.stderr);
  const { scenario, failure } = JSON.parse(explored.stdout);
  assert.deepEqual([scenario, failure.oracle], ['./scenario.mjs', 'I-STALE']);
  const again = run(folder, 'replay', failure.token, '--json');
  assert.equal(again.status, 1, again.stderr);
  assert.equal(JSON.parse(again.stdout).failure.message, failure.message);
  mkdirSync(join(folder, 'moved'));
  renameSync(join(folder, 'own.mjs'), join(folder, 'moved', 'own.mjs'));
  const gone = run(folder, 'replay', failure.token);
  assert.deepEqual([gone.status, gone.stderr], [2, "hmm-lab: bug module './own.mjs' does not exist\n"]);
  const moved = run(folder, 'replay', failure.token, '--bug', 'moved/own.mjs', '--json');
  assert.equal(moved.status, 1, moved.stderr);
  const other = run(folder, 'replay', failure.token, '--bug', 'R05');
  assert.match(other.stderr, /^hmm-lab: the token is of bug '\.\/own\.mjs#OWN', not of bug 'R05'\n$/);
  const raced = run(folder, 'stress', '--bug', 'moved/own.mjs', '--seconds', '5', '--trace', '0', '--json');
  const { verdict, config } = JSON.parse(raced.stdout);
  assert.deepEqual([raced.status, verdict, config.bug], [1, 'violation', './moved/own.mjs#OWN']);
});
