import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type EraseOptions, eraseModule } from '../src/build/erase.ts';
import { setPause } from '../src/steps/pause.ts';
import { erased, run, type Steps } from '../src/steps/steps.ts';

const pauseModule = new URL('../src/steps/pause.js', import.meta.url).href;

const erase = (source: string, options: Partial<EraseOptions> = {}): string =>
  eraseModule(source, { file: 'driver.js', pauseModule, ...options });

/** What the tests' modules export: `main`, an operation. */
type Driver = { main: (...args: number[]) => unknown };

const load = (code: string): Promise<Driver> => import(`data:text/javascript,${encodeURIComponent(code)}`);

/** Runs `main` of the module both ways; the result and the Points passed must agree. */
async function bothWays(source: string, ...args: number[]): Promise<{ value: unknown; points: number[] }> {
  const stepped: number[] = [];
  const { main } = await load(source);
  const steps = main(...args) as Generator<number, unknown, void>;
  let step = steps.next();
  for (; !step.done; step = steps.next()) stepped.push(step.value);

  const points: number[] = [];
  const plain = await load(erase(source));
  setPause((point) => points.push(point));
  try {
    assert.deepEqual(plain.main(...args), step.value);
  } finally {
    setPause(null);
  }
  assert.deepEqual(points, stepped);
  assert.deepEqual(plain.main(...args), step.value, 'without a hook');
  return { value: step.value, points };
}

const operations = `
function* f() { yield 1; return 20; }
function* yes() { yield 2; return true; }
`;

const cases: Record<string, [body: string, value: unknown, points: number[]]> = {
  'function declaration': ['export function* main() { yield 7; return 5; }', 5, [7]],
  'star close to the name': ['export function*main() { return yield* f(); }', 20, [1]],
  'star after a comment with a star': ['export function /* * */ * /* * */ main() { return yield* f(); }', 20, [1]],
  'function expression': ['export const main = function* () { return yield* f(); };', 20, [1]],
  'named function expression': [
    'export const main = function*deep(n = 2) { return n === 0 ? yield* f() : yield* deep(n - 1); };',
    20,
    [1],
  ],
  'class method': [
    `class A { #n = 1; *get() { yield 3; return this.#n; } static *make() { return new A(); } *[\`k\${1 * 1}\`]() { return 7; } *#p() { return 3; } *all() { return (yield* this.get()) + (yield* this.k1()) + (yield* this.#p()); } }
     export function* main() { return yield* (yield* A.make()).all(); }`,
    11,
    [3],
  ],
  'overridden method': [
    'class A { *m() { yield 1; return 1; } } class B extends A { *m() { yield* super.m(); return (yield* super.m()) + 1; } } export function* main() { return yield* new B().m(); }',
    2,
    [1, 1],
  ],
  'class field': [
    'class A { n = 4; m = function* () { return this.n; } } export function* main() { return yield* new A().m(); }',
    4,
    [],
  ],
  'object method': [
    "const o = { n: 6, *m() { yield 4; return this.n; }, *'quoted'() { return 1; }, plain: function* () { return this.n; } }; export function* main() { return [yield* o.m(), yield* o.quoted(), yield* o.plain()]; }",
    [6, 1, 6],
    [4],
  ],
  'value in arithmetic': ['export function* main() { const x = (yield* f()) + 1; return x * (yield* f()); }', 420, [1, 1]],
  'conditional operand': ['export function* main(n) { return yield* n ? f() : yes(); }', true, [2]],
  'return yield*': ['export function* main() { return yield* f(); }', 20, [1]],
  'if and while': [
    'export function* main() { let n = 0; if (yield* yes()) n++; while (n < 3 && (yield* yes())) n++; if (!(yield* yes())) n = 0; return n; }',
    3,
    [2, 2, 2, 2],
  ],
  'else without braces': [
    'export function* main(n) { if (n) yield* yes(); else yield* f(); do yield 8; while (false); return 0; }',
    0,
    [1, 8],
  ],
  'nested yield*': [
    'function* add(a, b) { yield a; return a + b; } export function* main() { return yield* add(yield* add(1, 2), yield* f()); }',
    23,
    [1, 1, 3],
  ],
  'arguments, template, spread': [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a template of the erased module, not of this one.
    'export function* main() { return [`${yield* f()}-${yield* yes()}`, ...[yield* f()], Math.max(yield* f(), 1)]; }',
    ['20-true', 20, 20],
    [1, 2, 1, 1],
  ],
  'arguments and this': [
    'function* g() { return [arguments.length, this.t]; } export function* main() { return yield* g.call({ t: 9 }, 1, 2); }',
    [2, 9],
    [],
  ],
  'point in an expression': [
    'export function* main() { const P = { A: 5 }; let n = 0; for (;; yield P.A) if (n++ > 1) break; return ((yield P.A), yield* f()); }',
    20,
    [5, 5, 5, 1],
  ],
  'point of a comma': ['export function* main() { yield (1, 2); yield 3, yield 4; return 0; }', 0, [2, 3, 4]],
  'operand in parentheses': ['export function* main() { yield* (0, f()); return yield* ((f())); }', 20, [1, 1]],
  'no semicolons': [
    'export function* main() {\n  let n = yield* f()\n  yield* f()\n  yield 3\n  yield* [f][0]()\n  yield* /* why */ (f())\n  return n\n}',
    20,
    [1, 1, 3, 1, 1],
  ],
  'try and finally': [
    'export function* main() { try { yield 1; throw new Error("x"); } catch (e) { return e.message; } finally { yield* f(); } }',
    'x',
    [1, 1],
  ],
  'a local pause': ['const pause = 3; export function* main() { yield 6; const pause$1 = 1; return pause + pause$1; }', 4, [6]],
};

for (const [name, [body, value, points]] of Object.entries(cases)) {
  test(`erase: ${name}`, async () => {
    assert.deepEqual(await bothWays(operations + body), { value, points });
  });
}

test('erase: default export', async () => {
  const code = erase('export default function* () { yield 1; return 3; }');
  const { default: main } = (await load(code)) as unknown as { default: () => unknown };
  assert.equal(main(), 3);
});

test('erase: output is readable and keeps its lines', () => {
  const source = '// head\nfunction* f(a) {\n  yield P.A;\n  yield* g(a);\n  if (yield* h()) return yield* i();\n  yield;\n}\n';
  const code = `// head
import { pause } from "./pause.js"; function f(a) {
  pause !== null && pause(P.A);
  g(a);
  if (h()) return (i());
  void 0;
}
`;
  assert.equal(erase(source, { pauseModule: './pause.js' }), code);
});

test('erase: a hashbang stays first', () => {
  assert.match(erase('#!/usr/bin/env node\nexport function* f() { yield 1; }\n'), /^#!\/usr\/bin\/env node\nimport \{ pause \}/);
});

test('erase: pause gets a free name', () => {
  const code = erase('const pause = 1, pause$1 = 2; export function* f() { yield 1; }');
  assert.match(code, /^import \{ pause as pause\$2 \} from/);
  assert.match(code, /pause\$2 !== null && pause\$2\(1\)/);
});

test('erase: no import where there is no point', () => {
  assert.doesNotMatch(erase('export function* f() { return yield* g(); }'), /import/);
});

test('erase: a module without generators is unchanged', () => {
  const source = '// a * b\nexport const f = (a) => a * 2; // yield* nothing\n';
  assert.equal(erase(source), source);
});

test('erase: keep-generators copies the module', () => {
  const source = '/* licence */\n// @hmm-lab keep-generators\n\nexport function* f() { yield 1; }\n';
  assert.equal(erase(source), source);
  assert.notEqual(erase(source.replace('// @', '// not @')), source);
  const late = 'export function* f() { yield 1; }\n// @hmm-lab keep-generators\n';
  assert.notEqual(erase(late), late, 'counts only before the first token');
});

test('erase: async generators are refused with their position', () => {
  for (const source of [
    'const a = 1;\nasync function* f() {}',
    'const o = {\nasync *f() {} };',
    'class A {\nstatic async *f() {} }',
  ]) {
    assert.throws(() => erase(source), { name: 'SyntaxError', message: /^driver\.js:2:\d+: an async generator/ });
  }
});

test('erase: a syntax error names the file', () => {
  assert.throws(() => erase('let = ;'), { name: 'SyntaxError', message: /^driver\.js: / });
});

test('erase: imports are rewritten on demand, also in a kept module', () => {
  const source =
    "// @hmm-lab keep-generators\nimport a from 'hmm-lab';\nimport 'other';\nexport * from 'hmm-lab';\nexport { b } from 'hmm-lab';\nimport('hmm-lab');\nimport(a);\n";
  const code = erase(source, { rewriteImport: (name) => (name === 'hmm-lab' ? 'file:///lib.js' : name) });
  assert.equal(code, source.replaceAll("'hmm-lab'", '"file:///lib.js"'));
});

test('a stack trace of the erased tree has the line of the TypeScript source', () => {
  const source = readFileSync(new URL('../../../test/erase.test.ts', import.meta.url), 'utf8').split('\n');
  const line = source.findIndex((text) => text.trim() === "throw new Error('here');") + 1;
  assert.throws(
    () => run(boom()),
    (error: Error) => error.stack?.includes(`test/erase.test.js:${line}:`) === true,
  );
});

function* boom(): Steps<never> {
  yield 1;
  throw new Error('here');
}

test('run: completes a generator, and passes any other value on', async () => {
  const { main } = await load('export function* main() { yield 1; yield 2; return 3; }');
  assert.equal(run(main() as Steps<number>), 3);
  for (const value of [3, null, undefined, 'text', [1], { next: 1 }])
    assert.equal(run(value as unknown as Steps<unknown>), value);
});

test('erased tells the trees apart', () => {
  assert.equal(erased, import.meta.url.includes('/dist/erased/'));
});
