/** Scenarios of the user's: what may be wrong with a module, and steps that do not end. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { explore } from '../../src/engines/explore/explore.ts';
import { readToken } from '../../src/engines/explore/failure/token.ts';
import { importScenario } from '../../src/engines/explore/plan/importScenario.ts';
import { scenarioSources } from '../../src/engines/explore/plan/moduleSources.ts';
import { runSchedule } from '../../src/engines/explore/threads/oneThread.ts';
import { exploreParallel } from '../../src/engines/explore/threads/parallel.ts';

const directory = mkdtempSync(join(tmpdir(), 'hmm-lab-user-'));
after(() => rmSync(directory, { recursive: true, force: true }));

let files = 0;
/** The path of a module with this text. */
function module(text: string): string {
  const file = join(directory, `s${files++}.mjs`);
  writeFileSync(file, text);
  return file;
}

const options = {
  strategy: 'portfolio',
  seconds: 60,
  schedules: 200_000,
  preemptions: Number.POSITIVE_INFINITY,
  seed: 1,
  settings: {},
};

const importing = "import { Point } from 'hmm-lab'; import * as s from 'hmm-lab/scenario';\n";
const zap = `${importing}export default {
  machine: { pages: 1 },
  setup: (m) => s.fillPage(m, 0, 1),
  actors: (m) => ({ D: [s.deviceMustWrite(m, 0, 2)], A: [s.discards(m, 0)] }),
  check: s.valueIn(0, 2),
};`;
/** A scenario whose second actor does this. */
const doing = (operation: string): string =>
  `${importing}export default { actors: (m) => ({ D: [s.cpuReads(m, 0)], A: [${operation}] }) };`;

test('a module does what the same scenario of the catalogue does', async () => {
  const [mine, built] = [module(zap), 'device-fault-vs-dontneed'];
  for (const settings of [{}, { retryCheck: 'none' }]) {
    const [one, other] = await Promise.all(
      [mine, built].map(async (name) =>
        explore(await importScenario(name, settings), { ...options, settings, reduction: 'none' }),
      ),
    );
    assert.deepEqual(
      [one?.verdict, one?.states, one?.failure?.oracle, one?.failure?.schedule],
      [other?.verdict, other?.states, other?.failure?.oracle, other?.failure?.schedule],
    );
    assert.notEqual(one?.verdict, 'sampled');
  }
});

test('the same for any number of threads; the token finds its module, and knows when it has changed', async () => {
  const name = module(zap);
  const settings = { retryCheck: 'none' };
  const results = await Promise.all([1, 2].map((workers) => exploreParallel(name, { ...options, settings }, workers)));
  const [one, two] = results.map(({ verdict, schedules, failure }) => ({ verdict, schedules, failure }));
  assert.deepEqual(one, two);
  const token = one?.failure?.token ?? '';
  const said = readToken(token, scenarioSources(name));
  assert.equal(said.scenario, name);
  const again = await runSchedule(said.scenario, said, said.schedule);
  assert.deepEqual([again.failure?.message, again.failure?.schedule], [one?.failure?.message, one?.failure?.schedule]);
  const byPoints = await runSchedule(name, { settings }, one?.failure?.schedule ?? '');
  assert.equal(byPoints.failure?.oracle, 'I-STALE');
  writeFileSync(name, `${zap}\n// edited`);
  const edited = scenarioSources(name);
  assert.throws(() => readToken(token, edited), /another model, or .*\.mjs was another/);
  rmSync(name);
  assert.throws(() => scenarioSources(name), { name: 'UsageError', message: /and there is no such file here$/ });
});

for (const [what, text, message] of [
  ['a syntax error', 'export default {', /does not load: .*Unexpected token/],
  ['a throw', "throw new Error('no luck\\ntoday')", /does not load: no luck$/],
  [
    'one huge page',
    'export default { actors: () => ({}), machine: { hugePages: 1 } }',
    /machine.hugePages is 1, which is the huge zero page/,
  ],
  [
    'half coherent',
    'export default { actors: () => ({}), machine: { coherent: 1 } }',
    /machine.coherent is 1, allowed are true and false$/,
  ],
  [
    'many pages',
    'export default { actors: () => ({}), machine: { pages: 512 } }',
    /machine.pages is 512, allowed is a whole number from 1 to 64$/,
  ],
  [
    'too many',
    'export default { actors: () => ({}), machine: { pages: 1025, hugePages: 2 } }',
    /pages is 1025, allowed is a whole number from 1 to 1024$/,
  ],
  ['a number', 'export default 7', /is no scenario: its default export is neither an object nor a function that returns one$/],
  ['nothing', '', /its default export is neither/],
  ['no actors', 'export default {}', /it has no function actors$/],
  ['a function that throws', 'export default () => { throw new Error("oh"); }', /makes no scenario: oh$/],
  ['an odd check', 'export default { actors: () => ({}), check: 1 }', /its check is not a function$/],
  [
    'an odd machine',
    'export default { machine: { page: 1 }, actors: () => ({}) }',
    /its machine has 'page', allowed are pages, /,
  ],
  [
    'too many pages',
    'export default { machine: { pages: 1e9 }, actors: () => ({}) }',
    /machine.pages is 1000000000, allowed is .* 1 to 64/,
  ],
  [
    'no driver',
    'export default { machine: { driver: {} }, actors: () => ({}) }',
    /its machine.driver is no driver: it has no name/,
  ],
  [
    'no whole step limit',
    'export default { stepLimit: 0.5, actors: () => ({}) }',
    /its stepLimit is 0.5, allowed is a whole number from 1 to/,
  ],
  ['no actor at all', 'export default { actors: () => ({}) }', /cannot be set up: it has no actors$/],
  ['no list', 'export default { actors: () => ({ A: 1 }) }', /cannot be set up: the operations of A are no list of functions$/],
  ['an odd name', 'export default { actors: () => ({ "a b": [() => 1] }) }', /cannot be set up: an actor is called 'a b'/],
  [
    'a set-up that throws',
    'export default { setup() { nowhere(); }, actors: () => ({ A: [function* () {}] }) }',
    /set up: nowhere is not defined$/,
  ],
] as const) {
  test(`refused in a sentence: ${what}`, async () => {
    const refused = importScenario(module(text), {}).then((scenario) => scenario.prepare());
    await assert.rejects(refused, ({ name, message: said }: Error) => {
      assert.equal(name, 'UsageError');
      assert.match(said, /^scenario module '.*' /);
      assert.match(said, message);
      return true;
    });
  });
}

test('an unknown option, and a file that is not there', async () => {
  const scenario = await importScenario(module(zap), { colour: 'red' });
  assert.throws(() => scenario.prepare(), /cannot be set up: driver dmirror has no option 'colour'/);
  await assert.rejects(importScenario('./nowhere.mjs', {}), { name: 'UsageError', message: /'.\/nowhere.mjs' does not exist/ });
});

for (const [what, operation, message] of [
  ['no generator', '() => 1', /operation 1 of A is not a generator function, and returns none/],
  ['no point', 'function* () { yield -7; }', /operation 1 of A yields -7, which is no point/],
  ['a throw', 'function* () { yield Point.call; throw new Error("oh"); }', /^oh$/],
] as const) {
  test(`a verdict that names the actor: ${what}`, async () => {
    const { failure } = explore(await importScenario(module(doing(operation)), {}), options);
    assert.deepEqual([failure?.oracle, failure?.actor], ['I-CRASH', 'A']);
    assert.match(failure?.message ?? '', message);
  });
}

test('a random number is seen', async () => {
  const lucky = doing('function* () { yield Point.call; if (Math.random() < 0.5) yield Point.setPte; }');
  assert.equal(explore(await importScenario(module(lucky), {}), options).failure?.oracle, 'I-DETERM');
});

test('a step that does not end: livelock, with the actor and the way there', { timeout: 100_000 }, async () => {
  const name = module(doing('function* () { yield Point.setPte; for (;;); }'));
  const { verdict, failure } = await exploreParallel(name, options, 2);
  assert.equal(verdict, 'violation');
  assert.deepEqual([failure?.oracle, failure?.noProgress, failure?.actor], ['I-PROG', 'livelock', 'A']);
  assert.match(failure?.message ?? '', /A has come to no other point for 5 s/);
  assert.match(failure?.schedule ?? '', /A@done$/);
  const { settings, schedule } = readToken(failure?.token ?? '', scenarioSources(name));
  const again = await runSchedule(name, { settings }, schedule);
  assert.deepEqual([again.failure?.oracle, again.failure?.actor], ['I-PROG', 'A']);
});

test('a check that does not end, and a module that does not', { timeout: 100_000 }, async () => {
  const endless = `${importing}export default { actors: (m) => ({ A: [s.cpuReads(m, 0)] }), check() { for (;;); } };`;
  const { failure } = await exploreParallel(module(endless), options, 1);
  assert.deepEqual([failure?.oracle, failure?.actor], ['I-PROG', 'check at the end']);
  const hangs = ['for (;;);', 'await new Promise(() => {});'].map((text) =>
    assert.rejects(exploreParallel(module(text), options, 1), { name: 'UsageError', message: /not ready after 10 s/ }),
  );
  await Promise.all(hangs);
  await assert.rejects(exploreParallel(module('process.exit(3)'), options, 1), /brought its thread down: .*3$/);
});
