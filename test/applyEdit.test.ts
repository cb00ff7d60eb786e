/** Edits of modules: what matches, what is written in its place, and what is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Edit } from '../src/bugs/bug.ts';
import { isUsageError } from '../src/input/usageError.ts';
import { applyEdit } from '../src/mutation/applyEdit.ts';
import { moduleCode } from '../src/mutation/moduleCode.ts';

/** The module with the edit made. */
const edited = (source: string, find: string, replace: string, more: Partial<Edit> = {}): string =>
  applyEdit(moduleCode(source), { module: 'mm/x', find, replace, ...more }).source;

/** The edit is refused in one sentence. */
const refused = (message: RegExp, ...args: Parameters<typeof edited>): void =>
  assert.throws(
    () => edited(...args),
    (error: Error) => isUsageError(error) && message.test(error.message) && !error.message.includes('\n'),
  );

test('white space, comments, quotes and parentheses do not matter', () => {
  const source = "f(a, 'x');\nif ((a /* first */ === 1)\n  && b) c(/t/, `t`);\n";
  assert.equal(edited(source, 'f( a , "x" )', 'g()'), source.replace("f(a, 'x')", '(g())'));
  assert.equal(edited(source, 'if (a === (1) && b) c(/t/, `t`);', 'd();'), "f(a, 'x');\nd();\n\n");
  refused(/matches 0 times/, source, 'f(a, "y")', 'g()');
  refused(/matches 0 times/, source, 'c(/s/, `t`)', 'g()');
});

test('a sequence of statements matches in any list of statements, and must be whole', () => {
  const source = 'function f() {\n  a();\n  b();\n  c();\n}\nswitch (x) { case 1: a(); c(); }\n';
  assert.equal(edited(source, 'b(); c();', 'd();'), source.replace('b();\n  c();', 'd();\n'));
  assert.equal(edited(source, 'a(); c();', ''), source.replace('a(); c();', ''));
  refused(/matches 0 times/, source, 'a(); d();', '');
});

test('a statement without braces around it stays one', () => {
  assert.equal(edited('if (x) a(); else b();', 'a();', ''), 'if (x) {} else b();');
  assert.equal(edited('if (x) a(); else b();', 'b();', 'const y = 1; c(y);'), 'if (x) a(); else { const y = 1; c(y); }');
});

test('an expression takes the place of one with everything that binds in it', () => {
  assert.equal(edited('a = b * c;', 'c', 'd + e', {}), 'a = b * (d + e);');
  assert.equal(edited('function* f() { return yield* g(1); }', 'g(1)', 'h()'), 'function* f() { return yield* (h()); }');
  assert.equal(edited('f(a.b.c, b);', 'a.b', 'd'), 'f(d.c, b);');
});

test('what only has the name of the code is no occurrence of it', () => {
  assert.equal(edited('f({ mask: 1 }, x.mask, mask);', 'mask', '0'), 'f({ mask: 1 }, x.mask, 0);');
  assert.equal(
    edited('for (let i = 0; i < n; i++) { let i = 0; f(i); }', 'let i = 0;', 'let i = 1;'),
    'for (let i = 0; i < n; i++) { let i = 1; f(i); }',
  );
});

test('members of classes and objects, and declarations, can be replaced and taken away', () => {
  const source =
    'export const ops = { size: 3, *run(task) { yield 1; } };\nexport class Job {\n  #left = 0;\n  end() { this.#left = 1; }\n}\n';
  assert.equal(edited(source, 'size: 3,', 'size: 4,'), source.replace('size: 3', 'size: 4'));
  assert.equal(edited(source, 'size: 3', ''), source.replace('size: 3', '...{}'));
  assert.equal(
    edited(source, '*run(task) { yield 1; }', '*run() {}, *stop() {}'),
    source.replace('*run(task) { yield 1; }', '*run() {}, *stop() {}'),
  );
  assert.equal(edited(source, 'end() { this.#left = 1; }', ''), source.replace('end() { this.#left = 1; }', ''));
  assert.equal(edited(source, 'this.#left = 1', 'this.#left = 2'), source.replace('this.#left = 1', '(this.#left = 2)'));
  assert.equal(
    edited('export function f(a) { return a; }', 'export function f(a) { return a; }', 'export const f = 1;'),
    'export const f = 1;',
  );
});

test('code that occurs in several functions is looked for in one of them', () => {
  const source = 'function f() { a(); }\nconst g = () => { a(); };\nconst o = { h() { a(); } };\nclass C { #i() { a(); } }\n';
  for (const [at, name] of ['f', 'g', 'h', '#i'].entries()) {
    const lines = source.split('\n');
    lines[at] = (lines[at] as string).replace('a();', '');
    assert.equal(edited(source, 'a();', '', { in: name }), lines.join('\n'));
  }
  refused(/in the function 'j', which the module has 0 times/, source, 'a();', '', { in: 'j' });
  refused(/in the function 'f', which the module has 2 times/, `${source}{ const f = () => 1; }`, 'a();', '', { in: 'f' });
  refused(/matches 0 times in the function 'f'/, source, 'b();', '', { in: 'f' });
});

test('lines keep their numbers: new code is filled up, or put on as many lines as the old', () => {
  const source = 'a();\nb(\n  1,\n);\nlast();\n';
  assert.equal(edited(source, 'b(1);', 'c();'), 'a();\nc();\n\n\nlast();\n');
  assert.equal(edited(source, 'b(1);', ''), 'a();\n\n\n\nlast();\n');
  assert.equal(edited(source, 'a();', 'if (x) { // why\n  c();\n}\nd();'), 'if (x) { c(); } d();\nb(\n  1,\n);\nlast();\n');
  assert.equal(edited(source, 'b(1);', 'c(); // why\nd();'), 'a();\nc();\nd();\n\nlast();\n');
  refused(/lacks semicolons/, source, 'a();', 'c()\nd()\n;');
});

test('imports are added where they are missing, behind comments at the top', () => {
  const source = "// @keep\n\nimport { b } from './b.js';\na(b);\n";
  const imports = { b: 'mm/b', e: 'arena/e' };
  assert.equal(
    edited(source, 'a(b)', 'e', { imports }),
    "// @keep\n\nimport { e } from '../arena/e.js';import { b } from './b.js';\ne;\n",
  );
  refused(/imports b of arena\/b, and the module has a b of mm\/b/, source, 'a(b)', 'e', { imports: { b: 'arena/b' } });
});

test('an edit that does not fit is refused: module, number and code are said', () => {
  refused(/^the edit of mm\/x matches 0 times, it must match once: z\(\)$/, 'a();', ' z() ', '');
  refused(
    /^the edit of mm\/x matches 2 times \(in lines 1, 3 of the built module\), it must match once: a\(\)$/,
    'a();\nb();\na();',
    'a()',
    'c()',
  );
  refused(/has no code to find/, 'a();', ' ', 'b();');
  refused(/looks for is no expression, no statements and no members .*: if \(a\) \{$/, 'if (a) { b(); }', 'if (a) {', 'if (b) {');
  refused(/looks for is no expression/, 'a();', '} } function g() { {', '');
  refused(/takes an expression away/, 'a(b);', 'b', '');
  refused(/must be of the same kind as what it replaces, an expression: if \(b\) c\(\);$/, 'a(b);', 'b', 'if (b) c();');
  refused(
    /makes it no module: Identifier 'b' has already been declared/,
    'const a = 1;\nconst b = 2;',
    'const a = 1;',
    'const b = 1;',
  );
});
