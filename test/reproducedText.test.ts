import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RaceResult } from '../src/engines/race/types.ts';
import { reproduceRace } from '../src/library/reproduceRace.ts';
import { reproducedText } from '../src/report/reproducedText.ts';

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
  const limits = { bug: undefined, trace: 10 };
  assert.equal(await reproduceRace({ ...result, violations: [] }, limits, {}), null);
  assert.equal(await reproduceRace(result, { ...limits, trace: 0 }, {}), null);
  const dead = { ...violation, message: 'the worker of cpu0 when it died' };
  assert.equal(await reproduceRace({ ...result, violations: [dead] }, limits, {}), null);
});
