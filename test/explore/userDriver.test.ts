/** Scenarios with another driver: one of the user's in those of the lab, any driver in those of the user's, and what does not fit. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { builtinDrivers } from '../../src/drivers/registry.ts';
import { readToken } from '../../src/engines/explore/failure/token.ts';
import { playable, scenarioNamed, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { driverNamed, importScenario, scenarioSources } from '../../src/engines/explore/plan/importScenario.ts';
import { partsOf } from '../../src/engines/explore/plan/names.ts';
import { exploreParallel, runSchedule } from '../../src/engines/explore/threads/parallel.ts';

const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-driver@-'));
after(() => rmSync(directory, { recursive: true, force: true }));

function module(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

/** The driver that docs/drivers.md shows: a device without memory of its own, with a switch for a defect. */
const page = readFileSync(new URL('../../../../docs/drivers.md', import.meta.url), 'utf8');
const touch = module('touch.mjs', /```js\n(\/\/ touch-mirror[\s\S]*?)```/.exec(page)?.[1] ?? '');

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
  const said = readToken(failure?.token ?? '', await scenarioSources(scenario));
  const again = await runSchedule(said.scenario, { settings: said.settings }, said.schedule);
  assert.equal(again.failure?.message, failure?.message);
  // Another text, another driver.
  const before = await scenarioSources(scenario);
  const text = readFileSync(touch, 'utf8');
  writeFileSync(touch, `${text}\n// Changed.\n`);
  assert.notEqual(await scenarioSources(scenario), before);
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
    const said = readToken(failure?.token ?? '', await scenarioSources(scenario));
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

test('what does not fit says why in a sentence', async () => {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    ['worker-vs-second-munmap', 'nouveau', /^scenario worker-vs-second-munmap is written for kfd-svm, not for 'nouveau'$/],
    ['exclusive-alone', 'amdgpu-userptr', /is about atomics, and a device of 'amdgpu-userptr' has none$/],
    ['mini-hmm', 'nouveau', /^scenario mini-hmm has no driver to replace$/],
    ['device-tlb-vs-dontneed', touch, /needs a driver with the option engine=tlb, and '.*touch.mjs' has none$/],
    ['nowhere', 'nouveau', /^unknown scenario 'nowhere', allowed are /],
    ['device-fault-vs-munmap', 'nowhere', /^unknown driver 'nowhere', allowed are dmirror, /],
    ['device-fault-vs-munmap', './nowhere.mjs', /^driver module '.\/nowhere.mjs' does not exist$/],
    ['device-fault-vs-munmap@kfd-svm', 'nouveau', /is one with kfd-svm, not with 'nouveau'$/],
    [
      'device-fault-vs-munmap',
      module('number.mjs', 'export default 7;'),
      /is not a driver: its default export is not an object$/,
    ],
  ];
  for (const [scenario, driver, sentence] of cases)
    await assert.rejects(
      importScenario(scenario, {}, driver),
      ({ message }: Error) => sentence.test(message),
      `${scenario} ${driver}`,
    );
  assert.throws(() => scenarioNamed('device-fault-vs-munmap@nowhere'), /unknown driver 'nowhere'/);
});

test('long scenarios have another driver, too', () => {
  assert.equal(scenarioNamed('huge-fault-vs-discard@nouveau').prepare().driver, 'nouveau');
  assert.throws(() => scenarioNamed('huge-nothing@nouveau'), /^UsageError: unknown scenario 'huge-nothing'/);
});

test('every scenario fits a driver or says why not, once', async () => {
  const all = scenarios().length;
  for (const driver of [...builtinDrivers, (await driverNamed(touch)).driver]) {
    const { scenarios: fitting, misfits } = playable(driver);
    assert.equal(fitting.length + misfits.length, all, driver.name);
    for (const sentence of misfits) assert.match(sentence, /^scenario \S+ (is written for|is about|needs|has no driver)/);
  }
});

test('names fall into their parts, also where an @ is part of a path', () => {
  const parts = (name: string) => {
    const { base, driver, left } = partsOf(name);
    return [base, driver, ...left];
  };
  assert.deepEqual(parts('a'), ['a', undefined]);
  assert.deepEqual(parts('a@nouveau~D0,A1'), ['a', 'nouveau', 'D0', 'A1']);
  assert.deepEqual(parts('a@./b.mjs'), ['a', './b.mjs']);
  assert.deepEqual(parts('a@nowhere'), ['a', 'nowhere']);
  // This very directory has an @ in its name.
  assert.deepEqual(parts(touch), [touch, undefined]);
  assert.deepEqual(parts(`a@${touch}`), ['a', touch]);
  assert.deepEqual(parts(`${touch}@nouveau`), [touch, 'nouveau']);
  assert.deepEqual(parts(`${touch}@${touch}`), [touch, touch]);
});
