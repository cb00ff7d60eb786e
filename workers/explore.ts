/** Entry of an exploring thread (piscina): one job of an exploration after another, on a machine that is kept. */

import '../src/engines/shared/stdoutToStderr.ts';
import type { DriverSettings } from '../src/drivers/base/options.ts';
import type { JudgedAudit } from '../src/engines/explore/audit/judgedAudit.ts';
import { Budget, type BudgetHooks } from '../src/engines/explore/failure/budget.ts';
import type { Executor } from '../src/engines/explore/machine/execution.ts';
import { executorOf } from '../src/engines/explore/machine/executorOf.ts';
import { Pulse, SETTING_UP, usePulse } from '../src/engines/explore/machine/pulse.ts';
import { Control } from '../src/engines/explore/plan/control.ts';
import { importScenario } from '../src/engines/explore/plan/importScenario.ts';
import { runAgain, runBySerials, runJob, runRound, runShare } from '../src/engines/explore/plan/jobs.ts';
import type { List } from '../src/engines/explore/plan/list.ts';
import type { Measured } from '../src/engines/explore/plan/proof.ts';
import type { Answers, AnyScenario, Misfit, Order, Started } from '../src/engines/explore/threads/work.ts';
import { memoryMeter } from '../src/engines/shared/memory.ts';
import { answerOf } from '../src/engines/shared/refusal.ts';
import { isUsageError } from '../src/input/usageError.ts';
import type { Scenario } from '../src/scenarios/kit/scenario.ts';

const otherDuties = () => import('../src/engines/explore/threads/otherDuties.ts');

let scenario: Scenario;
let kept: Executor;

/** Loads the scenario and sets it up, once in the life of a thread. */
async function start({ scenario: name, settings, driver, threads }: Order, control: Control, pulse: Pulse): Promise<Started> {
  control.start(threads);
  pulse.begin(SETTING_UP, new Uint8Array(0), 0);
  scenario = await importScenario(name, settings, driver);
  kept = executorOf(scenario);
  return startedOf(kept);
}

const startedOf = ({ scenario: { name, sources = '' }, prepared: { actors, arena }, coverage }: Executor): Started => ({
  scenario: name,
  sources,
  actors: actors.map((actor) => actor.name),
  devices: arena.config.devices,
  covers: coverage.names,
});

/** The scenarios for a driver; it is loaded and opened for that. */
async function list(driver: string | undefined, settings: DriverSettings, like: string | undefined, pulse: Pulse): Promise<List> {
  pulse.begin(SETTING_UP, new Uint8Array(0), 0);
  const { listScenarios } = await import('../src/engines/explore/plan/list.ts');
  return listScenarios(driver, settings, like);
}

/** The machine of the last scenario of which that is asked: what comes next is often about the same one. */
let last: { readonly what: string; readonly executor: Executor } | null = null;

/** Any scenario. */
async function executorFor({ scenario: name, settings: own, driver }: AnyScenario, pulse: Pulse): Promise<Executor> {
  const what = JSON.stringify([name, own, driver]);
  if (last?.what === what) return last.executor;
  last = null;
  pulse.begin(SETTING_UP, new Uint8Array(0), 0);
  const executor = executorOf(await importScenario(name, own, driver));
  last = { what, executor };
  return executor;
}

async function measured(asked: Answers['measured']['work'], control: Control, lane: number, pulse: Pulse): Promise<Measured> {
  // What is weighed is weighed with its machine.
  if (asked.isWeighed) last = null;
  const memory = asked.isWeighed ? memoryMeter() : () => 0;
  const executor = await executorFor(asked, pulse);
  const began = performance.now();
  const result = runJob(executor, asked.job, control, asked.index, lane);
  return { result, ms: performance.now() - began, bytes: memory() };
}

async function open(asked: AnyScenario, pulse: Pulse): Promise<Started | Misfit> {
  try {
    return startedOf(await executorFor(asked, pulse));
  } catch (error) {
    if (isUsageError(error)) return { misfit: error.message };
    throw error;
  }
}

async function report(
  { scenario: name, settings, driver }: Order,
  { found, options, seconds }: Answers['report']['work'],
  hooks: BudgetHooks,
) {
  const { counterpartOf, reportFound } = await otherDuties();
  const budget = new Budget(seconds, hooks);
  const clean = options.explain === true ? await counterpartOf(name, settings, driver) : null;
  return reportFound(kept, options, found, budget, clean);
}

async function auditKept({ executions, seed, seconds }: Answers['audit']['work'], control: Control): Promise<JudgedAudit> {
  const { judgedAudit } = await otherDuties();
  const end = performance.now() + seconds * 1000;
  const enough = (): boolean => control.isStopped || performance.now() >= end;
  return judgedAudit(scenario, { executions, seed, enough });
}

async function pointsOf({ text }: Answers['points']['work']) {
  const { followNamed, passedPoints } = await otherDuties();
  return passedPoints(kept, text === undefined ? undefined : followNamed(kept, text));
}

async function stops({ schedule }: Answers['stops']['work']) {
  const { followNamed, stopsOf } = await otherDuties();
  return stopsOf(kept, typeof schedule === 'string' ? followNamed(kept, schedule) : schedule);
}

async function way({ text, actor }: Answers['way']['work']) {
  const { followNamed, wayOf } = await otherDuties();
  return wayOf(kept, text === '' ? [] : followNamed(kept, text), actor);
}

async function follow({ text }: Answers['follow']['work'], settings: DriverSettings, hooks: BudgetHooks) {
  const { followNamed, replay } = await otherDuties();
  return replay(scenario, settings, followNamed(kept, text), true, hooks);
}

async function work(order: Order, control: Control, pulse: Pulse): Promise<unknown> {
  const { work: asked, lane, settings, driver } = order;
  const hooks = { isStopped: () => control.isStopped };
  switch (asked.kind) {
    case 'start':
      throw new Error('a thread is started once');
    case 'ready':
      return null;
    case 'list':
      return list(driver, settings, asked.like, pulse);
    case 'open':
      return open(asked, pulse);
    case 'any':
      return runJob(await executorFor(asked, pulse), asked.job, control, asked.index, lane);
    case 'measured':
      return measured(asked, control, lane, pulse);
    case 'job':
      return runJob(kept, asked.job, control, asked.index, lane);
    case 'share':
      return runShare(kept, asked.job, asked.share, control, asked.index, (saved) => asked.port?.postMessage(saved));
    case 'round':
      return runRound(kept, asked.job, asked.learnt, control, asked.index, lane);
    case 'bySerials':
      return runBySerials(kept, asked.job, control, asked.index, lane);
    case 'again':
      return runAgain(kept, asked.job, asked.first, control, asked.index, lane);
    case 'report':
      return report(order, asked, hooks);
    case 'reportStuck':
      return (await otherDuties()).reportStuck(kept, settings, asked.found);
    case 'replay':
      return (await otherDuties()).replay(scenario, settings, asked.schedule, true, hooks);
    case 'points':
      return pointsOf(asked);
    case 'stops':
      return stops(asked);
    case 'way':
      return way(asked);
    case 'audit':
      return auditKept(asked, control);
    case 'follow':
      return follow(asked, settings, hooks);
  }
}

export default async function explore(order: Order) {
  const control = new Control(order.control);
  const pulse = new Pulse(order.pulse);
  usePulse(pulse);
  try {
    return await answerOf<unknown>(() =>
      order.work.kind === 'start' ? start(order, control, pulse) : work(order, control, pulse),
    );
  } finally {
    pulse.end();
  }
}
