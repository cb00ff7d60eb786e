/** The drivers in `examples/` in a race: no rule is broken, and the device faults through them. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const root = fileURLToPath(new URL('../../../', import.meta.url));

for (const name of ['kvm', 'rdma', 'uvm']) {
  test(`stress --driver ./examples/${name}.mjs`, () => {
    const args = ['stress', '--seconds', '1', '--json', '--driver', `./examples/${name}.mjs`];
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { cwd: root, encoding: 'utf8' });
    // 3: too little was seen on a busy machine.
    assert.ok(status === 0 || status === 3, stderr);
    const { violations, counters } = JSON.parse(stdout);
    assert.deepEqual(violations, []);
    assert.ok(counters.deviceFaults > 0 && counters.rangeFaultPasses > 0);
  });
}
