import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explore, replay } from '../../src/engines/explore/explore.ts';
import { makeToken, modelHash, readToken } from '../../src/engines/explore/failure/token.ts';
import { Executor } from '../../src/engines/explore/machine/execution.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { conclude } from '../../src/engines/explore/search/conclude.ts';

const settings = { retryCheck: 'none' };
const options = { strategy: 'portfolio', seconds: 60, schedules: 1e9, preemptions: Number.POSITIVE_INFINITY, seed: 1, settings };

test('a token shows the same failure again', () => {
  const name = 'device-fault-vs-munmap';
  const { failure } = explore(scenarioNamed(name, settings), options);
  assert.ok(failure !== null);
  const { scenario, settings: recorded, schedule } = readToken(failure.token);
  assert.deepEqual([scenario, recorded], [name, settings]);
  const again = replay(scenarioNamed(scenario, recorded), recorded, schedule, false).failure;
  assert.deepEqual(again, { ...failure, minimal: true });
});

test('a thousand replays make the same steps', () => {
  const { failure } = explore(scenarioNamed('mini-hmm-early'), options);
  const { schedule } = readToken(failure?.token ?? '');
  const executor = new Executor(scenarioNamed('mini-hmm-early'), null);
  const logs = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    executor.reset();
    const log = schedule.map((actor) => {
      assert.equal(executor.step(actor), null);
      return `${actor}@${executor.at[actor]}`;
    });
    logs.add(`${log.join(' ')} ${conclude(executor)?.message}`);
  }
  assert.equal(logs.size, 1);
});

test('a token that is cut off, is none, or is of another model is refused with a sentence', () => {
  const token = makeToken('mini-hmm', {}, [0, 0, 1]);
  const said = { scenario: 'mini-hmm', settings: {}, runs: [0, 2, 1, 1], model: modelHash(), bug: null };
  assert.deepEqual(readToken(token), { ...said, schedule: [0, 0, 1] });
  for (const bad of ['', 'x', 'hmm1', 'hmm1.abc', token.slice(0, -6), `${token}.x`, token.replace('hmm1', 'hmm2')]) {
    assert.throws(() => readToken(bad), { name: 'UsageError', message: /cut off or not a token/ }, bad);
  }
  assert.throws(() => readToken(token.replace(modelHash(), '00000000')), /made by another model \(00000000, this one is/);
  // A few digits that ask for more memory than there is: not before it is known whose token it is, and not then either.
  const [prefix = '', hash = ''] = token.split('.');
  const runs = Array.from({ length: 100 }, (_, i) => (i % 2 === 0 ? 0 : 18_000_000));
  const huge = Buffer.from(JSON.stringify(['mini-hmm', {}, runs])).toString('base64url');
  assert.throws(() => readToken(`${prefix}.00000000.${huge}`), /made by another model/);
  assert.throws(() => readToken(`${prefix}.${hash}.${huge}`), {
    name: 'UsageError',
    message: 'the schedule of the token has 900000000 steps, allowed are at most 2000000',
  });
});

test('unknown scenarios and strategies are refused', () => {
  assert.throws(() => scenarioNamed('mini-hm'), /unknown scenario 'mini-hm', allowed are mini-hmm, /);
  assert.throws(() => scenarioNamed('mini-hmm-99x1'), /1 to 8 faulters/);
  assert.throws(
    () => explore(scenarioNamed('mini-hmm'), { ...options, strategy: 'luck' }),
    /unknown strategy 'luck', allowed are portfolio, search, random/,
  );
});
