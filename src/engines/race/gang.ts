/** One race under way: its threads, their ends, and what was found. */
import type { Piscina } from 'piscina';
import type { Role } from '../../actors/roles.ts';
import { load, store } from '../../arena/access.ts';
import { buffersOf } from '../../arena/arena.ts';
import { Actor, ActorState, Header } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import type { Driver } from '../../drivers/driver.ts';
import type { Finding } from '../../oracles/finding.ts';
import type { MixedScenario } from '../../scenarios/mixed.ts';
import { points } from '../../steps/points.ts';
import { STOP_ABORT } from '../../sync/wait.ts';
import { type ActorJob, type ActorReport, actorName } from './job.ts';
import type { RaceHooks, RaceOptions, RaceViolation } from './types.ts';
import { actorViolation, describeActor, Watchdog } from './watchdog.ts';

const TICK_MS = 20;
/** Time an actor has to come to the end of its operation before it is told to give up, and then before it is killed. */
const STOP_GRACE_MS = 700;
const START_GRACE_MS = 10_000;
const ABORT_GRACE_MS = 500;
const PAUSE_LIMIT_MS = 1500;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for `all`, at most so long; leaves no timer behind that would keep the process. */
async function within(all: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([all, late]);
  clearTimeout(timer);
}

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

const checkerViolation = ({ rule, message }: Finding): RaceViolation => ({
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
  interrupted = false;
  checks = 0;

  constructor(options: RaceOptions, hooks: RaceHooks, team: readonly Member[], scenario: MixedScenario, driverId: number) {
    this.options = options;
    this.hooks = hooks;
    this.team = team;
    this.names = team.map(({ role, index }) => actorName(role, index));
    this.scenario = scenario;
    this.driverId = driverId;
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

  get ended(): boolean {
    return this.violations.length > 0 || this.interrupted || this.running.size === 0 || load(this.arena, Header.stop) !== 0;
  }

  /** Watches over the race until its time is up or something ends it. */
  async supervise(pool: Piscina<ActorJob, ActorReport>): Promise<void> {
    const { options } = this;
    const watchdog = new Watchdog(this.arena, this.names, options.watchdogSeconds);
    const began = performance.now();
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
    }
  }

  async #kill(pool: Piscina<ActorJob, ActorReport>, id: number): Promise<void> {
    const thread = this.arena.words[this.arena.actors + id * Actor.shape.size + Actor.thread];
    await pool.threads.find(({ threadId }) => threadId === thread)?.terminate();
  }

  /** Has the barrier opened? Before that nobody has done anything. */
  get started(): boolean {
    return load(this.arena, Header.gate) === -1;
  }

  /** Brings every actor to an end: first politely, then out of its waits; what is left dies with the pool. */
  async end(all: Promise<void>): Promise<void> {
    this.stop();
    // Threads that are still loading see the stop at the barrier. They are waited for: ending a thread in the middle of its
    // start can bring the whole process down.
    await within(all, this.started ? STOP_GRACE_MS : START_GRACE_MS);
    if (!this.started) return;
    if (this.running.size === 0) return;
    this.stop(STOP_ABORT);
    await within(all, ABORT_GRACE_MS);
  }

  /** The last checks. After a violation or an abort locks may be held and counts may be off: nothing to learn then. */
  verify(): void {
    if (!this.started) return;
    const clean = this.violations.length === 0 && this.running.size === 0 && this.reports.every(({ aborted }) => !aborted);
    if (!clean) {
      if (this.violations.length === 0) {
        const stuck = [...this.running, ...this.reports.filter(({ aborted }) => aborted).map(({ id }) => id)];
        const message = `did not stop: ${stuck.map((id) => describeActor(this.arena, this.names, id)).join('; ')}`;
        this.violations.push(actorViolation(this.arena, this.names, stuck[0] ?? 0, 'I-DEAD', message));
      }
      return;
    }
    this.violations.push(...this.scenario.check().map(checkerViolation));
    if (this.violations.length > 0) return;
    try {
      this.violations.push(...this.scenario.finish().map(checkerViolation));
    } catch (error) {
      // Tear-down runs the driver's close in this thread.
      const message = error instanceof Error ? error.message : String(error);
      this.violations.push({
        ...checkerViolation({ rule: error instanceof Violation ? error.rule : 'I-CRASH', message }),
        operation: 'tear-down',
      });
    }
  }
}
