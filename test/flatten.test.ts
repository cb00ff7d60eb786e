import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { flattenModule } from '../src/build/flatten.ts';
import { flattenTree } from '../src/build/flattenTree.ts';
import { CallStack } from '../src/steps/callStack.ts';
import type { Steps } from '../src/steps/steps.ts';

/** Calls three deep, with results, in loops and in the middle of expressions. */
const source = `
export function* main(n) {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += (yield* middle(i)) + (yield* leaf(10 * i));
  yield 9;
  return sum;
}
function* middle(i) {
  if (i === 1) return 100;
  return 1 + (yield* leaf(i));
}
function* leaf(i) {
  yield i;
  return yield* nothing(i);
}
function* nothing(i) { return i; }
`;

interface Made {
  readonly main: (n: number) => Steps<number>;
}

/** The module that a text is, in a place of its own. */
async function load(text: string, root: string, name: string): Promise<Made> {
  const file = join(root, `${name}.mjs`);
  writeFileSync(file, text);
  return (await import(pathToFileURL(file).href)) as Made;
}

function pointsOf(steps: Steps<number>): { readonly points: number[]; readonly result: unknown } {
  const stack = new CallStack();
  stack.start(steps);
  const points: number[] = [];
  for (let point = stack.next(); point !== -1; point = stack.next()) points.push(point);
  assert.ok(stack.idle);
  return { points, result: stack.result };
}

test('a flat module comes to the same points and results as the one it was made of', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hmm-lab-flat-'));
  t.after(() => rmSync(root, { recursive: true }));

  const flat = flattenModule(source, 'x.js');
  assert.doesNotMatch(flat, /yield\*/);
  assert.equal(flat.length, source.length, 'columns stay');
  const [written, made] = [await load(source, root, 'written'), await load(flat, root, 'flat')];
  const expected = { points: [0, 0, 10, 2, 20, 9], result: 1 + 0 + 100 + 10 + 3 + 20 };
  assert.deepEqual(pointsOf(written.main(3)), expected);
  assert.deepEqual(pointsOf(made.main(3)), expected);
});

test('a caller that kept its stars works with callees that did not', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hmm-lab-flat-'));
  t.after(() => rmSync(root, { recursive: true }));
  const [callers, callees] = [source.slice(0, source.indexOf('function* leaf')), source.slice(source.indexOf('function* leaf'))];
  const { main } = await load(callers + flattenModule(callees, 'x.js'), root, 'mixed');
  assert.deepEqual(pointsOf(main(2)), { points: [0, 0, 10, 9], result: 1 + 0 + 100 + 10 });
});

test('a module that keeps its generators is left alone, and what cannot be flattened is named', () => {
  const kept = '// @hmm-lab keep-generators\n\nfunction* a() { yield* b(); }';
  assert.equal(flattenModule(kept, 'x.js'), kept);
  assert.throws(() => flattenModule('function* a() {\n  yield*\n    b();\n}', 'x.js'), /x\.js:2:3: a line break after yield\*/);
  assert.throws(() => flattenModule('function* a( {', 'x.js'), /^SyntaxError: x\.js: /);
});

test('flattenTree: modules, no declarations', (t) => {
  const root = mkdtempSync(join(tmpdir(), 'hmm-lab-flat-'));
  t.after(() => rmSync(root, { recursive: true }));
  const from = join(root, 'stepped');
  mkdirSync(join(from, 'src'), { recursive: true });
  writeFileSync(join(from, 'src', 'a.js'), 'function* a() { yield* b(); }\n');
  writeFileSync(join(from, 'src', 'a.d.ts'), 'export {};\n');
  const to = join(root, 'flat');
  assert.equal(flattenTree(from, to), 1);
  assert.equal(readFileSync(join(to, 'src', 'a.js'), 'utf8'), 'function* a() { yield  b(); }\n');
  assert.throws(() => readFileSync(join(to, 'src', 'a.d.ts')), { code: 'ENOENT' });
});
