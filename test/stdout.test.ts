/** With --json stdout holds one JSON object, whatever a scenario of the user's prints, and wherever it runs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../src/cli/main.js', import.meta.url));
const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-stdout-'));
after(() => rmSync(directory, { recursive: true, force: true }));

const scenario = join(directory, 'loud.mjs');
writeFileSync(
  scenario,
  `import { Point } from 'hmm-lab';
   const shout = (what) => { process.stdout.write(what + '\\n'); console.log(what); };
   shout('loaded');
   const call = function* () { shout('running'); yield Point.call; };
   export default { actors: () => ({ A: [call], B: [function* () { yield Point.call; }] }) };`,
);

for (const [flag, schema] of [
  ['--strategy=search', 'explore'],
  ['--audit', 'audit'],
] as const) {
  test(`explore ${flag}`, () => {
    const args = [main, 'explore', '--json', flag, scenario, '--schedules', '3', '--seconds', '20'];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 100_000 });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^\{[^\n]*\}\n$/);
    assert.equal(JSON.parse(stdout).schema, `hmm-lab/${schema}/1`);
    for (const said of ['loaded', 'running']) assert.ok(stderr.split('\n').filter((line) => line === said).length >= 2, said);
  });
}
