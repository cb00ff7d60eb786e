/** A racing thread: waits at the barrier, then does one operation after another until it is told to stop. */
import { operationId, operationsOf } from '../../actors/roles.ts';
import { type Operation, pickOperation, type World } from '../../actors/world.ts';
import { add, get, load, set, store } from '../../arena/access.ts';
import { attachArena } from '../../arena/arena.ts';
import { Counter } from '../../arena/counters.ts';
import { deref } from '../../arena/pool.ts';
import { Actor, ActorState, Header } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { registerDriver } from '../../drivers/registry.ts';
import { abandonAccesses } from '../../mm/table/tlb.ts';
import { Ledger } from '../../oracles/ledger.ts';
import { checkInstalled } from '../../oracles/mirror.ts';
import { checkAnswered } from '../../oracles/rangeFault.ts';
import { scratchOf } from '../../scenarios/mixed.ts';
import { setPause } from '../../steps/pause.ts';
import { run } from '../../steps/steps.ts';
import { heldLocks } from '../../sync/lockdep.ts';
import { sleepThread } from '../../sync/sleep.ts';
import { count, foreignEvents, Task } from '../../sync/task.ts';
import { Aborted, parkThread } from '../../sync/wait.ts';
import { importDriver } from '../../userModules/importDriver.ts';
import { nextArrival, type RandomStream, randomStream } from '../../workload/random.ts';
import { Histogram } from '../shared/histogram.ts';
import { arrive, sleepUntil } from './barrier.ts';
import { advance } from './counterTotals.ts';
import { FaultStreak } from './faultStreak.ts';
import { type ActorJob, type ActorReport, actorName } from './job.ts';
import { passedPoints, recentPoints } from './pauseHook.ts';
import type { RaceViolation } from './types.ts';
import { Vitals } from './vitals.ts';

const NS = 1e6;

/** Stands still for a quiescent check, if one was asked for. */
function rest(task: Task): void {
  const { arena } = task;
  if (load(arena, Header.pauseRequest) === 0) return;
  store(arena, task.actor + Actor.state, ActorState.parked);
  add(arena, Header.parked, 1);
  while (load(arena, Header.pauseRequest) !== 0 && load(arena, Header.stop) === 0)
    Atomics.wait(arena.words, Header.pauseRequest, 1, 50);
  add(arena, Header.parked, -1);
  store(arena, task.actor + Actor.state, ActorState.running);
}

class Recorder {
  readonly latency = new Map<string, Histogram>();
  readonly attempts = new Histogram();
  readonly timeToStable = new Histogram();
  readonly vitals: Vitals;
  #events = 0;

  constructor(vitals: Vitals) {
    this.vitals = vitals;
  }

  /** `events` is the word that counts the actor's own. */
  record(name: string, intended: number, began: number, ended: number, events: number, disturbed: boolean): void {
    const histogram = this.latency.get(name) ?? new Histogram();
    this.latency.set(name, histogram);
    histogram.record((ended - intended) * NS);
    this.vitals.operated((ended - began) * NS, advance(this.#events, events), disturbed);
    this.#events = events;
  }
}

/** One operation, recorded; afterwards the actor must hold nothing. */
function operate(world: World, operations: readonly Operation[], recorder: Recorder, intended: number): void {
  const { task } = world;
  const { arena, actor } = task;
  const operation = pickOperation(operations, world.random);
  set(arena, actor + Actor.operation, operationId(operation.name));
  const before = foreignEvents(task);
  const began = performance.now();
  run(operation.run(world));
  const ended = performance.now();
  const own = get(arena, actor + Actor.ownEvents);
  recorder.record(operation.name, Math.min(intended, began), began, ended, own, foreignEvents(task) !== before);
  if (get(arena, actor + Actor.heldMask) !== 0) {
    throw new Violation('I-LOCK', `${operation.name} ends while it holds ${heldLocks(arena, actor).join(', ')}`);
  }
  // When somebody has stopped the race meanwhile, this is the operation that was under way.
  if (load(arena, Header.stop) === 0) set(arena, actor + Actor.operation, 0);
  set(arena, actor + Actor.progress, get(arena, actor + Actor.progress) + 1);
  count(task, Counter.operations);
}

function loop(world: World, job: ActorJob, recorder: Recorder, arrivals: RandomStream): void {
  const { task } = world;
  const { arena } = task;
  const operations = operationsOf(job.role, arena);
  const paced = job.rate > 0 && job.role === 'disturber';
  let due = performance.now();
  while (load(arena, Header.stop) === 0) {
    rest(task);
    if (paced && !sleepUntil(arena, due)) continue;
    operate(world, operations, recorder, paced ? due : Number.POSITIVE_INFINITY);
    if (paced) due += nextArrival(arrivals, job.rate);
  }
}

function violationOf(error: unknown, task: Task, job: ActorJob, operation: string): RaceViolation {
  const { arena, actor } = task;
  const broken = error instanceof Violation;
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  return {
    rule: broken ? error.rule : 'I-CRASH',
    message: error instanceof Error ? (broken ? error.detail : error.message) : String(error),
    actor: actorName(job.role, job.index),
    operation,
    points: recentPoints(arena.words, actor),
    held: heldLocks(arena, actor),
    ...stack,
  };
}

/** Runs an actor to its end. A violation comes back as data and stops everybody. */
export async function raceActor(job: ActorJob, operationNameOf: (id: number) => string): Promise<ActorReport> {
  const arena = attachArena(job.buffers);
  const driver = await importDriver(job.driver);
  registerDriver(driver, job.driverId);
  const recorder = new Recorder(new Vitals(job.vitals, job.id));
  const choices = randomStream(job.seed, 3 * job.id);
  const delays = randomStream(job.seed, 3 * job.id + 1);
  const streak = new FaultStreak(arena, job.parties);
  const watch = {
    installed: job.mirrorChecks ? checkInstalled : () => {},
    answered: checkAnswered,
    refaulted: (acting: Task, what: string, vpn: number, faults: number) => streak.refaulted(acting, what, vpn, faults),
    postponed: () => streak.postponed(),
    faultStable: (_: Task, attempts: number, elapsedMs: number) => {
      recorder.attempts.record(attempts);
      recorder.timeToStable.record(elapsedMs * NS);
    },
  };
  const task = new Task(arena, job.id, {
    park: parkThread,
    sleep: sleepThread,
    random: choices.below,
    checks: job.lockChecks,
    watch,
  });
  const { places } = job;
  const world: World = {
    task,
    index: job.index,
    mm: deref(arena, arena.pools.mm, places.mm),
    driver,
    mirrors: places.mirrors.map((handle) => deref(arena, arena.pools.mirror, handle)),
    ledger: new Ledger(places.pages, job.parties, job.ledger),
    base: places.base,
    pages: places.pages,
    stable: places.stable,
    scratch: scratchOf(places, job.index),
    random: choices.below,
  };
  const trace = passedPoints(task, job.delays, delays.unit, new Int32Array(job.shaking));
  let violation: RaceViolation | null = null;
  let aborted = false;
  arrive(arena, job.parties);
  setPause(trace.hook);
  try {
    loop(world, job, recorder, randomStream(job.seed, 3 * job.id + 2));
  } catch (error) {
    aborted = error instanceof Aborted;
    if (!aborted) {
      violation = violationOf(error, task, job, operationNameOf(get(arena, task.actor + Actor.operation)));
      // The first violation ends the race; what others see afterwards may be its consequence.
      store(arena, Header.stop, 1);
      Atomics.notify(arena.words, Header.stop);
    }
  } finally {
    setPause(null);
    abandonAccesses(arena, task.actor);
    store(arena, task.actor + Actor.state, violation !== null || aborted ? ActorState.failed : ActorState.done);
  }
  return {
    id: job.id,
    violation,
    aborted,
    latency: Object.fromEntries([...recorder.latency].map(([name, histogram]) => [name, histogram.data()])),
    attempts: recorder.attempts.data(),
    timeToStable: recorder.timeToStable.data(),
    hits: [...trace.hits],
  };
}
