/** Failures are made smaller, and explained truly. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { executorOf, explore } from '../../src/engines/explore/explore.ts';
import { Budget } from '../../src/engines/explore/failure/budget.ts';
import { explain } from '../../src/engines/explore/failure/explain.ts';
import { minimise } from '../../src/engines/explore/failure/minimise.ts';
import { scenarioNamed } from '../../src/engines/explore/plan/catalogue.ts';
import { Portfolio } from '../../src/engines/explore/sampling/portfolio.ts';
import { preemptionsOf, runOnce } from '../../src/engines/explore/sampling/run.ts';
import { chromeTrace } from '../../src/report/chromeTrace.ts';
import { cpuReads, deviceFaults, deviceReads, unmaps } from '../../src/scenarios/kit/operations.ts';
import { type Plan, scenarioOf } from '../../src/scenarios/kit/plan.ts';
import { fillPage } from '../../src/scenarios/kit/smallMachine.ts';

const settings = { retryCheck: 'none' };
const scenario = () => scenarioNamed('device-fault-vs-munmap', settings);
const asked = { seconds: 20, schedules: 100_000, preemptions: Number.POSITIVE_INFINITY, seed: 3, settings, explain: true };

/** A failure with as many preemptions as a random walk happens to need. */
function roughFailure() {
  const executor = executorOf(scenario());
  const portfolio = new Portfolio(11);
  const runnable = new Uint8Array(executor.count);
  for (let i = 0; i < 20_000; i++) {
    portfolio.newExecution(executor.count, executor);
    const failure = runOnce(executor, portfolio, runnable, portfolio);
    const schedule = [...executor.schedule.subarray(0, executor.steps)];
    if (failure !== null && preemptionsOf(executor, schedule) > 2) return { executor, failure, schedule };
  }
  throw new Error('no failure with more than two preemptions in 20,000 schedules');
}

test('a rough failure is brought down to the fewest preemptions, and no more steps', () => {
  const { executor, failure, schedule } = roughFailure();
  const small = minimise(executorOf, executor, { failure, schedule, minimal: false }, new Budget(20));
  assert.equal(small.minimal, true);
  assert.equal(small.failure.rule, failure.rule);
  assert.equal(preemptionsOf(executor, small.schedule), 1);
});

test('operations that the failure does not need are left out, and with them their actors', () => {
  const plan: Plan = {
    name: 'crowd',
    title: 'the same with two who do not matter',
    windows: 'E1',
    setup: (m) => fillPage(m, 0, 1),
    actors: (m) => ({
      D: [deviceReads(m, 1), deviceFaults(m, 0, 1, true)],
      A: [unmaps(m, 0), cpuReads(m, 1)],
      B: [cpuReads(m, 1)],
    }),
  };
  const whole = scenarioOf(plan, settings);
  const { failure } = explore(whole, { ...asked, strategy: 'portfolio' });
  assert.ok(failure);
  assert.deepEqual([...new Set(failure.stretches.map(({ actor }) => actor))].sort(), ['A', 'D']);
  assert.equal(failure.preemptions, 1);
  const left = Buffer.from(failure.token.split('.')[2] ?? '', 'base64url').toString();
  assert.match(left, /"crowd~/);
  for (const operation of ['B0', 'A1', 'D0']) assert.match(left, new RegExp(`[~,]${operation}`));
});

test('a scenario without an operation it does not have is refused', () => {
  assert.throws(() => scenarioNamed('device-fault-vs-munmap~X7').prepare(), /cannot be run without operation 'X7'/);
  assert.throws(() => scenarioNamed('mini-hmm~F00').prepare(), /cannot be run without/);
});

test('the pair of steps that decides: in this order it fails, in the other it passes', () => {
  const { failure } = explore(scenario(), { ...asked, strategy: 'portfolio' });
  const critical = failure?.explanation?.critical;
  assert.ok(failure && critical);
  assert.notEqual(critical.first.actor, critical.second.actor);
  assert.ok((critical.first.step ?? 0) < (critical.second.step ?? 0));
  for (const { source } of [critical.first, critical.second]) assert.match(source ?? '', /^src\/\S+:\d+/);
});

test('the point of no return: before it some continuations pass, after it nearly all fail', () => {
  const { failure } = explore(scenario(), { ...asked, strategy: 'portfolio' });
  const { chances, noReturn } = failure?.explanation ?? assert.fail('not explained');
  assert.ok(noReturn !== null && noReturn > 0 && noReturn <= (failure?.steps ?? 0));
  assert.ok((chances[0]?.fails ?? 1) < 0.9);
  assert.equal(chances.at(-1)?.fails, 1);
});

test('without a preemption there is no pair', () => {
  const executor = executorOf(scenarioNamed('device-fault-vs-dontneed', { setSeq: 'off' }));
  const result = explore(executor.scenario, { ...asked, settings: { setSeq: 'off' }, strategy: 'search' });
  const found = result.failure ?? assert.fail('not found');
  assert.equal(found.preemptions > 0, found.explanation?.critical !== null);
  const none = { rule: 'I-NONE', message: '', actor: -1 };
  const passing = explain(executorOf(scenarioNamed('mini-hmm', {})), [0], none, new Budget(20));
  assert.deepEqual([passing.critical, passing.noReturn], [null, null]);
});

test('the Chrome trace has a row for each actor and the steps of all stretches', () => {
  const { failure } = explore(scenario(), { ...asked, strategy: 'portfolio' });
  assert.ok(failure);
  const { traceEvents } = JSON.parse(chromeTrace(failure, 'x')) as { traceEvents: { ph: string; dur?: number; name: string }[] };
  const steps = traceEvents.filter(({ ph }) => ph === 'X').reduce((sum, { dur = 0 }) => sum + dur, 0);
  assert.equal(steps, failure.steps);
  assert.equal(traceEvents.filter(({ name }) => name === 'thread_name').length, 2);
  assert.equal(traceEvents.filter(({ name }) => name.startsWith('decides')).length, 2);
});
