/** The race engine: a gang of threads over one arena, started together, watched, stopped, and added up. */

import { Mutex } from 'async-mutex';
import * as Comlink from 'comlink';
import { Piscina } from 'piscina';
import { buffersOf } from '../../arena/arena.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { quote } from '../../input/unknownName.ts';
import { UsageError } from '../../input/usageError.ts';
import { activeBug } from '../../package/activeBug.ts';
import { workerUrl } from '../../package/workerUrl.ts';
import { mixedScenario } from '../../scenarios/mixed.ts';
import { importDriver } from '../../userModules/importDriver.ts';
import { sleep } from '../shared/sleep.ts';
import { spawnThread } from '../shared/thread.ts';
import { checkRace } from './check.ts';
import { endRace, verifyRace } from './ending.ts';
import { Race, roster } from './gang.ts';
import type { ActorJob, ActorReport } from './job.ts';
import type { Observer, Sample } from './observer.ts';
import { raceResult } from './result.ts';
import type { RaceHooks, RaceOptions, RaceResult } from './types.ts';
import { actorLog } from './watchdog.ts';

const SAMPLE_MS = 100;

/** Two races in one process would disturb each other's timing: one at a time. */
const admission = new Mutex();

/** A race runs on the model of its own tree: naming a bug puts none into it. @throws UsageError when the bug is not there. */
function checkBug(bug: string | undefined): void {
  if (bug === undefined || bug === activeBug) return;
  const here = activeBug === null ? 'the model as it is' : `the model with bug ${activeBug}`;
  throw new UsageError(`bug is ${quote(String(bug))}, but this is ${here}: hmm-lab stress --bug ${bug} puts it in`);
}

async function raceOnce(options: RaceOptions, hooks: RaceHooks): Promise<RaceResult> {
  checkRace(options);
  checkBug(options.bug);
  const driver = await importDriver(options.driver);
  const team = roster(options, driver);
  const scenario = mixedScenario({ ...options, actors: team.length, driver });
  const current = new Race(options, hooks, team, scenario, registerDriver(driver));
  const pool = new Piscina<ActorJob, ActorReport>({
    filename: workerUrl('actor').href,
    minThreads: team.length,
    // A gang smaller than its barrier would wait for ever: exactly one thread an actor.
    maxThreads: team.length,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
  });
  // Ended, not closed: a thread that hangs in a driver of the user's would otherwise hold the process for half a minute.
  await using _ = { [Symbol.asyncDispose]: () => pool.destroy() };
  pool.on('error', () => {});
  await using observer = spawnThread<Observer>(workerUrl('observer'));
  const interrupt = (): void => {
    current.interrupted = true;
    current.stop();
  };
  hooks.signal?.addEventListener('abort', interrupt, { once: true });
  if (hooks.signal?.aborted) interrupt();
  const all = current.start(pool);
  while (!current.started && !current.ended) await sleep(2);
  const began = performance.now();
  const cpu = process.cpuUsage();
  const push = Comlink.proxy(({ at, counters }: Sample) => {
    hooks.onProgress?.({ elapsedSeconds: Math.max(0, (at - began) / 1000), counters, checks: current.checks });
  });
  await observer.call((o) => o.attach(buffersOf(scenario.arena)));
  await observer.call((o) => o.start(SAMPLE_MS, push));
  await current.supervise(pool);
  const seconds = (performance.now() - began) / 1000;
  const used = process.cpuUsage(cpu);
  await endRace(current, all);
  await observer.call((o) => o.stop());
  verifyRace(current);
  hooks.signal?.removeEventListener('abort', interrupt);
  return raceResult({
    options,
    counters: current.totals.read(),
    names: current.names,
    vitals: current.vitals,
    reports: current.reports,
    violations: current.violations,
    log: current.violations.length === 0 ? [] : team.map((_, id) => actorLog(scenario.arena, current.names, id)),
    seconds,
    coresUsed: (used.user + used.system) / 1e6 / seconds,
    wanting: current.wanting,
    shaken: current.shaken,
    interrupted: current.interrupted,
  });
}

/**
 * Runs one race. Races of one process are run one after another.
 *
 * @throws UsageError with one sentence when an option or the driver is impossible; nothing has started then.
 */
export function race(options: RaceOptions, hooks: RaceHooks = {}): Promise<RaceResult> {
  return admission.runExclusive(() => raceOnce(options, hooks));
}
