import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { assertRefused, type Called, calls, type Refused } from './calls.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-measure-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const run = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 100_000, cwd: directory });
const files = ['results.jsonl', 'report.html', 'cells.jsonl'] as const;
const read = (out: string, file: string): string => readFileSync(join(directory, out, file), 'utf8');

/** A sweep of small cells, for which more threads would only take longer to start. */
const load = ['measure', '--pages', '64', '--range', '8', '--faults', '40', '--repetitions', '3', '--disturbers', '2'];
const small = [...load, '--workers', '1'];

test('a sweep prints a table and leaves report, results and histograms', () => {
  const { status, stdout, stderr } = run(...small, '--invalidations', '1k..1M:3', '--policy', 'all', '--out', 'plain');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^OK: 21 cells measured\.\n/);
  assert.match(stdout, /policy +invalidations +inv\. done +faults +rounds +passes/);
  const lines = read('plain', 'results.jsonl')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(lines.length, 22);
  assert.equal(lines[0].schema, 'hmm-lab/measure/1');
  for (const row of lines.slice(1)) {
    assert.equal(row.verdict, 'ok');
    assert.ok(row.attempts.mean >= 1 && row.n >= 3 * 30);
    assert.ok(row.attempts.spread.low <= row.attempts.spread.mean && row.attempts.spread.mean <= row.attempts.spread.high);
  }
  const calm = lines.find((row) => row.axes?.invalidations === 1000);
  const wild = lines.find((row) => row.axes?.invalidations === 1e6);
  assert.ok(calm.attempts.perStable < 1.1 && wild.attempts.perStable > 1.2);
  const histograms = readdirSync(join(directory, 'plain', 'hgrm'));
  assert.equal(histograms.length, 21 * 4);
  assert.match(
    read('plain', 'hgrm/0000-corrected.hgrm'),
    /^ +Value +Percentile TotalCount 1\/\(1-Percentile\)\n\n[\s\S]*#\[Mean/,
  );
  assert.doesNotMatch(read('plain', 'report.html'), /<script|https?:|<link|@import/);
});

test('what a driver prints in the threads does not get into the JSON object', () => {
  const file = join(directory, 'loud.mjs');
  writeFileSync(
    file,
    `import { dmirror } from 'hmm-lab';
     const shout = () => { console.log('hello'); process.stdout.write('hello\\n'); };
     shout();
     export default { ...dmirror, name: 'loud', *fault(...args) { shout(); return yield* dmirror.fault(...args); } };`,
  );
  for (const engine of ['simulate', 'race']) {
    const own = ['--engine', engine, '--seconds', '0.05', '--faults', '3', '--invalidations', '1k', '--driver', file];
    const { status, stdout, stderr } = run(...small, ...own, '--repetitions', '1', '--json', '--out', `loud-${engine}`);
    assert.ok(status === 0 || (engine === 'race' && status === 3), stderr);
    assert.match(stdout, /^\{[^\n]*\}\n$/);
    assert.equal(JSON.parse(stdout).engine, engine);
    assert.match(stderr, /^hello$/m);
  }
});

test('the same seed gives the same files byte for byte, another seed does not', () => {
  for (const [out, seed] of [
    ['same1', '7'],
    ['same2', '7'],
    ['other', '8'],
  ] as const) {
    assert.equal(run(...small, '--invalidations', '100k', '--seed', seed, '--out', out).status, 0);
  }
  for (const file of files) assert.equal(read('same1', file), read('same2', file), file);
  assert.notEqual(read('same1', 'cells.jsonl'), read('other', 'cells.jsonl'));
});

test('any number of threads gives the same files byte for byte', () => {
  for (const workers of [1, 3]) {
    const { status } = run(...load, '--workers', `${workers}`, '--invalidations', '10k,1M', '--out', `workers${workers}`);
    assert.equal(status, 0);
  }
  for (const file of files) assert.equal(read('workers1', file), read('workers3', file), file);
});

test('a sweep of 80 cells killed and taken up again gives the same as one run through', async () => {
  const sweep = [
    ...small,
    '--faults',
    '6',
    '--repetitions',
    '2',
    '--invalidations',
    '1k..1M:20',
    '--policy',
    'window,absolute,backoff,timeslice',
  ];
  const whole = run(...sweep, '--out', 'whole');
  assert.equal(whole.status, 0, whole.stderr);
  const journal = join(directory, 'killed', 'cells.jsonl');
  let kills = 0;
  for (const until of [15, 45]) {
    const child = spawn(process.execPath, [main, ...sweep, '--out', 'killed'], { cwd: directory, stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    while (child.exitCode === null) {
      if (existsSync(journal) && readFileSync(journal, 'utf8').split('\n').length > until) break;
      await sleep(5);
    }
    if (child.kill('SIGKILL')) kills++;
    await ended;
  }
  assert.equal(kills, 2);
  // A torn line, as a kill in the middle of a write leaves it.
  writeFileSync(journal, '{"cell": 17, "ax', { flag: 'a' });
  const resumed = run(...sweep, '--out', 'killed');
  assert.equal(resumed.status, 0, resumed.stderr);
  assert.match(resumed.stderr, /Measuring 80 cells \(simulate, seed 1\), \d\d of them done already/);
  for (const file of files) assert.equal(read('killed', file), read('whole', file), file);
  assert.equal(read('whole', 'cells.jsonl').trim().split('\n').length, 80);
});

test('the parts of a sweep are joined to the whole', () => {
  const sweep = [...small, '--invalidations', '10k,100k,1M', '--policy', 'window,backoff'];
  assert.equal(run(...sweep, '--out', 'all').status, 0);
  for (const i of [1, 2]) assert.equal(run(...sweep, '--shard', `${i}/2`, '--out', `part${i}`).status, 0);
  const missing = run('merge', 'part1', '--out', 'joined');
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /^hmm-lab: 3 of 6 cells are missing, the first is cell 1: .*\n$/);
  const joined = run('merge', 'part1', 'part2', '--out', 'joined');
  assert.equal(joined.status, 0, joined.stderr);
  for (const file of ['results.jsonl', 'report.html']) assert.equal(read('joined', file), read('all', file), file);
  assert.match(run('merge', 'part1', 'same1').stderr, /are parts of different sweeps/);
});

test('a configuration file has the names of the flags, and flags go before it', () => {
  writeFileSync(
    join(directory, 'sweep.json'),
    JSON.stringify({ invalidations: ['10k', '100k'], policy: 'window', pages: 64, range: 8, faults: 20, repetitions: 2 }),
  );
  const { stdout, status, stderr } = run('measure', '--config', 'sweep.json', '--policy', 'backoff', '--out', 'config', '--json');
  assert.equal(status, 0, stderr);
  const { rows, config } = JSON.parse(stdout);
  assert.equal(rows.length, 2);
  assert.deepEqual([config.axes.policy, config.axes.invalidations, config.repetitions], ['backoff', '10k,100k', 2]);
});

// What is wrong with the values of axes and with cells has tests of its own (sweepPlan.test.ts).
writeFileSync(join(directory, 'bad.json'), '{"invalidation": 3}');
const bad: readonly Refused[] = [
  [['--invalidations', ''], /invalidations is empty/],
  [['--invalidations', '1M..1k'], /the range '1M..1k' is reversed/],
  [['--driver', 'nvidia'], /unknown driver 'nvidia'/],
  [['--driver', 'dmirror:window=9999'], /driver option window is '9999'/],
  [['--range', '8192'], /a range of 8192 pages does not fit a region of 4096/],
  [['--cost', 'luck=3'], /unknown cost 'luck'/],
  [['--cost', 'copyPage'], /--cost is 'copyPage', allowed is NAME=NANOSECONDS/],
  [['--shard', '3/2'], /--shard is '3\/2'/],
  [['--engine', 'steam'], /unknown --engine 'steam'/],
  [['--config', 'nowhere.json'], /--config 'nowhere.json' is of no use: it cannot be read/],
  [['--config', 'bad.json'], /unknown key of bad.json 'invalidation' \(did you mean invalidations\?\)/],
  [['--out', '/proc/nowhere'], /the directory '\/proc\/nowhere' cannot be written/],
];

const refused = calls(
  bad.map(([args]) => ['measure', ...(args.includes('--out') ? [] : ['--out', 'never']), ...args]),
  directory,
);
bad.forEach(([args, ...says], i) => {
  test(`refused before the first cell: ${args.join(' ')}`, async () => {
    assertRefused((await refused)[i] as Called, says);
    assert.ok(!existsSync(join(directory, 'never')));
  });
});

test('another sweep in the directory is refused, --fresh begins anew', () => {
  assert.match(run(...small, '--invalidations', '2k', '--out', 'same1').stderr, /holds another sweep/);
  assert.equal(run(...small, '--invalidations', '2k', '--out', 'same1', '--fresh').status, 0);
});
