/**
 * The model under a virtual clock. Actors are generators, as for the explorer; what decides who goes next is time. An actor
 * that has reached a point goes on when the cost of the point is over. It holds a CPU while it runs, gives it up while it
 * waits or sleeps, and loses time to the shoot-downs of others. Everything follows from the seed of the programs.
 */
import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import type { Program } from '../../load/program.ts';
import type { RandomStream } from '../../load/random.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { heldLocks } from '../../sync/lockdep.ts';
import { Task, type Watch } from '../../sync/task.ts';
import { onWake, parkStep } from '../../sync/wait.ts';
import type { Costs } from './costs.ts';
import { Cpus } from './cpus.ts';
import { EventQueue } from './eventQueue.ts';

export interface SimulatedActor {
  readonly name: string;
  readonly program: Program;
  /** Device hardware runs beside the CPUs. */
  readonly hardware?: boolean;
  /** From the moment an operation is due to an idle actor until it begins, in nanoseconds: the interrupt that calls it. */
  readonly startNs?: number;
}

export interface SimulatorOptions {
  readonly cpus: number;
  readonly costs: Costs;
  /** Random numbers for the model itself. */
  readonly random?: (bound: number) => number;
  /**
   * A sleeper needs half to one and a half of `wakeUp`. Without, always the same: then one whose cost fits the loop of a lock's
   * holder can find the lock taken for ever.
   */
  readonly noise?: RandomStream;
  /** Lock checks; with them off, a thread that holds a spin lock may lose its CPU. Default on. */
  readonly checks?: boolean;
  readonly watch?: (actor: number) => Watch | null;
}

/** A broken rule. */
export interface SimulatedFailure {
  readonly rule: string;
  readonly message: string;
  readonly actor: string;
}

/** Why a run ended: the time is up, the step limit is reached, nobody has anything left to do, or a rule is broken. */
export type Ending = 'time' | 'steps' | 'idle' | 'failure';

const IDLE = 0;
const SLEEPING = 1;
const QUEUED = 2;
const RUNNING = 3;
const PARKED = 4;
const DONE = 5;

export class Simulator {
  /** Virtual time, in nanoseconds. */
  now = 0;
  steps = 0;
  failure: SimulatedFailure | null = null;
  readonly tasks: readonly Task[];
  /** Virtual time each actor spent running. */
  readonly busyNs: Float64Array;
  readonly #arena: Arena;
  readonly #actors: readonly SimulatedActor[];
  readonly #costs: Costs;
  readonly #checks: boolean;
  readonly #noise: RandomStream | null;
  readonly #events: EventQueue;
  readonly #cpus: Cpus;
  readonly #state: Uint8Array;
  readonly #generators: (Steps<void> | null)[];
  /** Operation due, where an actor is idle. */
  readonly #due: Float64Array;
  /** What is left to pay for the point an actor stands at, once it has a CPU. */
  readonly #owed: Float64Array;
  readonly #sliceEnd: Float64Array;
  /** Time taken by interrupts since the last step. */
  readonly #stolen: Float64Array;
  readonly #parkedAt: Float64Array;
  readonly #sleepMs: Float64Array;
  /** Parked actors, longest first. */
  readonly #parked: number[] = [];
  #stopping = false;
  /** The actor whose step is under way. */
  #current = -1;

  constructor(arena: Arena, actors: readonly SimulatedActor[], options: SimulatorOptions) {
    const count = actors.length;
    this.#arena = arena;
    this.#actors = actors;
    this.#costs = options.costs;
    this.#checks = options.checks ?? true;
    this.#noise = options.noise ?? null;
    this.#events = new EventQueue(count);
    this.#cpus = new Cpus(options.cpus, count);
    this.#state = new Uint8Array(count);
    this.#generators = actors.map(() => null);
    this.#due = new Float64Array(count);
    this.#owed = new Float64Array(count);
    this.#sliceEnd = new Float64Array(count);
    this.#stolen = new Float64Array(count);
    this.#parkedAt = new Float64Array(count);
    this.#sleepMs = new Float64Array(count);
    this.busyNs = new Float64Array(count);
    const clock = (): number => this.now / 1e6;
    const sleepMs = this.#sleepMs;
    function* sleep(task: Task, milliseconds: number): Steps<void> {
      sleepMs[task.id] = milliseconds;
      yield Point.sleep;
    }
    this.tasks = actors.map(
      (_, id) =>
        new Task(arena, id, {
          park: parkStep,
          sleep,
          clock,
          checks: this.#checks,
          ...(options.random === undefined ? {} : { random: options.random }),
          watch: options.watch?.(id) ?? null,
        }),
    );
    for (const [id, task] of this.tasks.entries()) {
      arena.words[task.actor + Actor.state] = ActorState.running;
      this.#rest(id);
    }
  }

  /**
   * Runs until the virtual time is `until`, or so many more steps are made. Can be continued. Only one simulator of a thread
   * may be inside a run.
   */
  run(until: number, mostSteps = Number.POSITIVE_INFINITY): Ending {
    if (this.failure !== null) return 'failure';
    onWake(this.#wake);
    try {
      return this.#loop(until, this.steps + mostSteps);
    } catch (error) {
      this.failure = this.#failureOf(error);
      return 'failure';
    } finally {
      onWake(null);
    }
  }

  /** No new operations; those under way come to their ends. A deadlock is a failure. */
  drain(mostSteps = Number.POSITIVE_INFINITY): Ending {
    this.#stopping = true;
    const ending = this.run(Number.POSITIVE_INFINITY, mostSteps);
    const stuck = this.#parked.length > 0 && ending === 'idle';
    if (stuck) this.failure = { rule: 'I-DEAD', message: `deadlock: ${this.#waits()}`, actor: this.#name(this.#parked[0] ?? 0) };
    return stuck ? 'failure' : ending;
  }

  #loop(until: number, lastStep: number): Ending {
    const events = this.#events;
    while (this.steps < lastStep) {
      const time = events.time;
      if (time > until || time === Number.POSITIVE_INFINITY) {
        if (until !== Number.POSITIVE_INFINITY) this.now = until;
        return time === Number.POSITIVE_INFINITY ? 'idle' : 'time';
      }
      this.now = time;
      this.#fire(events.pop(), until, lastStep);
    }
    return 'steps';
  }

  /** What was planned for an actor happens. */
  #fire(actor: number, until: number, lastStep: number): void {
    switch (this.#state[actor]) {
      case IDLE:
        if (this.#stopping) this.#state[actor] = DONE;
        else this.#ready(actor, this.#actors[actor]?.startNs ?? 0);
        return;
      case SLEEPING:
        this.#ready(actor, 0);
        return;
      default:
        this.#advance(actor, until, lastStep);
    }
  }

  /** Steps of one actor, as long as nobody else is due earlier. */
  #advance(actor: number, until: number, lastStep: number): void {
    const events = this.#events;
    for (;;) {
      const stolen = this.#stolen[actor] as number;
      if (stolen > 0) {
        this.#stolen[actor] = 0;
        events.push(this.now + stolen, actor);
        return;
      }
      this.#current = actor;
      const cost = this.#step(actor);
      if (cost < 0) return;
      const next = this.now + cost;
      if (this.#cpus.waiting > 0 && this.#mayLose(actor)) {
        this.#preempt(actor, cost);
        return;
      }
      this.busyNs[actor] = (this.busyNs[actor] as number) + cost;
      if (next >= events.time || next > until || this.steps >= lastStep) {
        events.push(next, actor);
        return;
      }
      this.now = next;
    }
  }

  /** One step. The cost of the point it ends at, or -1 when the actor does not run on. */
  #step(actor: number): number {
    const generator = this.#generators[actor] ?? this.#begin(actor);
    const { done, value } = generator.next();
    this.steps++;
    if (done) return this.#ended(actor);
    switch (value) {
      case Point.wait:
        this.#park(actor);
        return -1;
      case Point.sleep:
        this.#leave(actor, SLEEPING);
        this.#events.push(this.now + (this.#sleepMs[actor] as number) * 1e6 + this.#wakeUpNs(), actor);
        return -1;
      case Point.flushTlb:
        return (this.#costs.points[Point.flushTlb] as number) + this.#interruptOthers(actor);
      default:
        return this.#costs.points[value as number] as number;
    }
  }

  #begin(actor: number): Steps<void> {
    const { program } = this.#actors[actor] as SimulatedActor;
    const generator = program.operation(this.tasks[actor] as Task, this.#due[actor] as number);
    this.#generators[actor] = generator;
    return generator;
  }

  /** The end of an operation: the next one may be due already. */
  #ended(actor: number): number {
    const record = (this.tasks[actor] as Task).actor;
    if (get(this.#arena, record + Actor.heldMask) !== 0) {
      throw new Violation('I-LOCK', `an operation ends while it holds ${heldLocks(this.#arena, record).join(', ')}`);
    }
    this.#generators[actor] = null;
    const due = this.#stopping ? Number.POSITIVE_INFINITY : this.#nextDue(actor);
    if (due <= this.now) return 0;
    this.#leave(actor, due === Number.POSITIVE_INFINITY ? DONE : IDLE);
    if (due !== Number.POSITIVE_INFINITY) this.#events.push(due, actor);
    return -1;
  }

  #nextDue(actor: number): number {
    const due = (this.#actors[actor] as SimulatedActor).program.due(this.now);
    this.#due[actor] = due;
    return due;
  }

  /** Before the first operation. */
  #rest(actor: number): void {
    const due = this.#nextDue(actor);
    this.#state[actor] = due === Number.POSITIVE_INFINITY ? DONE : IDLE;
    if (due !== Number.POSITIVE_INFINITY) this.#events.push(Math.max(due, this.now), actor);
  }

  /** An actor wants to run, and owes so much before its next step. */
  #ready(actor: number, owed: number): void {
    if (this.#actors[actor]?.hardware) {
      this.#state[actor] = RUNNING;
      this.#events.push(this.now + owed, actor);
      return;
    }
    this.#owed[actor] = owed;
    const switched = this.#cpus.take(actor);
    if (switched === null) this.#state[actor] = QUEUED;
    else this.#dispatch(actor, switched);
  }

  /** The actor has just been given a CPU. */
  #dispatch(actor: number, switched: boolean): void {
    const { contextSwitch, slice } = this.#costs.machine;
    const cost = (this.#owed[actor] as number) + (switched ? contextSwitch : 0);
    this.#state[actor] = RUNNING;
    this.#sliceEnd[actor] = this.now + cost + slice;
    this.busyNs[actor] = (this.busyNs[actor] as number) + cost;
    this.#events.push(this.now + cost, actor);
  }

  /** The actor gives its CPU up. */
  #leave(actor: number, state: number): void {
    this.#state[actor] = state;
    this.#stolen[actor] = 0;
    if (this.#cpus.of[actor] === -1) return;
    const next = this.#cpus.release(actor);
    if (next !== -1) this.#dispatch(next, true);
  }

  /** Is its time slice over, and is it not in the middle of what must not be interrupted? */
  #mayLose(actor: number): boolean {
    if (this.#cpus.of[actor] === -1 || this.now < (this.#sliceEnd[actor] as number)) return false;
    return get(this.#arena, (this.tasks[actor] as Task).actor + Actor.spinDepth) === 0;
  }

  #preempt(actor: number, owed: number): void {
    const next = this.#cpus.release(actor);
    this.#ready(actor, owed);
    if (next !== -1) this.#dispatch(next, true);
  }

  /** A shoot-down: every other CPU that runs a thread is interrupted. Returns how long the sender waits for them. */
  #interruptOthers(actor: number): number {
    const { ipi, ipiWait } = this.#costs.machine;
    const cpus = this.#cpus;
    if (cpus.running === 0 || (cpus.running === 1 && cpus.of[actor] !== -1)) return 0;
    for (let other = 0; other < this.tasks.length; other++) {
      if (other !== actor && cpus.of[other] !== -1) this.#stolen[other] = (this.#stolen[other] as number) + ipi;
    }
    return ipiWait;
  }

  #wakeUpNs(): number {
    const { wakeUp } = this.#costs.machine;
    return this.#noise === null ? wakeUp : wakeUp * (0.5 + this.#noise.unit());
  }

  #park(actor: number): void {
    this.#parkedAt[actor] = this.now;
    this.#parked.push(actor);
    this.#leave(actor, PARKED);
  }

  /** The model wakes up to `count` waiters of a word. A short wait was spent spinning. */
  readonly #wake = (word: number, count: number): void => {
    const { spin, spinWake } = this.#costs.machine;
    let left = count;
    for (let i = 0; i < this.#parked.length && left > 0; ) {
      const actor = this.#parked[i] as number;
      if (this.#arena.words[(this.tasks[actor] as Task).actor + Actor.waitWord] !== word) {
        i++;
        continue;
      }
      this.#parked.splice(i, 1);
      left--;
      const spun = this.now - (this.#parkedAt[actor] as number) <= spin;
      this.#ready(actor, spun ? spinWake : this.#wakeUpNs());
    }
  };

  #name(actor: number): string {
    return this.#actors[actor]?.name ?? `actor ${actor}`;
  }

  #waits(): string {
    return this.#parked
      .map((actor) => {
        const { actor: record } = this.tasks[actor] as Task;
        const held = heldLocks(this.#arena, record);
        const holds = held.length > 0 ? ` (holds ${held.join(', ')})` : '';
        return `${this.#name(actor)}${holds} waits for word ${this.#arena.words[record + Actor.waitWord]} to change`;
      })
      .join('; ');
  }

  #failureOf(error: unknown): SimulatedFailure {
    const actor = this.#name(this.#current);
    if (error instanceof Violation) return { rule: error.rule, message: error.detail, actor };
    throw error;
  }
}
