import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 60_000 });

test('explore proves, finds and replays', () => {
  const proved = run('explore', 'mini-hmm', '--json');
  assert.equal(proved.status, 0, proved.stderr);
  const result = JSON.parse(proved.stdout);
  assert.equal(result.verdict, 'proved');
  assert.ok(result.states > 1000 && result.schedules > 0 && result.schedulesPerSecond > 0);
  assert.equal(result.failure, null);

  const found = run('explore', 'device-fault-vs-munmap', '--driver', 'dmirror:retryCheck=none', '--json');
  assert.equal(found.status, 1, found.stderr);
  const { failure } = JSON.parse(found.stdout);
  assert.equal(failure.oracle, 'I-STALE');
  assert.match(found.stderr, /^VIOLATION: device-fault-vs-munmap: rule I-STALE is broken: .*\n/);
  assert.match(found.stderr, /step +D +A +afterwards/);

  const again = run('replay', failure.token, '--json');
  assert.equal(again.status, 1, again.stderr);
  const replayed = JSON.parse(again.stdout).failure;
  assert.deepEqual([replayed.oracle, replayed.steps, replayed.schedule], [failure.oracle, failure.steps, failure.schedule]);
});

test('scenarios are listed', () => {
  const { stdout, status } = run('scenarios', '--json');
  assert.equal(status, 0);
  const names = JSON.parse(stdout).scenarios.map(({ name }: { name: string }) => name);
  assert.ok(names.includes('mini-hmm') && names.includes('migration-vs-dontneed'));
});

for (const [args, message] of [
  [['explore'], /needs the name of a scenario/],
  [['explore', 'nowhere'], /unknown scenario 'nowhere', allowed are mini-hmm/],
  [['explore', 'mini-hmm', '--strategy', 'luck'], /unknown strategy 'luck'/],
  [['explore', 'mini-hmm', '--seconds', '0'], /--seconds is '0'/],
  [['explore', 'mini-hmm', '--driver', 'nouveau'], /written for dmirror/],
  [['replay'], /needs a token/],
  [['replay', 'hmm1.abc'], /cut off or not a token/],
] as const) {
  test(`bad input: ${args.join(' ')}`, () => {
    const { status, stdout, stderr } = run(...args);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, message);
    assert.equal(stderr.trim().split('\n').length, 1);
  });
}
