/** `hmm-lab prove`: it goes on when a rule breaks, and says what there is when it is stopped; and what is proved in a minute. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type ProveReport, prove } from '../src/library/prove.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-prove-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the program; with `stopWhen` it gets a Ctrl-C once its progress says that. */
function run(args: readonly string[], stopWhen?: RegExp): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [main, ...args], { cwd: directory });
    let [stdout, stderr, isStopped] = ['', '', false];
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
      if (isStopped || stopWhen?.test(stderr) !== true) return;
      isStopped = true;
      child.kill('SIGINT');
    });
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

const reportOf = (stdout: string): ProveReport => JSON.parse(stdout);

test('it goes on when a rule breaks, and the token shows it again', async () => {
  const broken = 'device-fault-vs-munmap';
  const { code, stdout } = await run(['prove', 'mini-hmm-early', broken, 'mini-hmm', '--bug', 'R05', '--json']);
  assert.equal(code, 1);
  const { verdict, violations, scenarios } = reportOf(stdout);
  assert.deepEqual([verdict, violations], ['violation', 2]);
  assert.deepEqual(
    scenarios.map((row) => [row.scenario, row.verdict, row.failure?.preemptions, row.failure?.minimal]),
    [
      ['mini-hmm-early', 'violation', scenarios[0]?.failure?.preemptions, scenarios[0]?.failure?.minimal],
      [broken, 'violation', 1, true],
      ['mini-hmm', 'proved', undefined, undefined],
    ],
  );
  const again = await run(['replay', scenarios[1]?.failure?.token ?? '', '--json']);
  assert.deepEqual([again.code, JSON.parse(again.stdout).failure.message], [1, scenarios[1]?.failure?.message]);
});

test('Ctrl-C prints what there is', async () => {
  const names = ['mini-hmm', 'own-pfn-reused', 'huge-eviction-vs-fork', 'device-fault-vs-munmap'];
  const { code, stdout } = await run(
    ['prove', ...names, '--seconds', '600'],
    /\| 1 of 4 scenarios, 1 proved \| own-pfn-reused \| [1-9]/,
  );
  assert.equal(code, 130);
  assert.match(stdout, /^mini-hmm +proved /m);
  assert.match(stdout, /^SAMPLED: own-pfn-reused: .*the search of all interleavings was not finished after [1-9]/m);
  assert.match(stdout, /^Stopped: [\s\S]*Proved 1 of 4 scenarios; 1 sampled, 2 not begun /m);
});

const touch = /```js\n(\/\/ touch-mirror[\s\S]*?)```/.exec(
  readFileSync(new URL('../../../docs/drivers.md', import.meta.url), 'utf8'),
)?.[1] as string;

test('a step that does not end breaks its scenario, and the others are proved all the same', async () => {
  const hangs = '$& while (task.arena.config.devices > 1);';
  writeFileSync(join(directory, 'hangs.mjs'), touch.replace('function* fault(task, mirror, start, end, write) {', hangs));
  const names = ['two-device-faults', 'device-fault-vs-munmap'];
  const { code, stdout, stderr } = await run(['prove', ...names, '--driver', './hangs.mjs', '--json']);
  assert.equal(code, 1, stderr);
  assert.deepEqual(
    reportOf(stdout).scenarios.map(({ scenario, verdict, failure }) => [scenario, verdict, failure?.oracle]),
    [
      ['two-device-faults@./hangs.mjs', 'violation', 'I-PROG'],
      ['device-fault-vs-munmap@./hangs.mjs', 'proved', undefined],
    ],
  );
});

const proofs = readFileSync(new URL('../../../docs/proofs.md', import.meta.url), 'utf8');

/** States that are searched in less than a minute, on a busy machine too. */
const MINUTE = 100_000;

/** Scenarios that the page calls proved, the small ones first, as far as a minute goes; with their states and covers. */
function small(): readonly (readonly [scenario: string, states: string, covers: string])[] {
  const rows = [...proofs.matchAll(/^\| ([\w-]+) \| proved \| ([\d,]+) \|.*\| ([^|]*) \|$/gm)];
  const sizes = rows.map(([, name = '', states = '', covers = '']) => [name, states, covers] as const);
  const size = (states: string): number => Number(states.replaceAll(',', ''));
  sizes.sort(([, a], [, b]) => size(a) - size(b));
  let sum = 0;
  return sizes.filter(([, states]) => {
    sum += size(states);
    return sum <= MINUTE;
  });
}

test('a long search is made by several threads together, with the same verdict and as many states', async () => {
  const scenarios = ['two-device-reads-vs-munmap'];
  const [one, two] = [await prove({ scenarios, seconds: 600 }), await prove({ scenarios, seconds: 600, threads: 2 })];
  assert.deepEqual([one.verdict, two.verdict, two.threads], ['proved', 'proved', 2]);
  assert.deepEqual([two.states, two.scenarios[0]?.covers], [one.states, one.scenarios[0]?.covers]);
});

test('the small scenarios of docs/proofs.md are proved, with as many states and covers as it says', async () => {
  const expected = small();
  assert.ok(expected.length > 50);
  const names = expected.map(([name]) => name);
  const { verdict, scenarios } = await prove({ scenarios: names, workers: 2, seconds: 600 });
  assert.equal(verdict, 'proved');
  assert.deepEqual(
    scenarios.map(({ scenario, states, covers }) => {
      const reached = covers.filter((cover) => cover.reached).length;
      return [scenario, states.toLocaleString('en'), covers.length === 0 ? '' : `${reached}/${covers.length}`];
    }),
    expected,
  );
});
