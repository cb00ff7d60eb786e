/** No file of the program needs, over whatever others, itself. Imports of types count. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

type Graph = ReadonlyMap<string, readonly string[]>;

const root = fileURLToPath(new URL('../../../', import.meta.url));
const IMPORTED = /(?:\bfrom|\bimport)\s*\(?\s*'(\.{1,2}\/[^']+\.ts)'/g;

/** The files below some folders, and what each of them imports. */
function importsOf(folders: readonly string[]): Graph {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))
      .map((name) => normalize(join(folder, name))),
  );
  const targets = (file: string): string[] =>
    [...readFileSync(join(root, file), 'utf8').matchAll(IMPORTED)].map(([, path]) =>
      normalize(join(dirname(file), path as string)),
    );
  return new Map(files.map((file) => [file, targets(file).filter((target) => files.includes(target))]));
}

/** A path from a file back to itself; empty when there is none. */
function circle(graph: Graph): readonly string[] {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): readonly string[] => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return [];
    for (const target of graph.get(file) ?? []) {
      const found = visit(target, [...path, file]);
      if (found.length > 0) return found;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const found = visit(file, []);
    if (found.length > 0) return found;
  }
  return [];
}

test('files import each other in one direction', () => {
  const graph = importsOf(['src', 'workers']);
  assert.ok(graph.size > 400, `${graph.size} files were read`);
  assert.deepEqual(circle(graph), []);
});

test('a circle would be noticed', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['b']],
  ]);
  assert.deepEqual(circle(graph), ['b', 'd', 'b']);
});
