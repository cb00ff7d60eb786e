/** The page about dependencies and package.json agree: each package, its exact version, and a reason. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (name: string): string => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');

type Versions = Readonly<Record<string, string>>;
const { dependencies, devDependencies } = JSON.parse(read('package.json')) as {
  dependencies: Versions;
  devDependencies: Versions;
};

/** The rows of a table: package, version and the rest, without the head. */
function rowsOf(table: string): string[][] {
  const rows = table.split('\n').filter((line) => line.startsWith('|'));
  return rows.slice(2).map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

test('each dependency is in its table with its version and a reason, and nothing else is', () => {
  const tables = read('docs/dependencies.md')
    .split(/^What /m)
    .slice(1)
    .map(rowsOf);
  assert.equal(tables.length, 2);
  for (const [i, declared] of [dependencies, devDependencies].entries()) {
    const rows = tables[i] as string[][];
    assert.deepEqual(Object.fromEntries(rows.map(([name, version]) => [name, version])), declared);
    for (const [name, , ...reasons] of rows) for (const reason of reasons) assert.ok(reason.length > 5, name);
  }
});

test('versions are exact', () => {
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies }))
    assert.match(version, /^\d+\.\d+\.\d+$/, name);
});
