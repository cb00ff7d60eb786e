import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { eraseModule } from '../src/build/erase.ts';
import { eraseTree } from '../src/build/eraseTree.ts';

test('eraseTree: modules, no declarations', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hmm-lab-erase-'));
  t.after(() => rmSync(root, { recursive: true }));
  const from = join(root, 'stepped');
  mkdirSync(join(from, 'src', 'steps'), { recursive: true });
  mkdirSync(join(from, 'test', 'model'), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(from, 'src', 'steps', 'pause.js'), 'export let pause = null;\n');
  writeFileSync(join(from, 'src', 'steps', 'pause.d.ts'), 'export declare let pause: null;\n');
  writeFileSync(join(from, 'test', 'model', 'a.js'), 'export function* main() { yield 1; return 2; }\n');

  const to = join(root, 'erased');
  assert.equal(await eraseTree(from, to), 2);
  const { main } = (await import(pathToFileURL(join(to, 'test', 'model', 'a.js')).href)) as { main: () => number };
  assert.equal(main(), 2);
  assert.throws(() => readFileSync(join(to, 'src', 'steps', 'pause.d.ts')), { code: 'ENOENT' });
});

/** The erased module with constants from `x.js` and of its own, without what erasing adds. */
function inlined(source: string): string {
  const constantsOf = (specifier: string | null): Record<string, unknown> | undefined => {
    if (specifier === null) return { OWN: 7 };
    return specifier === './x.js'
      ? { A: 3, B: -1, TABLE: Object.freeze({ a: 10, name: 'n' }), open: { a: 1 }, text: 's' }
      : undefined;
  };
  return eraseModule(source, { file: 'm.js', pauseModule: './pause.js', constantsOf });
}

const head = "import { A, B, TABLE, open, text } from './x.js';\n";

/** Source after the imports, and what becomes of it. */
const cases: readonly (readonly [string, string, string])[] = [
  ['numbers', 'f(A + B);', 'f(3 + (-1));'],
  ['members of frozen objects', 'f(TABLE.a);', 'f(10);'],
  ['members that are no numbers stay', 'f(TABLE.name, TABLE[A]);', 'f(TABLE.name, TABLE[3]);'],
  ['objects that may change stay', 'f(open.a, text);', 'f(open.a, text);'],
  ['keys and members are no references', 'f({ A: 1 }, o.A, { A });', 'f({ A: 1 }, o.A, { A });'],
  ['a shadowed name stays', 'function g(A) { return A + B; }', 'function g(A) { return A + (-1); }'],
  ['own constants', 'export const OWN = 7;\nf(OWN);', 'export const OWN = 7;\nf(7);'],
  ['a variable is no constant', 'export let OWN = 7;\nf(OWN);', 'export let OWN = 7;\nf(OWN);'],
  ['other modules stay', "import { C } from './y.js';\nf(C);", "import { C } from './y.js';\nf(C);"],
];

for (const [what, source, expected] of cases) {
  test(`constants become numbers: ${what}`, () => {
    assert.equal(inlined(head + source), head + expected);
  });
}

test('a tree without points has no trace of them', () => {
  const source = 'export function* f() { yield P; return 1; }\n';
  const code = eraseModule(source, { file: 'm.js', pauseModule: './pause.js', points: false });
  assert.ok(!code.includes('pause'));
  assert.match(code, /return 1/);
});
