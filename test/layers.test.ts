/** Imports point one way: between files, and between the folders in the order of docs/design.md. Imports of types count. */
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

/** The strongly connected components of more than one node (Tarjan), each sorted: nodes that need, over others, each other. */
function circles(graph: Graph): string[][] {
  const found: string[][] = [];
  const depth = new Map<string, number>();
  const stack: string[] = [];
  const visit = (node: string): number => {
    const own = depth.size;
    depth.set(node, own);
    stack.push(node);
    let lowest = own;
    for (const target of graph.get(node) ?? []) {
      if (!depth.has(target)) lowest = Math.min(lowest, visit(target));
      else if (stack.includes(target)) lowest = Math.min(lowest, depth.get(target) as number);
    }
    if (lowest === own) {
      const component = stack.splice(stack.indexOf(node));
      if (component.length > 1) found.push(component.sort());
    }
    return lowest;
  };
  for (const node of graph.keys()) if (!depth.has(node)) visit(node);
  return found;
}

/** The layers as the design page lists them, the lowest first. */
function layers(): string[] {
  const page = readFileSync(join(root, 'docs/design.md'), 'utf8');
  const block = /^```layers\n([\s\S]*?)^```/m.exec(page)?.[1] ?? '';
  return block
    .split('\n')
    .map((line) => line.split(/\s/, 1)[0] as string)
    .filter((name) => name !== '');
}

/** Imports that do not point to the own layer or to one before it. */
function upward(graph: Graph, order: readonly string[]): string[] {
  const layerOf = (file: string): number => order.indexOf(dirname(file).replace(/^src\//, ''));
  return [...graph].flatMap(([file, targets]) =>
    targets.filter((target) => layerOf(target) > layerOf(file)).map((target) => `${file} imports ${target}`),
  );
}

const graph = importsOf(['src', 'workers']);

test('files import each other in one direction', () => {
  assert.ok(graph.size > 300, `${graph.size} files were read`);
  assert.deepEqual(circles(graph), []);
});

test('a circle would be noticed', () => {
  const small = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', []],
    ['d', ['b']],
  ]);
  assert.deepEqual(circles(small), [['b', 'd']]);
});

test('every folder has its place in the list of layers, once', () => {
  const folders = new Set([...graph.keys()].map(dirname).filter((folder) => folder.startsWith('src/')));
  assert.deepEqual(layers().sort(), [...folders].map((folder) => folder.slice('src/'.length)).sort());
});

test('no file imports one of a later layer', () => {
  const inLayers = new Map([...graph].filter(([file]) => dirname(file).startsWith('src/')));
  assert.deepEqual(upward(inLayers, layers()), []);
});

test('an import of a later layer would be noticed', () => {
  const small = new Map([['src/arena/a.ts', ['src/sync/b.ts', 'src/steps/c.ts']]]);
  assert.deepEqual(upward(small, ['steps', 'arena', 'sync']), ['src/arena/a.ts imports src/sync/b.ts']);
});

/** Files outside of a folder that import one of its files. */
const usersOf = (all: Graph, folder: string): string[] =>
  [...all].flatMap(([file, targets]) =>
    dirname(file) !== folder && targets.some((target) => dirname(target) === folder) ? [file] : [],
  );

test('only commands about a real kernel know of what runs on one', () => {
  const users = ['compare', 'failureStages', 'kernel', 'kernelLoss', 'kernelPlace', 'record', 'reproduce'].map(
    (name) => `src/cli/${name}.ts`,
  );
  assert.deepEqual(usersOf(graph, 'src/kernel').sort(), users);
  assert.ok(usersOf(graph, 'src/steps').length > 100);
});

test('only the call that takes traces, and what prints its result, know of traces', () => {
  assert.deepEqual(usersOf(graph, 'src/trace').sort(), [
    'src/index.ts',
    'src/library/exploreTrace.ts',
    'src/report/traceText.ts',
  ]);
});
