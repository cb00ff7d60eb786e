/** What a command loads before it runs: not the model, which takes longer to load than a help text to print. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { commands } from '../src/cli/commands.ts';

const root = new URL('../src/', import.meta.url);

/** The modules that the main thread of a program has loaded when it ends: V8 counts what it ran. */
function urlsLoaded(program: string, ...args: readonly string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-start-'));
  try {
    const env = { ...process.env, NODE_V8_COVERAGE: directory };
    const { status, stderr } = spawnSync(process.execPath, [fileURLToPath(new URL(program, root)), ...args], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    // The name of a file ends with the number of the thread.
    const files = readdirSync(directory).filter((name) => name.endsWith('-0.json'));
    return files.flatMap((name) =>
      (JSON.parse(readFileSync(join(directory, name), 'utf8')) as { result: { url: string }[] }).result.map(({ url }) => url),
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Those below `src`. */
function modulesLoaded(program: string, ...args: readonly string[]): string[] {
  const urls = urlsLoaded(program, ...args);
  const modules = urls.filter((url) => url.startsWith(root.href)).map((url) => url.slice(root.href.length));
  assert.ok(modules.includes(program), `${modules.length} modules`);
  return modules;
}

/** The folders of `src` that the program has loaded from. */
const layersLoaded = (...args: readonly string[]): string[] =>
  [...new Set(modulesLoaded('cli/main.js', ...args).map((module) => module.split('/')[0] as string))].sort();

const model = ['actors', 'bugs', 'hmm', 'migrate', 'mm', 'notifier', 'oracles'];
/** Commands that print what the model has, and do nothing else. */
const listing = ['drivers', 'bugs'];

for (const { name } of commands) {
  const lists = listing.includes(name);
  test(`${name} ${lists ? 'lists' : 'does not load'} the model before it runs`, () => {
    const loaded = layersLoaded(name, '--help').filter((layer) => model.includes(layer));
    assert.equal(loaded.length > 0, lists, `${name} loads ${loaded.join(', ') || 'nothing of it'}`);
  });
}

test('the program itself loads its commands when they run', () => {
  assert.deepEqual(layersLoaded('--help'), ['cli', 'input', 'package']);
});

test('the thread that leads an exploration loads neither the model nor what searches it: its threads do', () => {
  for (const command of ['explore', 'prove']) {
    const loaded = urlsLoaded('cli/main.js', command, 'mini-hmm').map((url) => /\/dist\/(\w+\/.*)$/.exec(url)?.[1] ?? '');
    assert.ok(loaded.includes(`stepped/src/engines/explore/threads/${command === 'explore' ? 'parallel' : 'prove'}.js`));
    const heavy =
      /^\w+\/src\/((hmm|migrate|mm|notifier|oracles)\/|drivers\/(?!base\/)\w+\/|engines\/explore\/machine\/execution)/;
    assert.deepEqual(
      loaded.filter((module) => heavy.test(module)),
      [],
      command,
    );
  }
});

test('the library loads its engines when they are called', () => {
  const loaded = modulesLoaded('index.js');
  assert.ok(loaded.includes('library/explore.js') && loaded.includes('engines/script/lab.js'));
  const late =
    /^(cli|report|mutation|trace|engines\/(explore|hunt|simulate|conformance|reproduce|measure\/(run|row)|race\/race))\b/;
  const early = loaded.filter((module) => late.test(module));
  assert.deepEqual(early, []);
});

test('a command is what its entry says', async () => {
  for (const { name, summary, load } of commands) {
    assert.equal((await load()).name, name);
    assert.ok(summary.length > 10);
  }
});
