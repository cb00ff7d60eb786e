/** The drivers that come with the lab, in a race: with the defaults every rule holds. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { builtinDrivers } from '../src/drivers/registry.ts';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const run = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', timeout: 100_000 });

for (const { name, memory = true } of builtinDrivers) {
  test(`${name}: every rule holds under stress`, () => {
    const { status, stdout, stderr } = run('stress', '--driver', name, '--seconds', '1', '--seed', '3', '--json');
    assert.ok(status === 0 || status === 3, stderr);
    const { violations, counters } = JSON.parse(stdout);
    assert.deepEqual(violations, []);
    assert.ok(counters.deviceFaults > 0);
    assert.equal(counters.migratedToDevice > 0, memory);
  });
}
