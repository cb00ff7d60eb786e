import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { counterNames } from '../src/arena/counters.ts';
import type { RaceResult } from '../src/engines/race/types.ts';
import type { Reproduced } from '../src/engines/reproduce/reproduce.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Long enough for all workers to be at it, even on a busy machine. */
const UNDER_WAY = 2000;

/** Runs the program, with a Ctrl-C while it races, and perhaps a second one as soon as it says that it stops. */
function stress(args: readonly string[], interrupts: 0 | 1 | 2 = 0): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, 'stress', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    let sent = 0;
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      stderr += chunk;
      const said = [stderr.includes('Racing'), stderr.includes('Stopping')][sent] ?? false;
      if (!said || sent === interrupts) return;
      setTimeout(() => child.kill('SIGINT'), sent === 0 ? UNDER_WAY : 0);
      sent++;
    });
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** The result on stdout: exactly one JSON object, on one line. */
function resultOf({ stdout }: Ended): RaceResult {
  assert.match(stdout, /^\{[^\n]*\}\n$/);
  return JSON.parse(stdout) as RaceResult;
}

function scratch(t: { after: (cleanUp: () => void) => void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-stress-'));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** A busy machine may refuse a short run; that is an honest end, and not a broken rule. */
const clean = [0, 3];

test('--json: one object on stdout with everything scripts rely on, and prose on stderr; --out writes the same', async (t) => {
  const directory = scratch(t);
  const file = join(directory, 'result.json');
  writeFileSync(file, 'old');
  const ended = await stress(['--seconds', '1', '--seed', '7', '--json', '--out', file]);
  const result = resultOf(ended);
  assert.equal(readFileSync(file, 'utf8'), ended.stdout);
  assert.deepEqual(readdirSync(directory), ['result.json']);
  assert.ok(clean.includes(ended.status ?? -1), ended.stderr);
  assert.equal(ended.status, result.verdict === 'pass' ? 0 : 3);
  assert.equal(result.schema, 'hmm-lab/stress/1');
  assert.equal(result.seed, 7);
  assert.equal(result.config.cpus, 2);
  assert.deepEqual(result.violations, []);
  assert.deepEqual(Object.keys(result.counters).sort(), [...counterNames].sort());
  assert.ok(Object.values(result.counters).every((count) => Number.isSafeInteger(count) && count >= 0));
  if (result.retry === null) {
    // Refused: then no number is given.
    assert.ok(result.verdict === 'invalid' || result.shaken !== null);
    assert.deepEqual(result.latency, {});
  } else {
    assert.deepEqual(Object.keys(result.retry.attemptsPerFault), ['mean', 'p50', 'p99', 'max']);
    assert.ok(result.retry.rate >= 0 && result.retry.rate <= 1);
  }
  for (const [name, row] of Object.entries(result.latency)) {
    assert.deepEqual(Object.keys(row), ['count', 'p50Ns', 'p99Ns', 'p999Ns', 'maxNs'], name);
    assert.ok(row.p50Ns <= row.p99Ns && row.p99Ns <= row.p999Ns && row.p999Ns <= row.maxNs, name);
  }
  assert.ok(result.windows.hit <= result.windows.total);
  assert.equal(typeof result.overlap.gauge, 'number');
  assert.equal(result.confidence.trials, result.counters.operations);
  assert.match(result.command, /hmm-lab stress .*--seed 7/);
  assert.match(ended.stderr, /^Racing 2 CPU threads, 1 device, 1 migrator, 1 disturber over 256 pages for 1\.0 s /);
  assert.match(ended.stderr, /^Counters$/m);
});

test('without --json the summary is on stdout, with the seed', async () => {
  const { status, stdout, stderr } = await stress(['--seconds', '0.5', '--seed', '9', '--delay', 'setPte=1/50:80us']);
  assert.ok(clean.includes(status ?? -1), stdout);
  assert.match(stdout, /^(PASS|NOT VALID): .*seed 9\)/);
  assert.match(stdout, /--delay setPte=0\.02:80us/);
  assert.match(stderr, /^Racing [^\n]*\n(The actors hardly run [^\n]*\n)?$/, 'a short race has no progress lines');
});

test('a driver without its retry check is caught, and traced', async (t) => {
  const file = join(scratch(t), 'result.json');
  const race = ['--seconds', '120', '--driver', 'dmirror:retryCheck=none', '--delay', 'driverSnapshot=1/50:200us'];
  const ended = await stress([...race, '--trace', '60', '--json', '--out', file]);
  const { verdict, violations, command, confidence, log, trace } = resultOf(ended) as RaceResult & { trace: Reproduced };
  assert.equal(ended.status, 1, ended.stderr);
  assert.equal(verdict, 'violation');
  assert.match(violations[0]?.rule ?? '', /^I-/);
  assert.equal(confidence.boundPerOperation, null);
  assert.match(command, /--driver dmirror:retryCheck=none/);
  assert.deepEqual(
    log.map(({ actor }) => actor),
    ['cpu0', 'cpu1', 'device0', 'migrator0', 'disturber0'],
  );
  assert.ok(log.every(({ points, operation }) => points.length > 0 && operation.length > 0));
  assert.match(trace.found?.failure.token ?? '', /^hmm1\./);
  assert.match(ended.stderr, /^Looking for it under a controlled scheduler, for 60\.0 s at most/m);
  assert.match(ended.stderr, /^Trace found \(\d+ scenarios? in [\d.]+ s\)\. (The same rule, I-|Not I-)/m);
  assert.match(ended.stderr, /^To see it again: npx hmm-lab replay hmm1\./m);
  assert.equal(readFileSync(file, 'utf8'), ended.stdout);
  assert.match(ended.stderr, new RegExp(`^Rule ${violations[0]?.rule} is broken: `, 'm'));
});

test('Ctrl-C ends the race with a summary', async () => {
  const { status, stdout, stderr } = await stress(['--seconds', '600'], 1);
  assert.equal(status, 130, stderr);
  assert.match(stdout, /^INTERRUPTED: no rule was broken so far, in (?:no|[\d,]+) operations? in [\d.]+ s of 600\.0 s /);
  assert.match(stderr, /Stopping/);
});

test('Ctrl-C with --json still gives one object', async () => {
  const ended = await stress(['--seconds', '600', '--json'], 1);
  assert.equal(ended.status, 130, ended.stderr);
  assert.equal(resultOf(ended).verdict, 'interrupted');
});

test('a second Ctrl-C leaves at once', async () => {
  // Delays of a second at a busy point keep the actors from stopping in time. Who waits for them prints a summary.
  const ended = await stress(['--seconds', '600', '--delay', 'lock=1:1s'], 2);
  assert.equal(ended.status, 130);
  assert.match(ended.stderr, /Stopping/);
  assert.equal(ended.stdout, '');
});

test('a killed worker ends the race with a verdict that names it', async () => {
  const ended = await stress(['--seconds', '20', '--json', '--kill', 'device0=0.5']);
  const { verdict, violations } = resultOf(ended);
  assert.equal(ended.status, 1);
  assert.equal(verdict, 'violation');
  assert.equal(violations[0]?.actor, 'device0');
});

test('a driver of the user, written as generators in two modules', async (t) => {
  const directory = scratch(t);
  const dmirror = new URL('../src/drivers/dmirror/index.js', import.meta.url).href;
  writeFileSync(
    join(directory, 'faults.js'),
    `import { dmirror } from ${JSON.stringify(dmirror)};
     export function* fault(...args) { return yield* dmirror.fault(...args); }`,
  );
  const file = join(directory, 'mine.js');
  writeFileSync(
    file,
    `import { dmirror } from ${JSON.stringify(dmirror)};
     import { fault } from './faults.js';
     export default { ...dmirror, name: 'mine', summary: 'delegates', *fault(...args) { return yield* fault(...args); } };`,
  );
  // A place of its own for temporary files, so that others' do not count.
  const temporary = join(directory, 'tmp');
  mkdirSync(temporary);
  const { TMPDIR: before } = process.env;
  Object.assign(process.env, { TMPDIR: temporary });
  t.after(() => {
    if (before === undefined) Reflect.deleteProperty(process.env, 'TMPDIR');
    else Object.assign(process.env, { TMPDIR: before });
  });
  const ended = await stress(['--seconds', '1', '--json', '--driver', `${file}:window=8`]);
  const { config, counters, violations } = resultOf(ended);
  assert.deepEqual(violations, [], ended.stderr);
  assert.deepEqual(config.driverSettings, { window: '8' });
  assert.ok(counters.deviceFaults > 0);
  assert.deepEqual(
    readdirSync(temporary).filter((name) => name.startsWith('hmm-lab-')),
    [],
  );
});

/** Modules that misbehave while they are loaded, and what is said about them. */
const unloadable = [
  ['process.exit(7)', /ends the program \(exit code 7\) while it is loaded/],
  ['await new Promise(() => {})', /ends the program \(exit code 13\) while it is loaded/],
  ['throw new Error("no luck")', /does not load: no luck/],
  ['export default 5', /is not a driver: its default export is not an object/],
] as const;

for (const [source, message] of unloadable) {
  test(`a driver module that does not load: ${source}`, async (t) => {
    const file = join(scratch(t), 'driver.mjs');
    writeFileSync(file, source);
    const { status, stdout, stderr } = await stress(['--seconds', '1', '--driver', file]);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}

test('what a driver prints does not get into the JSON object', async (t) => {
  const file = join(scratch(t), 'driver.mjs');
  const dmirror = new URL('../src/drivers/dmirror/index.js', import.meta.url).href;
  writeFileSync(
    file,
    `import { dmirror } from ${JSON.stringify(dmirror)};
     const shout = () => { console.log('hello'); process.stdout.write('hello\\n'); console.table([1]); };
     shout();
     export default { ...dmirror, name: 'loud', *fault(...args) { shout(); return yield* dmirror.fault(...args); } };`,
  );
  const ended = await stress(['--seconds', '0.5', '--json', '--driver', file]);
  assert.deepEqual(resultOf(ended).violations, []);
});

test('a long delay at many places is no deadlock', async () => {
  const { violations } = resultOf(await stress(['--seconds', '1.5', '--json', '--seed', '1', '--delay', 'lock=1%:1s']));
  assert.deepEqual(violations, []);
});
