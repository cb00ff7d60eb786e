/** Calls of the package's entry answer what the commands print with `--json`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { audit, conformance, explore, hunt, measure, passedPoints, prove, scenarios, search } from '../src/index.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const recordings = fileURLToPath(new URL('../../../recordings/', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-library-'));
after(() => rmSync(directory, { recursive: true, force: true }));

/** What a command prints with `--json`. */
function json(...args: string[]): Record<string, unknown> {
  const { stdout, stderr } = spawnSync(process.execPath, [main, ...args, '--json'], { encoding: 'utf8', cwd: directory });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout);
}

const times = ['seconds', 'searchSeconds', 'schedulesPerSecond', 'elapsedSeconds', 'bytes'];

/** A result as JSON has it, without what the clock decides. */
const timeless = (result: unknown): unknown =>
  JSON.parse(JSON.stringify(result, (key, value) => (times.includes(key) ? undefined : value)));

const raceful = 'device-fault-vs-munmap';

/** A call, and the command that does the same. */
const same: readonly (readonly [string, () => Promise<unknown>, readonly string[]])[] = [
  ['search', () => search({ scenario: 'mini-hmm', seconds: 100 }), ['explore', 'mini-hmm', '--strategy=search', '--seconds=100']],
  [
    'explore, by samples',
    () => explore({ scenario: raceful, strategy: 'pct2', schedules: 50, seed: 7, seconds: 100, workers: 2 }),
    ['explore', raceful, '--strategy=pct2', '--schedules=50', '--seed=7', '--seconds=100', '--workers=2'],
  ],
  [
    'explore, one schedule',
    () => explore({ scenario: raceful, driver: 'dmirror:retryCheck=none', schedule: 'D@lock#4 A@done' }),
    ['explore', raceful, '--driver=dmirror:retryCheck=none', '--schedule=D@lock#4 A@done'],
  ],
  ['passedPoints', () => passedPoints({ scenario: raceful }), ['explore', raceful, '--points']],
  ['scenarios', () => scenarios(), ['scenarios']],
  [
    'audit',
    () => audit({ scenario: raceful, schedules: 20, seed: 3, seconds: 100 }),
    ['explore', raceful, '--audit', '--schedules=20', '--seed=3', '--seconds=100'],
  ],
  [
    'prove',
    () => prove({ scenarios: ['mini-hmm', `${raceful}@nouveau`], seconds: 100, workers: 2 }),
    ['prove', 'mini-hmm', `${raceful}@nouveau`, '--seconds=100', '--workers=2'],
  ],
  ['hunt', () => hunt({ bugs: ['R05'], seconds: 100, workers: 1 }), ['hunt', '--bug=R05', '--seconds=100', '--workers=1']],
  [
    'measure',
    () => measure({ axes: { invalidations: [1000, '100k'], policy: 'backoff' }, faults: 5, repetitions: 2, seed: 4 }),
    ['measure', '--invalidations=1000,100k', '--policy=backoff', '--faults=5', '--repetitions=2', '--seed=4', '--out=same'],
  ],
  [
    'conformance',
    () => conformance({ files: [join(recordings, 'coherent.jsonl.gz')] }),
    ['conformance', join(recordings, 'coherent.jsonl.gz')],
  ],
];

for (const [name, call, args] of same) {
  test(`${name} answers what the command prints with --json`, async () => {
    const answer = await call();
    assert.deepEqual(timeless(answer), timeless(json(...args)));
  });
}
