/** Modules as functions: what becomes of imports and exports, and of lines. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Exports, wrapped } from '../src/mutation/wrapped.ts';

/** What the module exports, when it imports from these others. */
function exportsOf(source: string, others: Readonly<Record<string, Exports>> = {}): Exports {
  const { run, imports } = wrapped('mm/x', source, '/tree/mm/x.js');
  assert.deepEqual(imports, Object.keys(others));
  return run()(
    (from) => others[from] as Exports,
    { url: 'file:///tree/mm/x.js' },
    async (from) => ({ late: from }),
  );
}

test('imports and exports of all kinds that a tree has', () => {
  const source = `import { readFileSync } from 'node:fs';
import{a,b as c}from'./y.js';import * as all from '../z.js';
export { one, two as three } from './w.js';
import './effect.js';
export const sum = a + c + all.n, url = import.meta.url;
export function* steps() { yield readFileSync; }
export class Kept {}
const own = 5;
export { own, own as other };`;
  const others = {
    'node:fs': { readFileSync: 1 },
    'mm/y': { a: 2, b: 3 },
    z: { n: 4 },
    'mm/w': { one: 6, two: 7 },
    'mm/effect': {},
  };
  const { steps, Kept, ...exports } = exportsOf(source, others);
  assert.deepEqual(exports, { one: 6, three: 7, sum: 9, url: 'file:///tree/mm/x.js', own: 5, other: 5 });
  assert.deepEqual([...(steps as () => Iterable<number>)()], [1]);
  assert.equal(typeof Kept, 'function');
});

test('each run has variables of its own', () => {
  const { run } = wrapped('mm/x', 'let count = 0; export const next = () => ++count;', '/x.js');
  const [one, other] = [run(), run()].map((module) =>
    module(
      () => ({}),
      { url: '' },
      async () => ({}),
    ),
  ) as { next: () => number }[];
  assert.deepEqual([one?.next(), one?.next(), other?.next()], [1, 2, 1]);
});

test('a module that is imported while it runs is one of the tree, too', async () => {
  const { later, other } = exportsOf(`export const later = async () => (await import('../z.js')).late;
export const other = async (name) => (await import(name)).sep;`) as Record<string, (name?: string) => Promise<unknown>>;
  assert.equal(await later?.(), 'z');
  assert.equal(await other?.('node:path/posix'), '/');
});

test('a stack trace names the file and the line of the module', () => {
  const { fail } = exportsOf("import {\n  a,\n} from './y.js';\n\nexport function fail() {\n  throw new Error('no');\n}\n", {
    'mm/y': { a: 1 },
  });
  assert.throws(fail as () => void, ({ stack }: Error) => /at fail \(\/tree\/mm\/x\.js:6:/.test(stack ?? ''));
});

test('it is strict code, as a module is', () => {
  assert.throws(() => exportsOf('undeclared = 1;'), ReferenceError);
});

test('a variable that changes is not exported, and what no module of a tree does is refused', () => {
  assert.deepEqual(exportsOf('export let changes = 1; export const stays = changes;'), { stays: 1 });
  assert.throws(() => exportsOf('export default 5;'), /exports in a way that is not wrapped: export default 5/);
  assert.throws(() => exportsOf("export * from './y.js';"), /not wrapped/);
});
