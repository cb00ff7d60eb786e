/** Trees of bugs are gone when the process has ended, whatever ended it; after SIGKILL the next run removes them. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { linkPackages } from '../src/mutation/linkPackages.ts';

const own = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
after(() => rmSync(own, { recursive: true, force: true }));

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const mutate = new URL('../src/mutation/mutate.js', import.meta.url).href;
const bugs = new URL('../src/bugs/index.js', import.meta.url).href;

/** A program that puts a bug into a tree, says where, and then does something. Its temporary folder is `folder`. */
function program(folder: string, then: string): ChildProcess {
  const code = `
    const { mutatedTree } = await import(${JSON.stringify(mutate)});
    const { bugs } = await import(${JSON.stringify(bugs)});
    const { stepped } = mutatedTree(bugs.find(({ id }) => id === 'R05'));
    process.stdout.write(stepped + '\\n');
    ${then}`;
  return spawn(process.execPath, ['--input-type=module', '--eval', code], {
    env: { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

/** Waits for the tree to be there; returns its folder. */
async function made(child: ChildProcess): Promise<string> {
  const [text] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  const stepped = String(text).trim();
  assert.ok(existsSync(join(stepped, 'src', 'index.js')), stepped);
  return stepped;
}

const folder = (name: string): string => {
  const path = join(own, name);
  mkdirSync(path);
  return path;
};

const WAITS = 'setInterval(() => {}, 1000);';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`${signal} ends the process as it ends any other, and nothing is left`, async () => {
    const temporary = folder(signal);
    const child = program(temporary, WAITS);
    await made(child);
    child.kill(signal);
    assert.deepEqual(await once(child, 'exit'), [null, signal]);
    assert.deepEqual(readdirSync(temporary), []);
  });
}

for (const [how, then, code] of [
  ['the end of the program', '', 0],
  ['an exit', 'process.exit(3);', 3],
  ['an error that nobody catches', "setTimeout(() => { throw new Error('x'); }, 1);", 1],
] as const) {
  test(`${how}: nothing is left`, async () => {
    const temporary = folder(how);
    const child = program(temporary, then);
    const ended = once(child, 'exit');
    await made(child).catch(() => {});
    assert.deepEqual(await ended, [code, null]);
    assert.deepEqual(readdirSync(temporary), []);
  });
}

for (const [signal, code] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const) {
  test(`a command with a bug that ${signal} stops says what there is, and leaves nothing`, async () => {
    const temporary = folder(`command-${signal}`);
    const args = ['explore', 'two-exclusives', '--bug', 'M12', '--seconds', '300', '--workers', '2', '--json'];
    const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, TMPDIR: temporary } });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      if (!child.killed && chunk.includes('searching')) child.kill(signal);
    });
    assert.deepEqual(await once(child, 'close'), [code, null]);
    assert.equal(JSON.parse(stdout).interrupted, true);
    assert.deepEqual(readdirSync(temporary), []);
  });
}

test('a module that is being loaded when the process ends leaves nothing', async () => {
  const temporary = folder('module');
  const driver = join(own, 'endless.mjs');
  writeFileSync(driver, 'await new Promise((resolve) => setTimeout(resolve, 1e9));');
  const args = ['stress', '--driver', driver];
  const child = spawn(process.execPath, [main, ...args], { env: { ...process.env, TMPDIR: temporary }, stdio: 'ignore' });
  const ended = once(child, 'exit');
  while (!readdirSync(temporary).some((name) => name.startsWith('hmm-lab-modules-')) && child.exitCode === null)
    await setTimeout(5);
  child.kill('SIGTERM');
  assert.deepEqual(await ended, [null, 'SIGTERM']);
  assert.deepEqual(readdirSync(temporary), []);
});

test('who listens to a signal himself goes on with his trees', async () => {
  const temporary = folder('listener');
  const child = program(temporary, `process.on('SIGTERM', () => process.stdout.write('caught\\n')); ${WAITS}`);
  const stepped = await made(child);
  child.kill('SIGTERM');
  const [said] = await once(child.stdout as NodeJS.ReadableStream, 'data');
  assert.equal(String(said), 'caught\n');
  assert.ok(existsSync(stepped));
  child.kill('SIGINT');
  await once(child, 'exit');
  assert.deepEqual(readdirSync(temporary), []);
});

test('a thread that is making a tree while the process ends leaves nothing', async () => {
  const temporary = folder('thread');
  const thread = `
    import { workerData } from 'node:worker_threads';
    const { mutatedTree } = await import(${JSON.stringify(mutate)});
    const { bugs } = await import(${JSON.stringify(bugs)});
    for (;;) mutatedTree(bugs[0], workerData).remove();`;
  const child = program(
    temporary,
    `const { Worker } = await import('node:worker_threads');
    const { treesFolder } = await import(${JSON.stringify(mutate)});
    const url = new URL('data:text/javascript,' + encodeURIComponent(${JSON.stringify(thread)}));
    for (let i = 0; i < 2; i++) new Worker(url, { workerData: treesFolder() }).on('error', () => {});
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), 300);`,
  );
  assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
  assert.deepEqual(readdirSync(temporary), []);
});

test('the next run removes what a killed one has left, and nothing of a living one or of another user', async () => {
  const temporary = folder('killed');
  const killed = program(temporary, WAITS);
  await made(killed);
  const living = program(temporary, WAITS);
  const kept = await made(living);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const [left, ...others] = readdirSync(temporary).filter((name) => !kept.includes(name)) as [string];
  assert.deepEqual(others, []);
  // Of a process that this number belonged to before, and of one of another container.
  const [, mark = '', start = ''] = /^hmm-lab-trees-((?:\d+)-(\d+)-\d+)-\w+$/.exec(left) ?? [];
  const pid = String(living.pid);
  const [reused, elsewhere] = [
    `hmm-lab-trees-${pid}-${Number(start) + 1}-${mark.split('-')[2]}-aaaaaa`,
    `hmm-lab-trees-${mark.replace(/\d+$/, '1')}-bbbbbb`,
  ];
  for (const name of [reused, elsewhere, 'hmm-lab-trees-mine']) mkdirSync(join(temporary, name));
  const isRoot = process.getuid?.() === 0;
  const foreign = left.replace(/\w+$/, 'cccccc');
  if (isRoot) {
    mkdirSync(join(temporary, foreign));
    chownSync(join(temporary, foreign), 12_345, 12_345);
  }
  const next = program(temporary, 'process.exit(0);');
  await once(next, 'exit');
  const expected = [
    kept.slice(temporary.length + 1).split('/')[0],
    elsewhere,
    'hmm-lab-trees-mine',
    ...(isRoot ? [foreign] : []),
  ];
  assert.deepEqual(readdirSync(temporary).sort(), expected.sort());
  assert.ok(existsSync(kept));
  living.kill('SIGTERM');
  await once(living, 'exit');
});

test('packages are linked each from where it lies', () => {
  const root = folder('project');
  const place = (path: string, files: Readonly<Record<string, string>>): string => {
    mkdirSync(join(root, path), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, path, name), text);
    return join(root, path);
  };
  // As pnpm lays them: links beside the package, each to a store of its own; and one that a project above has.
  const lab = place('store/lab/node_modules/lab', {
    'package.json': JSON.stringify({ dependencies: { one: '1', '@scope/two': '2', three: '3', missing: '4' } }),
  });
  const one = place('store/one/node_modules/one', { 'package.json': '{}' });
  const two = place('store/two/node_modules/@scope/two', { 'package.json': '{}' });
  const three = place('node_modules/three', { 'package.json': '{}' });
  mkdirSync(join(root, 'store/lab/node_modules/@scope'));
  symlinkSync(one, join(root, 'store/lab/node_modules/one'));
  symlinkSync(two, join(root, 'store/lab/node_modules/@scope/two'));
  const to = join(root, 'links');
  linkPackages(lab, to);
  assert.deepEqual([...readdirSync(to), ...readdirSync(join(to, '@scope'))].sort(), ['@scope', 'one', 'three', 'two']);
  for (const [name, path] of Object.entries({ one, '@scope/two': two, three }))
    assert.equal(realpathSync(join(to, name)), realpathSync(path));
  assert.equal(readFileSync(join(to, 'one', 'package.json'), 'utf8'), '{}');
});
