/** A shortened hunt: some bugs of each kind are found as the catalogue says, and nothing is reported that is none. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bugs, controls } from '../src/bugs/index.ts';
import { hunt } from '../src/engines/hunt/hunt.ts';
import { hunt as huntFor } from '../src/library/hunt.ts';

const some = ['R05', 'R38', 'G10', 'E15', 'E32b', 'F23'];

test('bugs are found by the rules and with the preemptions of the catalogue, controls are not reported', async () => {
  const chosen = bugs.filter(({ id }) => some.includes(id));
  assert.equal(chosen.length, some.length);
  const options = { seconds: 20, schedules: 2000, seeds: 1, workers: 2, clean: 400 };
  const scenarios = ['mini-hmm', 'device-fault-vs-munmap', 'device-write-vs-migration', 'exclusive-vs-cpu'];
  const lines: string[] = [];
  const result = await hunt({ bugs: chosen, controls, scenarios }, options, { onProgress: ({ line }) => lines.push(line) });
  for (const { id, found, expected, agrees, sampled } of result.rows) {
    assert.deepEqual({ id, found, expected, agrees }, { id, found: true, expected: true, agrees: true });
    assert.equal(sampled?.seeds, 1, id);
  }
  assert.deepEqual(result.falseAlarms, []);
  assert.deepEqual(result.vacuous, []);
  assert.deepEqual(
    [result.found, result.agreeing, result.controls, result.cleanSchedules],
    [some.length, some.length, controls.length, 400],
  );
  assert.equal(lines.length, 2 * some.length + controls.length + scenarios.length);
});

/** Bugs put back after a rule or a scenario was missing for them. */
const missed = bugs.filter(({ id }) => id.startsWith('M') || id.startsWith('R73') || ['G34', 'R80', 'X19'].includes(id));

test('what was missed once is found by the rule that was missing', async () => {
  assert.ok(missed.length >= 20);
  const options = { seconds: 30, schedules: 100_000, seeds: 0, workers: 2, clean: 0 };
  const result = await hunt({ bugs: missed, controls: [], scenarios: [] }, options);
  // Where an actor only spins and counts, the fewest preemptions are not known for certain; they are those of the catalogue all the same.
  for (const { id, found, expected, preemptions, catalogue } of result.rows) {
    assert.deepEqual({ id, found, expected, preemptions }, { id, found: true, expected: true, preemptions: catalogue });
  }
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
