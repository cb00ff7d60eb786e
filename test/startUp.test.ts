/** What a command loads before it runs: not the model, which takes longer to load than a help text to print. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from '../src/cli/commands.ts';

/** Modules that a module imports when it is loaded, itself among them. */
function staticImports(url: URL, found = new Map<string, URL>()): Map<string, URL> {
  if (found.has(url.href)) return found;
  found.set(url.href, url);
  const source = readFileSync(fileURLToPath(url), 'utf8');
  for (const [, specifier = ''] of source.matchAll(/^(?:import|export)\b[^;]*?from\s+["'](\.[^"']+)["']/gm))
    staticImports(new URL(specifier, url), found);
  return found;
}

const root = new URL('../src/', import.meta.url);
const layersOf = (entry: string): string[] => {
  const modules = [...staticImports(new URL(entry, root)).values()];
  assert.ok(modules.length > 3, `${entry} has imports`);
  return [...new Set(modules.map(({ href }) => href.slice(root.href.length).split('/')[0] as string))].sort();
};

const model = ['actors', 'bugs', 'hmm', 'migrate', 'mm', 'notifier', 'oracles'];
/** Commands that print what the model has, and do nothing else. */
const listing = ['drivers', 'bugs'];

for (const { name } of commands) {
  const file = { help: 'helpCommand' }[name] ?? name;
  const lists = listing.includes(name);
  test(`${name} ${lists ? 'lists' : 'does not load'} the model before it runs`, () => {
    const loaded = layersOf(`cli/${file}.js`).filter((layer) => model.includes(layer));
    assert.equal(loaded.length > 0, lists, `${name} loads ${loaded.join(', ') || 'nothing of it'}`);
  });
}

test('the program itself loads its commands when they run', () => {
  assert.deepEqual(layersOf('cli/main.js'), ['cli', 'input', 'package']);
});

test('a command is what its entry says', async () => {
  for (const { name, summary, load } of commands) {
    assert.equal((await load()).name, name);
    assert.ok(summary.length > 10);
  }
});
