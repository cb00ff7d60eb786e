/** Built modules have the line numbers of their sources, so that a stack trace needs no source map. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import type { SourceMapPayload } from 'node:module';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { alignModule } from '../src/build/align.ts';

const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

/** A number as source maps write it: five bits a digit, the lowest first, the sign in the lowest of all. */
function vlq(n: number): string {
  let text = '';
  let rest = n < 0 ? (-n << 1) | 1 : n << 1;
  for (; rest >= 32; rest >>= 5) text += DIGITS[(rest & 31) | 32];
  return text + DIGITS[rest];
}

/** A map: for each line of the compiled module the columns of which the line of the source is known, and that line, from 1. */
function mapOf(lines: readonly (readonly (readonly [column: number, line: number])[])[]): SourceMapPayload {
  let last = 1;
  const mappings = lines.map((places) => {
    let end = 0;
    return places.map(([column, line]) => {
      const segment = `${vlq(column - end)}A${vlq(line - last)}A`;
      [end, last] = [column, line];
      return segment;
    });
  });
  const text = mappings.map((segments) => segments.join(',')).join(';');
  return { version: 3, file: 'x.js', sources: ['x.ts'], sourcesContent: [], sourceRoot: '', names: [], mappings: text };
}

const align = (compiled: string, ...lines: readonly number[]): string =>
  alignModule(compiled, mapOf(lines.map((line) => [[0, line]])), 'x.js');

/** What is compiled, the lines of the source that its lines begin with, and what becomes of it. */
const cases: readonly (readonly [string, string, readonly number[], string])[] = [
  ['a line that is missing is left empty', 'f();\ng();', [1, 4], 'f();\n\n\ng();\n'],
  ['two lines that were one are one', 'if (a)\n    f();\ng();', [1, 1, 2], 'if(a)f();\ng();\n'],
  ['comments go, and their lines stay', '// one\nf(); // two\n/* three\n   four */ g();', [1, 2, 3, 4], '\nf();\n\ng();\n'],
  ['a comment between two words leaves a blank', 'let/* of what? */a;', [1], 'let a;\n'],
  ['a template is as it is', 'f(`\n  // a\n`);\ng();', [1, 2, 3, 6], 'f(`\n  // a\n`);\n\n\ng();\n'],
  [
    'who runs it, and what keeps its generators',
    '#!/bin/x\n// @hmm-lab keep-generators\nf();',
    [1, 2, 3],
    '#!/bin/x\n/* @hmm-lab keep-generators */ \nf();\n',
  ],
  ['a map that leads back does no harm', 'f();\ng();\nh();', [5, 2, 6], '\n\n\n\nf();g();\nh();\n'],
  ['blanks go where they part nothing', 'let [ a ] = [ b + +c ] ;', [1], 'let[a]=[b + +c];\n'],
  ['nothing', '// nothing\n', [1], '\n'],
];

for (const [what, compiled, lines, aligned] of cases) {
  test(`align: ${what}`, () => {
    assert.equal(align(compiled, ...lines), aligned);
  });
}

/** A compiled line whose part behind the bar comes from the second line of the source. */
function parted(marked: string): string {
  const compiled = marked.replace('|', '');
  const known: [number, number][] = [
    [0, 1],
    [marked.replace('| ', ' |').indexOf('|'), 2],
  ];
  return alignModule(compiled, mapOf([known]), 'x.js');
}

test('align: a line that was two becomes two where a line break says nothing', () => {
  for (const marked of ['f(a,|b);', 'import{a,|b}from"c";', 'const a=|5;', `f(\`\${|a}\`);`, 'if(a)|f();', 'f()|;'])
    assert.equal(parted(marked), `${marked.replace('|', '\n')}\n`);
  for (const marked of ['()=>{return |5;}', 'async|()=>{}', 'a |++', '(a)|=>5', `f(\`a\${b}|c\`);`, 'f(`|c`);', 'throw |a;']) {
    const bar = marked.indexOf('|');
    assert.ok(parted(marked).startsWith(marked.slice(0, bar) + marked[bar + 1]), parted(marked));
  }
});

test('align: what does not parse is named', () => {
  assert.throws(() => align('let = ;', 1), { name: 'SyntaxError', message: /^x\.js: / });
});

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The words of a module that stand in its source as well, each with its line: names that the types do not share with the code. */
function linesOf(text: string): Map<string, number[]> {
  const found = new Map<string, number[]>();
  for (const [i, line] of text.split('\n').entries())
    for (const [, name = ''] of line.matchAll(/^\s*(?:export )?(?:async )?function ?\*? ?(\w+)\(/g))
      found.set(name, [...(found.get(name) ?? []), i + 1]);
  return found;
}

for (const tree of ['stepped', 'flat', 'erased']) {
  test(`functions of the ${tree} tree are on the lines of their sources`, () => {
    let functions = 0;
    const names = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
      /(?<!\.d)\.ts$/.test(name),
    );
    for (const name of names) {
      const source = linesOf(readFileSync(join(root, 'src', name), 'utf8').replace(/function (\w+)<.*?>\(/g, 'function $1('));
      const built = linesOf(readFileSync(join(root, 'dist', tree, 'src', name.replace(/\.ts$/, '.js')), 'utf8'));
      for (const [word, lines] of built) {
        functions += lines.length;
        assert.deepEqual(lines, source.get(word), `${word} in ${name}`);
      }
    }
    assert.ok(functions > 1000, `${functions} functions`);
  });
}
