/** The programs of docs/library.md are files of examples/library: they run, and print what the page says. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packageRoot } from '../src/package/version.ts';

const folder = fileURLToPath(new URL('examples/library/', packageRoot));
const page = readFileSync(new URL('docs/library.md', packageRoot), 'utf8');

/** Programs by the names of their files, with their output, as they stand one after the other on the page. */
const SHOWN = /^```js\n(.*?)^```\n+<!-- output: node examples\/library\/(\S+) -->\n+```\n(.*?)^```$/gms;
const shown = new Map([...page.matchAll(SHOWN)].map(([, code = '', name = '', output = '']) => [name, { code, output }]));

const files = readdirSync(folder).filter((name) => name.endsWith('.mjs'));

test('the page has every program, and no other', () => {
  assert.ok(files.length > 10);
  for (const name of files) assert.equal(shown.get(name)?.code, readFileSync(join(folder, name), 'utf8'), name);
  assert.deepEqual([...shown.keys()].sort(), files.sort());
});

for (const name of files) {
  test(`${name} prints what the page says`, () => {
    const file = join(folder, name);
    const { status, stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8', timeout: 250_000 });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, shown.get(name)?.output);
  });
}
