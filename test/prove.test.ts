/** `hmm-lab prove`: the table, the page, the progress, and what is refused. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { ProveReport } from '../src/library/prove.ts';
import { proveLine, startProveLive } from '../src/report/proveLive.ts';
import { assertRefused, type Called, calls, type Refused } from './calls.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-prove-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function run(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: directory, encoding: 'utf8' });
  return { code: status, stdout, stderr };
}

const reportOf = (stdout: string): ProveReport => JSON.parse(stdout);

test('scenarios that are named are proved, and the page says what the table says', () => {
  const names = ['mini-hmm', 'device-fault-vs-munmap'];
  const { code, stdout, stderr } = run(['prove', ...names, '--workers', '2', '--json', '--markdown', 'proofs.md']);
  assert.equal(code, 0, stderr);
  const { schema, verdict, scenarios, left, config } = reportOf(stdout);
  assert.deepEqual([schema, verdict, left, config.scenarios], ['hmm-lab/prove/1', 'proved', [], names]);
  assert.deepEqual(
    scenarios.map(({ scenario, verdict, interchangeable }) => [scenario, verdict, interchangeable]),
    [
      ['mini-hmm', 'proved', 2],
      ['device-fault-vs-munmap', 'proved', 0],
    ],
  );
  const page = readFileSync(join(directory, 'proofs.md'), 'utf8');
  for (const { scenario, states, bytes, covers } of scenarios) {
    assert.ok(states > 0 && bytes > 0 && covers.every(({ reached }) => reached));
    const shown = states.toLocaleString('en');
    assert.match(stderr, new RegExp(`^${scenario} +proved +${shown} .* ${covers.length}/${covers.length}$`, 'm'));
    assert.match(page, new RegExp(`^\\| ${scenario} \\| proved \\| ${shown} \\|`, 'm'));
  }
  assert.match(page, /^Made by `npx hmm-lab prove mini-hmm device-fault-vs-munmap --workers 2 /m);
  assert.match(page, /^Proved 2 of 2 scenarios \(/m);
});

test('without reductions there are no fewer states, and none is named', () => {
  const [all, none] = ['all', 'none'].map((name) => reportOf(run(['prove', 'mini-hmm', '--reduction', name, '--json']).stdout));
  const [less, more] = [all?.scenarios[0], none?.scenarios[0]];
  assert.deepEqual([none?.config.reduction, more?.verdict, more?.interchangeable, more?.allOrders], ['none', 'proved', 0, true]);
  assert.ok((more?.states ?? 0) > (less?.states ?? 0));
});

test('what is wrong is said before anything is proved', async () => {
  const cases: readonly Refused[] = [
    [['mini-hmm', 'nowhere'], /unknown scenario 'nowhere'/],
    [['--driver', 'geforce'], /unknown driver 'geforce', allowed are/],
    [['exclusive-alone', '--driver', 'amdgpu-userptr'], /^hmm-lab: scenario exclusive-alone .*amdgpu-userptr/],
    [['mini-hmm', '--reduction', 'much'], /unknown reduction 'much', allowed are none, orders, all/],
    [['mini-hmm', '--seconds', '0'], /--seconds is '0', allowed is a number above 0/],
    [['mini-hmm', '--workers', '65'], /--workers is '65', allowed is a whole number from 1 to 64/],
    [['mini-hmm', '--markdown', 'no/where.md'], /'no\/where.md' cannot be written/],
  ];
  const all = await calls(
    cases.map(([args]) => ['prove', ...args]),
    directory,
  );
  for (const [i, [, ...says]] of cases.entries()) assertRefused(all[i] as Called, says);
  assert.ok(!existsSync(join(directory, 'no')));
});

const progress = {
  elapsedSeconds: 12.34,
  doing: 'two-evictions',
  done: 3,
  proved: 2,
  total: 9,
  executions: 5,
  states: 50_000,
  guesses: [60_000, 0],
  orders: 0,
} as const;

test('the line says how many are done, what is looked at and how large it may be; on a terminal rows stay above it', () => {
  const line = '12.3 s | 3 of 9 scenarios, 2 proved | two-evictions | 50k states of perhaps 60k or more';
  assert.equal(proveLine(progress), line);
  assert.equal(proveLine({ ...progress, doing: 'setting up', total: 0, states: 0 }), '12.3 s | setting up');
  const written: string[] = [];
  const live = startProveLive({ isTTY: true, columns: 20, write: (text) => written.push(text) }, () => 0, { NO_COLOR: '1' });
  live.update(progress);
  live.stop();
  assert.deepEqual(written, ['\r\x1b[K12.3 s | 3 of 9 sce', '\r\x1b[K']);
});
