import assert from 'node:assert/strict';
import { test } from 'node:test';
import { reproducedText, reproduceRace } from '../src/cli/reproduce.ts';
import type { RaceResult } from '../src/engines/race/types.ts';

const violation = { rule: 'I-STALE', message: 'm', actor: 'cpu0', operation: 'cpuRead', points: [], held: [] };
const log = [
  { actor: 'cpu0', operation: 'cpuRead', points: ['lock', 'setPte'], held: [] },
  { actor: 'device0', operation: 'between operations', points: [], held: [] },
];
const result = { violations: [violation], log, config: { driver: 'dmirror' } } as unknown as RaceResult;

test('none found is said, with what every actor was at', () => {
  const explored = [{ scenario: 'a', schedules: 1, bound: 2, rule: null }];
  const text = reproducedText({ seconds: 1, interrupted: false, explored, found: null }, result);
  assert.match(text, /^\nNo trace found: 1 scenario in 1\.0 s, within 2 preemptions each, and no rule was broken\. /);
  assert.match(text, /^ {2}cpu0, in cpuRead: lock > setPte\n {2}device0, in between operations: nothing yet\n$/m);
  assert.match(reproducedText({ seconds: 1, interrupted: true, explored, found: null }, result), /^\nStopped\. No trace found/);
});

test('nothing is looked for without a violation, without time, and for a dead thread', async () => {
  assert.equal(await reproduceRace({ ...result, violations: [] }, 10), null);
  assert.equal(await reproduceRace(result, 0), null);
  assert.equal(
    await reproduceRace({ ...result, violations: [{ ...violation, message: 'the worker of cpu0 when it died' }] }, 10),
    null,
  );
});
