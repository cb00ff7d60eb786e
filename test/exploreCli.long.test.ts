import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertRefused, type Called, calls, type Refused } from './calls.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 60_000 });

test('explore proves, finds and replays', () => {
  const proved = run('explore', 'mini-hmm', '--json');
  assert.equal(proved.status, 0, proved.stderr);
  const result = JSON.parse(proved.stdout);
  assert.equal(result.verdict, 'proved');
  assert.ok(result.states > 200 && result.schedules > 0 && result.schedulesPerSecond > 0);
  assert.equal(result.failure, null);

  const found = run('explore', 'device-fault-vs-munmap', '--driver', 'dmirror:retryCheck=none', '--json');
  assert.equal(found.status, 1, found.stderr);
  const { failure } = JSON.parse(found.stdout);
  assert.equal(failure.oracle, 'I-STALE');
  assert.match(found.stderr, /^VIOLATION: device-fault-vs-munmap: rule I-STALE is broken: .*\n/m);
  assert.match(found.stderr, /step +D +A .*afterwards/);

  const again = run('replay', failure.token, '--json');
  assert.equal(again.status, 1, again.stderr);
  const replayed = JSON.parse(again.stdout).failure;
  assert.deepEqual([replayed.oracle, replayed.steps, replayed.schedule], [failure.oracle, failure.steps, failure.schedule]);
});

test('a schedule by named points shows the failure too', () => {
  const driver = ['--driver', 'dmirror:retryCheck=none'];
  const shown = run('explore', 'device-fault-vs-munmap', ...driver, '--schedule', 'D@lock#4 A@done D@setPte#2', '--json');
  assert.equal(shown.status, 1, shown.stderr);
  assert.equal(JSON.parse(shown.stdout).failure.oracle, 'I-STALE');
  const fine = run('explore', 'device-fault-vs-munmap', '--schedule', 'D@lock#4 A@done D@done');
  assert.equal(fine.status, 0, fine.stderr);
});

test('Ctrl-C prints what was found; before it, lines say how it goes', async () => {
  const child = spawn(process.execPath, [main, 'explore', 'two-exclusives', '--seconds', '300', '--workers', '2', '--json']);
  let [stdout, stderr] = ['', ''];
  let lines = 0;
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    lines++;
    if (!child.killed && lines >= 4 && /searching .*\| (?!0 states)[\d.,]+[kM]? states/.test(chunk)) child.kill('SIGINT');
  });
  const [status] = await once(child, 'close');
  assert.equal(status, 130, stderr);
  const { verdict, interrupted, states, failure, workers } = JSON.parse(stdout);
  assert.deepEqual([verdict, interrupted, failure, workers], ['sampled', true, null, 2]);
  assert.ok(states > 0);
  assert.match(stderr, /^\d+\.\d of 300\.0 s \| searching .* \| .* schedules \(.*\/s\) \| .* states/m);
  assert.match(stderr, /^Stopped\. SAMPLED: two-exclusives: /m);
});

test('the points that actors pass are listed, and a schedule made of them is followed', () => {
  const listed = run('explore', 'device-fault-vs-munmap', '--points', '--json');
  assert.equal(listed.status, 0, listed.stderr);
  const { schema, stretches, failure } = JSON.parse(listed.stdout);
  assert.deepEqual([schema, failure], ['hmm-lab/points/1', null]);
  const part = stretches[0].points.find(({ visit }: { visit: number }) => visit === 2).part;
  const passed = run('explore', 'device-fault-vs-munmap', '--schedule', `${part} A@done`);
  assert.equal(passed.status, 0, passed.stderr);
  assert.match(passed.stdout, /^PASSED: .*; it ends before D is done\.\n\nstep +D +A .*afterwards\n/);
});

test('an audit says which step is none, and of a module what it is called', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-test-'));
  const counts = (between: string): string =>
    [
      "import { get, Mirror, Point, set } from 'hmm-lab';",
      "import { device } from 'hmm-lab/scenario';",
      'const counts = (m) => function* ({ arena }) {',
      '  const count = device(m) + Mirror.private;',
      '  yield Point.driverLooked;',
      '  const seen = get(arena, count);',
      `  ${between}`,
      '  set(arena, count, seen + 1);',
      '};',
      'export default { machine: { pages: 1 }, actors: (m) => ({ D: [counts(m)], E: [counts(m)] }) };',
    ].join('\n');
  try {
    const audited = (between: string) => {
      const file = join(directory, 'counts.mjs');
      writeFileSync(file, counts(between));
      return run('explore', file, '--audit', '--schedules', '100', '--json');
    };
    const none = audited('');
    assert.equal(none.status, 1, none.stderr);
    const { verdict, findings } = JSON.parse(none.stdout);
    assert.deepEqual([verdict, findings.length, findings[0].first.field], ['violation', 1, 'mirror.private[0]']);
    assert.match(none.stderr, /reads mirror\.private\[0\] .*counts\.mjs:6.*writes mirror\.private\[0\] .*counts\.mjs:8/s);
    const two = audited('yield Point.driverLooked;');
    assert.equal(two.status, 0, two.stderr);
    assert.equal(JSON.parse(two.stdout).verdict, 'audited');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('scenarios are listed', () => {
  const { stdout, status } = run('scenarios', '--json');
  assert.equal(status, 0);
  const names = JSON.parse(stdout).scenarios.map(({ name }: { name: string }) => name);
  assert.ok(names.includes('mini-hmm') && names.includes('migration-vs-dontneed'));
});

test('the scenarios of docs/explore.md, as they stand there', () => {
  const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-docs-'));
  try {
    for (const page of ['explore', 'drivers']) {
      const text = readFileSync(new URL(`../../../docs/${page}.md`, import.meta.url), 'utf8');
      for (const [, code = ''] of text.matchAll(/^```js\n([^`]*)^```$/gm)) {
        const name = page === 'drivers' ? 'my-driver.mjs' : /^\/\/ (\S+\.mjs):/.exec(code)?.[1];
        if (name !== undefined) writeFileSync(join(directory, name), code);
      }
    }
    const at = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: directory });
    const defect = 'retryCheck=none';
    for (const [name, driver] of [
      ['./my-scenario.mjs', 'dmirror'],
      ['./my-driver-scenario.mjs', 'touch-mirror'],
    ] as const) {
      const fine = at('explore', name, '--seconds', '60', '--json');
      assert.deepEqual([fine.status, JSON.parse(fine.stdout).verdict], [0, 'proved'], fine.stderr);
      const broken = at('explore', name, '--workers', '2', '--driver', `${driver}:${defect}`, '--json');
      const { scenario, failure } = JSON.parse(broken.stdout);
      assert.deepEqual([broken.status, scenario, failure.oracle], [1, name, 'I-STALE'], broken.stderr);
      const again = at('replay', failure.token, '--json');
      assert.deepEqual([again.status, JSON.parse(again.stdout).failure.message], [1, failure.message], again.stderr);
      rmSync(join(directory, name));
      const gone = at('replay', failure.token);
      assert.equal(gone.status, 2);
      assert.match(gone.stderr, /^hmm-lab: the scenario is the module '\.\/.*', and there is no such file here\n$/);
    }
    const nonsense = join(directory, 'nonsense.mjs');
    writeFileSync(nonsense, 'console.log("hello"); export default 7;');
    const refused = at('explore', nonsense, '--json');
    assert.deepEqual([refused.status, refused.stdout], [2, '']);
    assert.match(refused.stderr, /^hmm-lab: scenario module '.*' is no scenario: .*\n$/m);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

const bad: readonly Refused[] = [
  [['explore'], /needs the name of a scenario/],
  [['explore', 'nowhere'], /unknown scenario 'nowhere', allowed are mini-hmm/],
  [['explore', 'mini-hmm', '--strategy', 'luck'], /unknown strategy 'luck'/],
  [['explore', 'mini-hmm', '--seconds', '0'], /--seconds is '0'/],
  [['explore', 'mini-hmm', '--workers', '0'], /--workers is '0', allowed is a whole number from 1 to 64/],
  [['explore', 'mini-hmm', '--schedule', 'F0'], /'F0' is no part of a schedule/],
  [['explore', 'mini-hmm', '--schedule', 'F0@done F0@lock'], /cannot be followed to F0@lock, part 2: it is done/],
  [['explore', 'mini-hmm', '--driver', 'nouveau'], /has no driver to replace/],
  [['explore', 'two-exclusives', '--driver', 'amdgpu-userptr'], /is about atomics/],
  [['explore', 'device-fault-vs-munmap@nuoveau'], /unknown driver 'nuoveau'/],
  [['explore', 'mini-hmm', '--audit', '--schedule', 'F0@done'], /--schedule does not go with --audit/],
  [['explore', 'mini-hmm', '--audit', '--strategy', 'random'], /--strategy does not go with --audit/],
  [['replay'], /needs a token/],
  [['replay', 'hmm1.abc'], /cut off or not a token/],
];

const refused = calls(bad.map(([args]) => args));
bad.forEach(([args, ...says], i) => {
  test(`bad input: ${args.join(' ')}`, async () => {
    const one = (await refused)[i] as Called;
    // On a machine with much to do there may be lines that say how far it is.
    assertRefused({ ...one, stderr: one.stderr.replace(/^[\d.]+ of [\d.]+ s \|.*\n/gm, '') }, says);
  });
});
