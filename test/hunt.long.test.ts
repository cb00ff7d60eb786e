/** The hunt: each bug is found by a rule that it should break, with the preemptions of the catalogue; nothing is reported that is none. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { bugs, controls } from '../src/bugs/index.ts';
import { hunt } from '../src/engines/hunt/hunt.ts';
import { hunt as huntFor } from '../src/library/hunt.ts';

/** Scenarios of which docs/proofs.md says that a search of them ends: what is wrong there is found. */
const proved = new Set(
  [...readFileSync(new URL('../../../docs/proofs.md', import.meta.url), 'utf8').matchAll(/^\| (\S+) \| proved \|/gm)].map(
    ([, name]) => name,
  ),
);

test('every bug of a scenario that is proved without it is found, and no control is reported', async () => {
  const chosen = bugs.filter(({ scenario }) => proved.has(scenario));
  assert.ok(chosen.length > bugs.length / 2);
  const options = { seconds: 60, schedules: 20_000, seeds: 0, workers: 2, clean: 0 };
  const result = await hunt({ bugs: chosen, controls, scenarios: [] }, options);
  for (const { id, found, expected } of result.rows)
    assert.deepEqual({ id, found, expected }, { id, found: true, expected: true });
  assert.deepEqual([result.falseAlarms, result.controls], [[], controls.length]);
});

test('bugs are found by samples, too; scenarios reach what they are there for', async () => {
  const chosen = bugs.filter(({ id }) => ['R05', 'G10', 'E15'].includes(id));
  const options = { seconds: 20, schedules: 2000, seeds: 1, workers: 2, clean: 200 };
  const scenarios = ['mini-hmm', 'device-fault-vs-munmap', 'device-write-vs-migration'];
  const lines: string[] = [];
  const result = await hunt({ bugs: chosen, controls: [], scenarios }, options, { onProgress: ({ line }) => lines.push(line) });
  for (const { id, found, agrees, sampled } of result.rows)
    assert.deepEqual({ id, found, agrees, seeds: sampled?.seeds }, { id, found: true, agrees: true, seeds: 1 });
  assert.deepEqual([result.found, result.agreeing, result.falseAlarms, result.vacuous], [3, 3, [], []]);
  assert.ok(result.cleanSchedules >= 200);
  assert.equal(lines.length, 2 * chosen.length + scenarios.length);
});

test('livelocks in which something counts are found, although no state comes again', async () => {
  const counting = bugs.filter(({ id }) => id === 'R24');
  assert.equal(counting.length, 1);
  const options = { seconds: 60, schedules: 2000, seeds: 0, workers: 2, clean: 0 };
  const { rows } = await hunt({ bugs: counting, controls: [], scenarios: [] }, options);
  for (const { id, found, expected, message } of rows) {
    assert.deepEqual({ id, found, expected }, { id, found: true, expected: true });
    assert.match(message ?? '', /^counting livelock: /, id);
  }
});

test('a bug that breaks another rule than it should is not found', async () => {
  const [bug] = bugs.filter(({ id }) => id === 'R05');
  assert.ok(bug !== undefined);
  const options = { seconds: 20, schedules: 5000, seeds: 0, workers: 1, clean: 0 };
  const other = { ...bug, id: 'R05', oracles: ['I-LOCK'] };
  const { rows, found } = await hunt({ bugs: [other], controls: [], scenarios: [] }, options);
  assert.deepEqual([found, rows[0]?.found, rows[0]?.expected, rows[0]?.oracle], [0, false, false, bug.oracles[0]]);
});

test('a hunt that is stopped gives what there is', async () => {
  const options = { seconds: 20, schedules: 5000, seeds: 0, workers: 1, clean: 0 };
  const stop = new AbortController();
  const hooks = { onProgress: () => stop.abort(), signal: stop.signal };
  const result = await hunt({ bugs: bugs.slice(0, 5), controls: [], scenarios: [] }, options, hooks);
  assert.equal(result.interrupted, true);
  assert.equal(result.rows.length, 1);
});

test('a bug of what a kernel does not have is not found in it', async () => {
  const found = async (kernel?: string): Promise<boolean[]> => {
    const { rows } = await huntFor({ bugs: ['R74'], seconds: 2, schedules: 100, workers: 1, kernel });
    return rows.map((row) => row.found);
  };
  assert.deepEqual(await found(), [true]);
  assert.deepEqual(await found('6.1'), [false]);
  const message = "kernel is '5.4', the model has Linux 6.1 and 7.3";
  await assert.rejects(found('5.4'), { name: 'UsageError', message });
});
