/** Scenarios with another driver: one of the user's in those of the lab, any driver in those of the user's, and what does not fit. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { builtinDrivers } from '../../src/drivers/registry.ts';
import { playable, scenarioNamed, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { driverNamed } from '../../src/engines/explore/plan/driverNamed.ts';
import { importScenario } from '../../src/engines/explore/plan/importScenario.ts';
import { partsOf } from '../../src/engines/explore/plan/names.ts';
import { module, touch } from './driverModules.ts';

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
