import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { version } from '../src/package/version.ts';
import { points } from '../src/steps/points.ts';
import { assertRefused, type Called, calls, type Refused } from './calls.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));

function cli(...args: string[]): Called {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 20_000 });
  return { status: status ?? -1, stdout, stderr };
}

/** A directory with the modules and paths the table of bad inputs needs. */
const scratch = mkdtempSync(join(tmpdir(), 'hmm-lab-cli-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));

function module(name: string, source: string): string {
  const file = join(scratch, name);
  writeFileSync(file, source);
  return file;
}

const hookless = module('hookless.js', 'export default { name: "mine", summary: "s", options: {} };');
const undefaulted = module('undefaulted.js', 'export const driver = {};');
const misspelt = module('misspelt.js', 'this is no module');
const throwing = module('throwing.js', 'throw new Error("first line\\nsecond line");');
const dangling = module('dangling.js', 'import "./gone.js"; export default {};');

const misspeltProgram = module('misspelt.hmm', '# a race\ngiven mmap 0 1 rw anon\nA: cw 0 1 x\nB: munmap 0 1\n');
const columnless = module('columnless.hmm', 'given mmap 0 1 rw anon');

const bad: readonly Refused[] = [
  [
    ['sress'],
    /unknown command 'sress'/,
    /did you mean stress\?/,
    /stress, measure, merge, explore, replay, prove, matrix, fuzz, simulate, hunt, farm, scenarios, conformance, record, compare, reproduce, kernel, windows, drivers, bugs, help/,
  ],
  [[''], /unknown command ''/],
  [['help', 'nope'], /unknown command 'nope'/, /allowed are stress/],
  [['help', 'stress', 'more'], /unexpected argument 'more'/],
  [['--secnds', '3'], /unknown flag '--secnds'/, /did you mean --seconds\?/],
  [['stress', '--bogus'], /unknown flag '--bogus'/, /--seconds --cpus/],
  [['stress', '-x'], /unknown flag '-x'/],
  [['stress', '--seconds'], /--seconds needs a value/, /above 0, at most 86400/],
  [['stress', '--seconds', '--json'], /--seconds needs a value/],
  [['stress', '--json=yes'], /--json is a switch/, /'yes'/],
  [['stress', 'more'], /unexpected argument 'more'/],
  [['stress', '--', 'more'], /unexpected argument 'more'/],
  [['windows', '--foo'], /unknown flag '--foo'/, /only flags: --json/],
  [['drivers', 'dmirror'], /unexpected argument 'dmirror'/],
  [['bugs', '--jsn'], /unknown flag '--jsn'/, /did you mean --json\?/],
  [['stress', '--seconds', '0'], /--seconds is '0'/, /above 0, at most 86400/],
  [['stress', '--seconds', '1e3'], /--seconds is '1e3'/],
  [['stress', '--seconds', 'Infinity'], /--seconds is 'Infinity'/],
  [['stress', '--seconds', '86401'], /--seconds is '86401'/],
  [['stress', '--cpus', '1.5'], /--cpus is '1\.5'/, /a whole number from 0 to 32/],
  [['stress', '--cpus', '-1'], /--cpus is '-1'/],
  [['stress', '--cpus', '33'], /--cpus is '33'/, /0 to 32/],
  [['stress', '--cpus', '20', '--devices', '20'], /--cpus 20 --devices 20/, /42 actors/, /1 to 32 in all/],
  [['stress', '--cpus=0', '--devices=0', '--migrators=0', '--disturbers=0'], /0 actors/, /1 to 32 in all/],
  [['stress', '--devices', '0', '--migrators', '1'], /--migrators 1 with --devices 0/, /allowed is --migrators 0/],
  [['stress', '--rate', '-5'], /--rate is '-5'/, /from 0 to 1000000/],
  [['stress', '--pages', '0'], /--pages is '0'/, /from 1 to 65536/],
  [['stress', '--pages', '65537'], /--pages is '65537'/],
  [['stress', '--pages', '500', '--memory', '300'], /--pages 500 is more than --memory 300/],
  [['stress', '--device-memory', '1048576'], /--device-memory 1048576/, /allowed are 1048576 in all/],
  [['stress', '--seed', '2147483648'], /--seed is '2147483648'/, /0 to 2147483647/],
  [['stress', '--bug', 'R99'], /unknown bug 'R99'/, /hmm-lab bugs/],
  [['stress', '--driver', 'dmiror'], /unknown driver 'dmiror'/, /did you mean dmirror\?/],
  [['stress', '--driver', 'two\nlines'], /unknown driver 'two\\nlines'/],
  [['stress', '--driver', 'https://example.org/driver.js'], /unknown driver 'https:/, /file: URL/],
  [['stress', '--driver', './not-there.js'], /not-there\.js' does not load/],
  [['stress', '--driver', hookless], /hookless\.js' is not a driver/, /open, close, fault, .*interval\.invalidate/],
  [['stress', '--driver', undefaulted], /undefaulted\.js' is not a driver/, /default export/],
  [['stress', '--driver', misspelt], /misspelt\.js' does not load/],
  [['stress', '--driver', throwing], /throwing\.js' does not load: first line/],
  [['stress', '--driver', dangling], /dangling\.js' does not load/, /gone\.js/],
  [['stress', '--driver', 'dmirror:retryCheck'], /'retryCheck' is not NAME=VALUE/],
  [['stress', '--driver', 'dmirror:retryCheck=maybe'], /retryCheck is 'maybe'/, /locked, beforeLock, none/],
  [['stress', '--driver', 'dmirror:window=0'], /window is '0'/, /from 1 to 512/],
  [['stress', '--driver', 'dmirror:wndow=8'], /no option 'wndow'/, /window/],
  [['stress', '--delay', 'setPte'], /--delay is 'setPte'/, /POINT=P:TIME/],
  [['stress', '--delay', 'setpt=1%:80us'], /unknown point 'setpt'/, /did you mean setPte\?/, /hmm-lab windows/],
  [['stress', '--delay', 'setPte=2:80us'], /probability '2'/, /at most 1/],
  [['stress', '--delay', 'setPte=1/0:80us'], /probability '1\/0'/],
  [['stress', '--delay', 'setPte=1%:80'], /--delay is 'setPte=1%:80'/],
  [['stress', '--delay', 'setPte=1%:2s'], /time '2s'/, /at most 1s/],
  [['stress', '--delay', 'setPte=1%:1us', '--delay', 'setPte=2%:1us'], /setPte twice/],
  [['stress', '--kill', 'cpu0'], /--kill is 'cpu0'/, /ACTOR=SECONDS/],
  [['stress', '--kill', 'cpu7=1'], /unknown actor 'cpu7'/, /cpu0, cpu1, device0/],
  [['stress', '--kill', 'cpu0=8'], /--kill cpu0 is after 8 seconds/],
  [['stress', '--out', join(scratch, 'no', 'result.json')], /--out '.*result\.json'/, /its directory does not exist/],
  [['stress', '--out', scratch], /it is a directory/],
  [['stress', '--out', '/dev/null'], /not a regular file/],
  [['stress', '--out', ''], /the name is empty/],
  [['explore', 'A: cw 0 1 8', 'B: munmapp 0 1'], /line 1 of the program: unknown operation 'munmapp' in 'munmapp 0 1'/],
  [['explore', misspeltProgram], /line 3 of the program: 'x' in operation 'cw 0 1 x' is no value that cw takes/],
  [['explore', '--format', misspeltProgram], /line 3 of the program: 'x' in operation 'cw 0 1 x'/],
  [['explore', '--format', columnless], /the program has no column/],
  [['explore', '--format', join(scratch, 'gone.hmm')], /program '.*gone\.hmm' cannot be read/],
  [['explore', '--format', 'mini-hmm'], /--format takes a program/, /given was 'mini-hmm'/],
  [['explore', '--format', '--json', 'A: cr 0 1'], /--format .* does not go with --json/],
  [['explore', 'mini-hmm', '--given', 'mmap 0 1 rw anon'], /--given is what is done before the columns/],
  [['matrix', '--state', 'wrotten'], /unknown state 'wrotten', allowed are none, zero, written/],
  [['matrix', '--operation', 'unmap'], /unknown operation 'unmap', allowed are read, write, munmap/],
  [['matrix', '--html', scratch], /--html '.*' cannot be written: it is a directory/],
  [['matrix', '--html', join(scratch, 'no', 'x.html')], /--html '.*x\.html' cannot be written: its directory does not exist/],
  [['matrix', '--html', ''], /--html '' cannot be written: the name is empty/],
  [['matrix', 'munmap'], /unexpected argument 'munmap'/],
  [['matrix', '--out', scratch, '--state', 'none'], /'.*' cannot be read: EISDIR/],
  [['matrix', '--out', misspelt, '--state', 'none'], /misspelt\.js' is of another matrix/],
  [['matrix', '--out', join(scratch, 'no', 'cells.jsonl'), '--state', 'none'], /cells\.jsonl' cannot be written: ENOENT/],
];

const refused = calls(bad.map(([args]) => args));
bad.forEach(([args, ...says], i) => {
  test(`bad input: ${args.map((arg) => JSON.stringify(arg.replace(scratch, 'SCRATCH'))).join(' ')}`, async () => {
    assertRefused((await refused)[i] as Called, says);
  });
});

test('a process that is given bad input says one line and ends with 2', () => {
  assertRefused(cli('sress'), [/unknown command 'sress'/]);
});

test('help of the program and of every command', async () => {
  const named = ['stress', 'explore', 'replay', 'prove', 'hunt', 'scenarios', 'windows', 'drivers', 'bugs', 'help'];
  const ways = named.flatMap((command) => [
    [command, '--help'],
    ['help', command],
    [command, '-h'],
  ]);
  const [program, same, ...helps] = await calls([['--help'], ['help'], ...ways]);
  assert.equal(program?.status, 0);
  assert.deepEqual(same, program);
  named.forEach((command, i) => {
    assert.match(program?.stdout ?? '', new RegExp(`^  ${command} +\\w`, 'm'));
    const [help, ...others] = helps.slice(3 * i, 3 * i + 3);
    assert.deepEqual([help?.status, help?.stderr], [0, '']);
    assert.match(help?.stdout ?? '', new RegExp(`^Usage: hmm-lab ${command}`));
    for (const other of others) assert.deepEqual(other, help);
    for (const line of help?.stdout.split('\n') ?? []) assert.ok(line.length <= 100, line);
  });
});

test('the help of stress has every flag, with its default', () => {
  const { stdout } = cli('stress', '--help');
  const flags = [
    'seconds',
    'cpus',
    'devices',
    'migrators',
    'disturbers',
    'pages',
    'memory',
    'device-memory',
    'driver',
    'bug',
    'seed',
    'rate',
  ];
  const more = ['delay', 'no-lock-checks', 'no-mirror-checks', 'watchdog', 'check-every', 'kill', 'json', 'out', 'swap'];
  for (const flag of [...flags, ...more]) assert.match(stdout, new RegExp(`^  --${flag} `, 'm'));
  assert.match(stdout, /--pages NUMBER[^-]*default 256/);
});

test('--version', () => {
  const { name, version: written } = JSON.parse(readFileSync(packageFile(), 'utf8')) as Record<string, string>;
  assert.equal(name, 'hmm-lab');
  assert.equal(version, written);
  assert.equal(cli('--version').stdout, `${written}\n`);
});

/** dist/erased/test and the sources' test are not equally deep. */
function packageFile(): URL {
  const isBuilt = import.meta.url.endsWith('.js');
  return new URL(isBuilt ? '../../../package.json' : '../package.json', import.meta.url);
}

test('windows', () => {
  const prose = cli('windows');
  assert.equal(prose.status, 0);
  const { status, stdout, stderr } = cli('windows', '--json');
  assert.deepEqual([status, stderr], [0, '']);
  const list = JSON.parse(stdout) as { schema: string; version: string; windows: { name: string; windows: string[] }[] };
  assert.deepEqual([list.schema, list.version], ['hmm-lab/windows/1', version]);
  assert.deepEqual(
    list.windows.map(({ name }) => name),
    points.map(({ name }) => name),
  );
  for (const { name, after, before, kernel } of points) {
    assert.match(prose.stdout, new RegExp(`^${name}\n  after:  ${after}\n  before: ${before}\n  where:  `, 'm'));
    assert.ok(prose.stdout.includes(kernel));
  }
  assert.deepEqual(list.windows.find(({ name }) => name === 'invalidateRangeEnd')?.windows, ['E2', 'E22']);
  const { scenarios } = JSON.parse(stdout) as { scenarios: { scenario: string; windows: string[]; covers: string[] }[] };
  assert.ok(scenarios.every(({ windows, covers }) => windows.length > 0 && covers.length > 0));
  assert.match(prose.stdout, /^E1 {3}.*device-fault-vs-munmap/m);
});

test('drivers', () => {
  const prose = cli('drivers');
  assert.equal(prose.status, 0);
  assert.match(prose.stdout, /^dmirror: /);
  assert.match(prose.stdout, /^ {2}retryCheck: locked \(default\), beforeLock, none\n/m);
  const list = JSON.parse(cli('drivers', '--json').stdout) as {
    drivers: { name: string; options: { name: string; default: unknown }[] }[];
  };
  const dmirror = list.drivers.find(({ name }) => name === 'dmirror');
  assert.equal(dmirror?.options.find(({ name }) => name === 'retryCheck')?.default, 'locked');
  assert.equal(dmirror?.options.find(({ name }) => name === 'window')?.default, 32);
});

test('bugs', () => {
  assert.match(cli('bugs').stdout, /^R05\n {2}.+\n {2}.+; shown by device-fault-vs-munmap\n/m);
  const { schema, bugs, controls } = JSON.parse(cli('bugs', '--json').stdout) as Record<string, { id: string }[]>;
  assert.equal(schema, 'hmm-lab/bugs/1');
  assert.ok(bugs?.some(({ id }) => id === 'R05'));
  assert.ok(controls?.some(({ id }) => id === 'C1'));
});

test('a closed pipe is no error', async () => {
  const child = spawn(process.execPath, [main, 'windows'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  assert.deepEqual([status, stderr], [0, '']);
});
