/** The drivers that come with the lab, simulated: with the defaults every rule holds, and without the collision check it does not. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { hasRetryLoop } from '../src/drivers/base/driver.ts';
import { builtinDrivers } from '../src/drivers/registry.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-drivers-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const run = (...args: string[]) =>
  spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 100_000, cwd: directory });

/** The load of a cell in which everything collides with everything. */
const load = '--pages 64 --range 16 --devices 2 --faulters 4 --threads 4 --accesses 100k --invalidations 200k --span 4'.split(
  ' ',
);

for (const { name } of builtinDrivers.filter(hasRetryLoop)) {
  test(`${name}: every rule holds under every event of a simulation`, () => {
    const { status, stdout, stderr } = run(
      'measure',
      ...load,
      '--faults',
      '100',
      '--repetitions',
      '1',
      '--driver',
      name,
      '--event',
      'all',
      '--out',
      name,
      '--json',
    );
    assert.equal(status, 0, stderr);
    for (const row of JSON.parse(stdout).rows) {
      assert.equal(row.verdict, 'ok');
      assert.ok(
        row.n > 0 && row.failed === (row.axes.event === 'munmap' ? row.failed : 0),
        `${row.axes.event}: ${row.failed} failed`,
      );
    }
  });

  test(`${name}: without the collision check the device keeps stale entries`, () => {
    const spec = `${name}:retryCheck=none`;
    const { status, stdout } = run(
      'measure',
      ...load,
      '--faults',
      '150',
      '--repetitions',
      '2',
      '--driver',
      spec,
      '--out',
      `${name}-none`,
      '--json',
    );
    assert.equal(status, 1);
    assert.match(JSON.parse(stdout).rows[0].why, /^I-STALE/);
  });
}
