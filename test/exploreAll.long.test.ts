/** `explore --all`: all scenarios that fit a driver, stage after stage. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { SurveyResult } from '../src/engines/explore/plan/surveyResult.ts';
import { assertRefused, type Called, calls, type Refused } from './calls.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-all-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the program; with `stopWhen` it gets a Ctrl-C once its progress says that. */
function run(args: readonly string[], stopWhen?: RegExp): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, 'explore', ...args], { cwd: directory });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
      if (stopWhen?.test(stderr)) child.kill('SIGINT');
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

type Said = SurveyResult & {
  readonly schema: string;
  readonly scenario: string | null;
  readonly failure: { oracle: string; message: string } | null;
};
const said = (stdout: string): Said => JSON.parse(stdout);

test('every scenario is finished without a preemption, and nothing is reported', async () => {
  const { code, stdout, stderr } = await run(['--all', '--preemptions', '0', '--workers', '2', '--seconds', '600', '--json']);
  assert.equal(code, 0, stderr);
  const { schema, verdict, bound, scenarios, finished, misfits, failure } = said(stdout);
  assert.deepEqual([schema, verdict, bound, failure, misfits], ['hmm-lab/explore-all/1', 'bounded', 0, null, []]);
  assert.ok(scenarios.length >= 145);
  assert.deepEqual(finished, [{ preemptions: 0, scenarios: scenarios.length, leftOut: [], unfinished: [] }]);
  assert.ok(scenarios.some(({ scenario }) => scenario === 'huge-fault-vs-discard'));
  assert.ok(!scenarios.some(({ scenario }) => scenario === 'mini-hmm-early'), 'the one with a mistake built in is left out');
  assert.match(stderr, new RegExp(`within no preemptions: ${scenarios.length} of ${scenarios.length} finished`));
});

const page = readFileSync(new URL('../../../docs/drivers.md', import.meta.url), 'utf8');
const touch = /```js\n(\/\/ touch-mirror[\s\S]*?)```/.exec(page)?.[1] ?? '';

test("a driver of the user's: the first scenario that fails ends it, explained, with a token", async () => {
  writeFileSync(join(directory, 'touch.mjs'), touch);
  const { code, stdout, stderr } = await run(['--all', '--driver', './touch.mjs:retryCheck=none', '--seconds', '600', '--json']);
  assert.equal(code, 1, stderr);
  const { verdict, scenario, failure, misfits } = said(stdout);
  assert.deepEqual([verdict, scenario, failure?.oracle], ['violation', 'device-fault-vs-munmap@./touch.mjs', 'I-STALE']);
  assert.match(
    stderr,
    /VIOLATION: device-fault-vs-munmap@.\/touch.mjs: rule I-STALE is broken[\s\S]*comes before[\s\S]*npx hmm-lab replay hmm1/,
  );
  assert.ok(misfits.includes("scenario exclusive-alone is about atomics, and a device of './touch.mjs' has none"));
});

test('what a driver does wrong while a scenario is set up makes it a misfit, with the reason', async () => {
  writeFileSync(
    join(directory, 'vain.mjs'),
    touch.replace("summary: 'maps", "summary: 'vain, maps").replace('atomics: false,', ''),
  );
  const { stdout } = await run(['--all', '--driver', './vain.mjs', '--preemptions', '0', '--seconds', '600', '--json']);
  const odd = said(stdout).misfits.filter((sentence) => sentence.includes('cannot be set up'));
  assert.ok(odd.length > 0);
  for (const sentence of odd) assert.match(sentence, /^scenario \S+ cannot be set up with '.\/vain.mjs': rule I-OUT is broken: /);
});

test('a driver that no scenario can be set up with is refused', async () => {
  writeFileSync(join(directory, 'broken.mjs'), touch.replace('function* open(task, mirror) {', '$& throw new Error("no");'));
  const { code, stdout, stderr } = await run(['--all', '--driver', './broken.mjs']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(
    stderr,
    /no scenario with a device can be set up with driver '.\/broken.mjs': scenario \S+ cannot be set up with '.\/broken.mjs': no/,
  );
});

test('a driver that does not end being set up in one scenario: that one is named', async () => {
  const hangs = '$& while (task.arena.config.devices > 1);';
  writeFileSync(join(directory, 'hangs.mjs'), touch.replace('function* open(task, mirror) {', hangs));
  const { code, stdout, stderr } = await run(['--all', '--driver', './hangs.mjs']);
  assert.deepEqual([code, stdout], [2, '']);
  assert.match(stderr, /scenario 'two-device-faults@.\/hangs.mjs' is not ready after 10 s/);
});

test('a step that does not end is named by its actor', async () => {
  writeFileSync(
    join(directory, 'stops.mjs'),
    touch.replace('function* fault(task, mirror, start, end, write) {', '$& while (task.id === 0);'),
  );
  const { code, stdout } = await run(['--all', '--driver', './stops.mjs', '--json']);
  const { failure } = said(stdout);
  assert.deepEqual([code, failure?.oracle], [1, 'I-PROG']);
  assert.match(failure?.message ?? '', /^livelock: D\d? has come to no other point for 5 s: a step of it does not end$/);
});

test('it is looked whether schedules repeat, also where a search would not notice', async () => {
  const clock = 'lab.store(task.arena, mirror + Mirror.private + 20, process.hrtime()[1]); yield Point.driverSnapshot;';
  writeFileSync(join(directory, 'clock.mjs'), touch.replace('yield Point.driverSnapshot;', clock));
  const { code, stdout } = await run(['--all', '--driver', './clock.mjs', '--preemptions', '0', '--json']);
  assert.deepEqual([code, said(stdout).failure?.oracle], [1, 'I-DETERM']);
});

/** A driver that less than half of the scenarios fit. */
const few = 'amdgpu-userptr';

test('a bug in the model is found without naming a scenario', async () => {
  const { code, stdout } = await run(['--all', '--driver', few, '--bug', 'R05', '--seconds', '600', '--json']);
  assert.deepEqual([code, said(stdout).verdict], [1, 'violation']);
});

/** What the progress says in any stage but the first one; all others together last some ten times as long as a line of it. */
const pastTheFirst = /at most [1-9]\d* preemptions?: \d+|all interleavings: \d+/;

test('Ctrl-C prints what there is', async () => {
  const { code, stdout } = await run(['--all', '--driver', few, '--seconds', '600'], pastTheFirst);
  assert.equal(code, 130);
  assert.match(stdout, /^Stopped\. [\s\S]*within no preemptions: \d+ of \d+ finished/);
});

test('what does not go with --all is refused in a sentence', async () => {
  const cases: readonly Refused[] = [
    [['mini-hmm', '--all'], /takes a scenario or --all, not both/],
    [['--all', '--schedule', 'D@lock'], /--schedule is about one scenario, and does not go with --all/],
    [['--all', '--points'], /--points is about one scenario, and does not go with --all/],
    [['--all', '--strategy', 'random'], /--strategy does not go with --all/],
    [['--all', '--driver', 'nowhere'], /unknown driver 'nowhere'/],
    [['--all', '--driver', 'dmirror:colour=red'], /driver dmirror has no option 'colour'/],
    [['--all', '--driver', './nowhere.mjs'], /driver module '.\/nowhere.mjs' does not exist/],
  ];
  const all = await calls(
    cases.map(([args]) => ['explore', ...args]),
    directory,
  );
  for (const [i, [, ...says]] of cases.entries()) assertRefused(all[i] as Called, says);
});
