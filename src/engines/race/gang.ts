/** One race under way: its threads, their ends, and what was found. */

import type { Piscina } from 'piscina';
import type { Role } from '../../actors/roles.ts';
import { load, store } from '../../arena/access.ts';
import { buffersOf } from '../../arena/arena.ts';
import { Actor, ActorState, Header } from '../../arena/structures.ts';
import type { Driver } from '../../drivers/base/driver.ts';
import type { Finding } from '../../oracles/finding.ts';
import type { MixedScenario } from '../../scenarios/mixed.ts';
import { points } from '../../steps/points.ts';
import { STOP_ABORT } from '../../sync/wait.ts';
import { sleep } from '../shared/sleep.ts';
import { CounterTotals } from './counterTotals.ts';
import { overlapGauge } from './evidence.ts';
import { type ActorJob, type ActorReport, actorName } from './job.ts';
import { makeShaking, shake, shakingFacts } from './shaking.ts';
import type { RaceHooks, RaceOptions, RaceViolation, Shaken } from './types.ts';
import { makeVitals, Vitals } from './vitals.ts';
import { actorViolation, describeActor, Watchdog } from './watchdog.ts';

const TICK_MS = 20;
/** When it is first asked whether the actors run at the same time; sooner in a short race. */
const FIRST_LOOK_SECONDS = 0.5;
const PAUSE_LIMIT_MS = 1500;

interface Member {
  readonly role: Role;
  readonly index: number;
}

/** The actors in the order of their numbers. A driver that leaves work to others gets a worker. */
export function roster({ cpus, devices, migrators, disturbers }: RaceOptions, { work = [] }: Driver): Member[] {
  const some = (role: Role, count: number): Member[] => Array.from({ length: count }, (_, index) => ({ role, index }));
  return [
    ...some('cpu', cpus),
    ...some('device', devices),
    ...some('migrator', migrators),
    ...some('disturber', disturbers),
    ...some('worker', work.length > 0 ? 1 : 0),
  ];
}

export const checkerViolation = ({ rule, message }: Finding): RaceViolation => ({
  rule,
  message,
  actor: 'checker',
  operation: 'quiescent check',
  points: [],
  held: [],
});

export class Race {
  readonly options: RaceOptions;
  readonly hooks: RaceHooks;
  readonly team: readonly Member[];
  readonly names: readonly string[];
  readonly scenario: MixedScenario;
  readonly driverId: number;
  readonly violations: RaceViolation[] = [];
  readonly reports: ActorReport[] = [];
  /** Actors whose thread has not answered yet. */
  readonly running = new Set<number>();
  readonly vitals: readonly Vitals[];
  readonly totals: CounterTotals;
  readonly watchdog: Watchdog;
  readonly #vitals: SharedArrayBuffer;
  readonly #shaking = makeShaking();
  /** Since when the actors are shaken, and why; null while they are not. */
  shaken: Shaken | null = null;
  interrupted = false;
  checks = 0;

  constructor(options: RaceOptions, hooks: RaceHooks, team: readonly Member[], scenario: MixedScenario, driverId: number) {
    this.options = options;
    this.hooks = hooks;
    this.team = team;
    this.names = team.map(({ role, index }) => actorName(role, index));
    this.scenario = scenario;
    this.driverId = driverId;
    this.#vitals = makeVitals(team.length);
    this.vitals = team.map((_, id) => new Vitals(this.#vitals, id));
    this.totals = new CounterTotals(scenario.arena);
    this.watchdog = new Watchdog(scenario.arena, this.names, options.watchdogSeconds);
  }

  get arena() {
    return this.scenario.arena;
  }

  job(id: number): ActorJob {
    const { options, scenario } = this;
    const member = this.team[id] as Member;
    return {
      ...member,
      id,
      parties: this.team.length,
      buffers: buffersOf(scenario.arena),
      ledger: scenario.ledger.buffer,
      places: scenario.places,
      driver: options.driver,
      driverId: this.driverId,
      seed: options.seed,
      rate: options.rate,
      delays: options.delays.map(({ point, probability, microseconds }) => ({
        point: points.findIndex(({ name }) => name === point),
        probability,
        milliseconds: microseconds / 1000,
      })),
      lockChecks: options.lockChecks,
      mirrorChecks: options.mirrorChecks,
      vitals: this.#vitals,
      shaking: this.#shaking,
    };
  }

  /** Starts every actor; the promise settles when all have ended, in whatever way. */
  start(pool: Piscina<ActorJob, ActorReport>): Promise<void> {
    const runs = this.team.map(async (_, id) => {
      this.running.add(id);
      try {
        const report = await pool.run(this.job(id));
        this.reports.push(report);
        if (report.violation !== null) this.violations.push(report.violation);
      } catch (error) {
        this.#died(id, error);
      } finally {
        this.running.delete(id);
      }
    });
    return Promise.all(runs).then(() => {});
  }

  #died(id: number, error: unknown): void {
    const { arena } = this;
    const actor = arena.actors + id * Actor.shape.size;
    const stopped = load(arena, Header.stop) === STOP_ABORT;
    if (!stopped) {
      const why = error instanceof Error ? error.message : String(error);
      const message = `the worker of ${describeActor(arena, this.names, id)} when it died (${why})`;
      this.violations.push(actorViolation(arena, this.names, id, 'I-DEAD', message));
    }
    store(arena, actor + Actor.state, ActorState.failed);
  }

  stop(value = 1): void {
    const { words } = this.arena;
    Atomics.store(words, Header.stop, value);
    Atomics.store(words, Header.pauseRequest, 0);
    Atomics.notify(words, Header.stop);
    Atomics.notify(words, Header.pauseRequest);
  }

  /** Lets every actor come to rest, checks everything, and lets them go on. False when somebody did not come to rest. */
  async quiesce(): Promise<boolean> {
    const { words } = this.arena;
    Atomics.store(words, Header.pauseRequest, 1);
    const until = performance.now() + PAUSE_LIMIT_MS;
    // In a stop, or when somebody is stuck, there is nothing to check: the watchdog has the word.
    while (Atomics.load(words, Header.parked) < this.running.size && performance.now() < until && !this.ended) await sleep(1);
    const atRest = Atomics.load(words, Header.parked) === this.running.size && !this.ended;
    if (atRest) {
      this.checks++;
      this.violations.push(...this.scenario.check().map(checkerViolation));
    }
    Atomics.store(words, Header.pauseRequest, 0);
    Atomics.notify(words, Header.pauseRequest);
    return atRest;
  }

  /** Actors that want a core all the time. */
  get wanting(): number {
    const { cpus, devices, migrators, disturbers, rate } = this.options;
    return cpus + devices + migrators + (rate === 0 ? disturbers : 0);
  }

  get ended(): boolean {
    return this.violations.length > 0 || this.interrupted || this.running.size === 0 || load(this.arena, Header.stop) !== 0;
  }

  /** Watches over the race until its time is up or something ends it. */
  async supervise(pool: Piscina<ActorJob, ActorReport>): Promise<void> {
    const { options, watchdog } = this;
    const began = performance.now();
    const cpu = process.cpuUsage();
    watchdog.reset();
    let nextCheck = began + options.checkEverySeconds * 1000;
    let toKill = options.kill === undefined ? -1 : this.names.indexOf(options.kill.actor);
    for (let now = began; now - began < options.seconds * 1000 && !this.ended; now = performance.now()) {
      await sleep(Math.min(TICK_MS, Math.max(1, options.seconds * 1000 - (now - began))));
      if (toKill !== -1 && now - began >= (options.kill?.afterSeconds ?? 0) * 1000) {
        await this.#kill(pool, toKill);
        toKill = -1;
      }
      if (options.checkEverySeconds > 0 && now >= nextCheck && !this.ended) {
        if (await this.quiesce()) watchdog.reset();
        nextCheck = performance.now() + options.checkEverySeconds * 1000;
      }
      const stuck = watchdog.check();
      if (stuck !== null) this.violations.push(stuck);
      this.totals.read();
      this.#perhapsShake((performance.now() - began) / 1000, process.cpuUsage(cpu));
    }
  }

  /** Turns the random delays on where the actors have hardly met so far. */
  #perhapsShake(seconds: number, { user, system }: NodeJS.CpuUsage): void {
    if (!this.options.shake || this.shaken !== null || seconds < Math.min(FIRST_LOOK_SECONDS, this.options.seconds / 4)) return;
    const { valid, gauge, coresUsed } = overlapGauge(this.vitals, seconds, (user + system) / 1e6 / seconds, this.wanting);
    if (valid) return;
    this.shaken = { sinceSeconds: seconds, gauge, coresUsed, ...shakingFacts };
    shake(this.#shaking);
    this.hooks.onShaken?.(this.shaken);
  }

  async #kill(pool: Piscina<ActorJob, ActorReport>, id: number): Promise<void> {
    const thread = this.arena.words[this.arena.actors + id * Actor.shape.size + Actor.thread];
    await pool.threads.find(({ threadId }) => threadId === thread)?.terminate();
  }

  /** Has the barrier opened? Before that nobody has done anything. */
  get started(): boolean {
    return load(this.arena, Header.gate) === -1;
  }
}
