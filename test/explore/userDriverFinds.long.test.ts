/** What is found with a driver of the user's, in scenarios of the lab and in those of the user's, and seen again by its token. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { readToken } from '../../src/engines/explore/failure/token.ts';
import { scenarioSources } from '../../src/engines/explore/plan/moduleSources.ts';
import { runSchedule } from '../../src/engines/explore/threads/oneThread.ts';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';
import { module, touch } from './driverModules.ts';

const options = {
  strategy: 'search',
  seconds: 60,
  schedules: 1e9,
  preemptions: 1,
  seed: 1,
};
const explored = (scenario: string, driver: string | undefined, settings: Record<string, string> = {}) =>
  exploreParallel(scenario, { ...options, settings, ...(driver === undefined ? {} : { driver }) }, 1);

test("a built-in scenario takes a driver of the user's, and its token leads to the failure again", async () => {
  const clean = await explored('device-fault-vs-munmap', touch);
  assert.deepEqual([clean.scenario, clean.failure], [`device-fault-vs-munmap@${touch}`, null]);
  const { failure, scenario } = await explored('device-fault-vs-munmap', touch, { retryCheck: 'none' });
  assert.equal(failure?.oracle, 'I-STALE');
  const said = readToken(failure?.token ?? '', scenarioSources(scenario));
  const again = await runSchedule(said.scenario, { settings: said.settings }, said.schedule);
  assert.equal(again.failure?.message, failure?.message);
  // Another text, another driver.
  const before = scenarioSources(scenario);
  const text = readFileSync(touch, 'utf8');
  writeFileSync(touch, `${text}\n// Changed.\n`);
  assert.notEqual(scenarioSources(scenario), before);
  writeFileSync(touch, text);
});

test("a user's scenario takes a driver of the lab, and one of the user's", async () => {
  const text = `import * as s from 'hmm-lab/scenario';
    export default { machine: { pages: 1 }, setup: (m) => s.fillPage(m, 0, 1),
      actors: (m) => ({ D: [s.deviceReads(m, 0)], A: [s.unmaps(m, 0)] }) };`;
  const mine = module('mine.mjs', text);
  assert.equal((await explored(mine, 'dmirror')).scenario, mine);
  for (const driver of ['nouveau', touch]) {
    const { scenario, failure } = await explored(mine, driver, { retryCheck: 'none' });
    assert.deepEqual([scenario, failure?.oracle], [`${mine}@${driver}`, 'I-STALE']);
    const said = readToken(failure?.token ?? '', scenarioSources(scenario));
    assert.equal((await runSchedule(said.scenario, { settings: said.settings }, said.schedule)).failure?.oracle, 'I-STALE');
  }
  await assert.rejects(explored(mine, 'nowhere'), /has no driver of its own, and there is none of the lab called 'nowhere'$/);
  const own = module(
    'own.mjs',
    text.replace('pages: 1', 'pages: 1, driver').replace('import', "import driver from './touch.mjs'; import"),
  );
  assert.equal((await explored(own, 'touch-mirror', { retryCheck: 'none' })).failure?.oracle, 'I-STALE');
  await assert.rejects(explored(own, 'nouveau'), /is written for touch-mirror, not for 'nouveau'$/);
});
