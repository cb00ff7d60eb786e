/** What a module of the user's may import, and what it knows of itself: in this thread, in racing threads and in exploring ones. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { importUserModule, sourcesOf } from '../src/userModules/userModule.ts';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'hmm-lab-modules-')));
after(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const imported = async (file: string): Promise<unknown> => (await importUserModule(pathToFileURL(file))).exported;

write(
  'package.json',
  '{ "name": "mine", "type": "module", "exports": { "./self": "./self.mjs" }, "imports": { "#part": "./part.mjs" } }',
);
write('self.mjs', 'export const self = 7;');
// A package that cannot be required, one that can only be required, and one that is both and differs.
write(
  'node_modules/esm-only/package.json',
  '{ "type": "module", "exports": { ".": { "import": "./it.js" }, "./sub": { "import": "./sub.js" } } }',
);
write('node_modules/esm-only/it.js', 'export default import.meta.url; export function* count() { yield 1; yield 2; }');
write('node_modules/esm-only/sub.js', 'export default "sub";');
write('node_modules/old/index.js', 'module.exports = { old: require("node:path").sep };');
write('node_modules/both/package.json', '{ "exports": { "import": "./it.mjs", "require": "./it.cjs" } }');
write('node_modules/both/it.mjs', 'export default "import";');
write('node_modules/both/it.cjs', 'module.exports = "require";');
write('part.mjs', 'import { Point } from "hmm-lab"; export function* part() { yield Point.call; return import.meta.filename; }');
write('data.json', '{ "eight": 8 }');

test('packages are found as Node finds them: by the conditions of an import, in the folders above the module', async () => {
  const file = write(
    'packages.mjs',
    `import url, { count } from 'esm-only';
     import sub from 'esm-only/sub';
     import old from 'old';
     import both from 'both';
     import { self } from 'mine/self';
     import { sep } from 'path';
     // The generators of packages stay what they are.
     export default { url, numbers: [...count()], sub, old: old.old === sep, both, self };`,
  );
  assert.deepEqual(await imported(file), {
    url: pathToFileURL(join(directory, 'node_modules/esm-only/it.js')).href,
    numbers: [1, 2],
    sub: 'sub',
    old: true,
    both: 'import',
    self: 7,
  });
});

test('a module knows where it is, and what it names from there', async () => {
  const file = write(
    'deep/meta.mjs',
    `import { createRequire } from 'node:module';
     import { run } from 'hmm-lab';
     import { part } from '#part';
     import data from '../data.json' with { type: 'json' };
     export default { meta: { ...import.meta, resolve: undefined }, beside: new URL('x', import.meta.url).pathname, same: import.meta === import.meta,
       resolved: [import.meta.resolve('../part.mjs'), import.meta.resolve('esm-only')], old: createRequire(import.meta.url)('old').old,
       part: run(part()), data };`,
  );
  assert.deepEqual(await imported(file), {
    meta: { dirname: dirname(file), filename: file, resolve: undefined, url: pathToFileURL(file).href },
    beside: join(directory, 'deep/x'),
    same: true,
    resolved: ['part.mjs', 'node_modules/esm-only/it.js'].map((name) => pathToFileURL(join(directory, name)).href),
    old: '/',
    part: join(directory, 'part.mjs'),
    data: { eight: 8 },
  });
});

test('import() works while a module is loaded and ever after, and a module is there once', async () => {
  write('once.mjs', 'export const once = {};');
  write('late.mjs', "export { once } from './once.mjs'; export const late = import.meta.url;");
  const file = write(
    'dynamic.mjs',
    `import { once } from './once.mjs';
     const named = './la' + 'te.mjs';
     const first = await import('./once.mjs');
     const missing = await import('./gone.mjs').catch((error) => error.code);
     export default { isOnce: first.once === once, missing, once,
       late: () => import(named), json: () => import('./data.json', { with: { type: 'json' } }), esm: () => import('esm-only/sub') };`,
  );
  interface Made {
    readonly isOnce: boolean;
    readonly missing: string;
    readonly once: object;
    readonly late: () => Promise<{ readonly once: object; readonly late: string }>;
    readonly json: () => Promise<{ readonly default: object }>;
    readonly esm: () => Promise<{ readonly default: string }>;
  }
  const made = (await imported(file)) as Made;
  assert.deepEqual([made.isOnce, made.missing], [true, 'ERR_MODULE_NOT_FOUND']);
  const [late, json, esm] = await Promise.all([made.late(), made.json(), made.esm()]);
  assert.equal(late.once, made.once);
  assert.equal(late.late, pathToFileURL(join(directory, 'late.mjs')).href);
  assert.deepEqual([json.default, esm.default], [{ eight: 8 }, 'sub']);
});

test('modules may import each other in a circle, and names of theirs stay free', async () => {
  write(
    'odd.mjs',
    "import { isEven } from './even.mjs'; export const isOdd = (n) => n !== 0 && isEven(n - 1); export function where() { return import.meta.filename; }",
  );
  const file = write(
    'even.mjs',
    "import { isOdd, where } from './odd.mjs'; const meta = where(), load = 1; export const isEven = (n) => n === 0 || isOdd(n - 1); export default { four: isEven(4), meta, load, own: import.meta.filename };",
  );
  assert.deepEqual(await imported(file), { four: true, meta: join(directory, 'odd.mjs'), load: 1, own: file });
});

test('what cannot be found is named, with the module that asks for it', async () => {
  const cases = [
    ["import 'not-installed';", /Cannot find package 'not-installed' imported from .*asks\.mjs$/],
    ["import './gone.mjs';", /Cannot find module '.*gone\.mjs' imported from .*asks\.mjs$/],
    [
      "import 'esm-only/hidden';",
      /Package subpath '\.\/hidden' is not defined by "exports" in .*esm-only.* imported from .*asks\.mjs$/,
    ],
  ] as const;
  for (const [text, message] of cases) {
    const file = write('asks.mjs', text);
    await assert.rejects(imported(file), { message });
  }
});

test('the hash is of all that is reached by relative paths, with nothing run and nothing left behind', (t) => {
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary);
  const { TMPDIR: before } = process.env;
  Object.assign(process.env, { TMPDIR: temporary });
  t.after(() =>
    before === undefined ? Reflect.deleteProperty(process.env, 'TMPDIR') : Object.assign(process.env, { TMPDIR: before }),
  );
  write('c.mjs', 'export default 1;');
  write('b.mjs', "await import('./c.mjs');");
  write('a.json', '1');
  const entry = pathToFileURL(write('a.mjs', "import './b.mjs'; import './a.json' with { type: 'json' }; process.exit(1);"));
  const seen = [sourcesOf(entry), sourcesOf(entry)];
  for (const [name, text] of [
    ['c.mjs', 'export default 2;'],
    ['a.json', '2'],
    ['b.mjs', "await import('./c.mjs'); // Changed."],
  ] as const) {
    write(name, text);
    seen.push(sourcesOf(entry));
  }
  assert.equal(seen[0], seen[1]);
  assert.equal(new Set(seen).size, 4);
  assert.deepEqual(readdirSync(temporary), []);
});

/** A driver and a scenario that say where they are, and refuse to work without their packages. */
const guard = `
  import url from 'esm-only';
  import data from './data.json' with { type: 'json' };
  import { part } from '#part';
  if (import.meta.url !== new URL('NAME', HERE).href || !url.endsWith('/esm-only/it.js') || data.eight !== 8) throw new Error('not at home');`;
const guardOf = (name: string): string =>
  guard.replace('NAME', name).replace('HERE', JSON.stringify(`${pathToFileURL(directory).href}/`));

test('the same in racing threads, in exploring ones and in the thread that tries a driver out', () => {
  const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
  const temporary = join(directory, 'left');
  mkdirSync(temporary);
  const lab = (allowed: readonly unknown[], ...args: string[]) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, [main, ...args, '--json'], {
      encoding: 'utf8',
      env: { ...process.env, TMPDIR: temporary },
    });
    assert.ok(allowed.includes(status), stderr);
    return JSON.parse(stdout);
  };
  const driver = write(
    'driver.mjs',
    `${guardOf('driver.mjs')}
     import { dmirror } from 'hmm-lab';
     export default { ...dmirror, name: 'at-home',
       *fault(...args) { if (!(yield* part()).endsWith('part.mjs')) throw new Error('lost'); return yield* dmirror.fault(...args); } };`,
  );
  const scenario = write(
    'scenario.mjs',
    `${guardOf('scenario.mjs')}
     import * as s from 'hmm-lab/scenario';
     export default { machine: { pages: 1 }, setup: (m) => s.fillPage(m, 0, 1),
       actors: (m) => ({ D: [s.deviceReads(m, 0), part], A: [s.unmaps(m, 0)] }) };`,
  );
  // 3: too little was seen on a busy machine.
  assert.ok(lab([0, 3], 'stress', '--seconds', '0.5', '--driver', driver).counters.deviceFaults > 0);
  assert.equal(lab([0], 'explore', scenario).verdict, 'proved');
  assert.equal(lab([0], 'explore', scenario, '--driver', driver, '--workers', '2').verdict, 'proved');
  assert.deepEqual(readdirSync(temporary), []);
});
