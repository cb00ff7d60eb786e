import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** dist of the package: this file runs from dist/erased/test. */
const dist = fileURLToPath(new URL('../..', import.meta.url));

for (const [program, says] of [
  ['erased/bench/main.js', 'one page to the device and back'],
  ['stepped/bench/explore.js', 'mini-hmm-4x3 proved by symmetry'],
  ['stepped/bench/typed.js', 'two CPUs at a page of the device'],
  ['flat/bench/simulate.js', '16 devices and 64 CPU threads on 64 CPUs'],
] as const) {
  test(`${program} runs to its end and prints its table`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(dist, program), '--once'], {
      encoding: 'utf8',
      timeout: 240_000,
    });
    assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
    assert.match(stdout, new RegExp(`^${says} .*\\d`, 'm'));
  });
}
