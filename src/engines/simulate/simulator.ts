/**
 * The model under a virtual clock. Actors are generators, as for the explorer; what decides who goes next is time. An actor
 * that has reached a point goes on when the cost of the point is over. It holds a CPU while it runs, gives it up while it
 * waits or sleeps, and loses time to the shoot-downs of others. Everything follows from the seed of the programs.
 */
import { get } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { CallStack } from '../../steps/callStack.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { heldLocks } from '../../sync/lockdep.ts';
import { Task, type Watch } from '../../sync/task.ts';
import { onWake, parkStep } from '../../sync/wait.ts';
import type { Program } from '../../workload/program.ts';
import type { RandomStream } from '../../workload/random.ts';
import type { Costs } from '../cell/costs.ts';
import { EventQueue } from './eventQueue.ts';
import { DONE, IDLE, SLEEPING, Threads } from './threads.ts';

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

export class Simulator {
  /** Virtual time, in nanoseconds. */
  now = 0;
  steps = 0;
  failure: SimulatedFailure | null = null;
  readonly tasks: readonly Task[];
  readonly #arena: Arena;
  readonly #actors: readonly SimulatedActor[];
  readonly #costs: Costs;
  readonly #events: EventQueue;
  readonly #threads: Threads;
  readonly #calls: readonly CallStack[];
  /** Operation due, where an actor is idle. */
  readonly #due: Float64Array;
  readonly #sleepMs: Float64Array;
  #stopping = false;
  /** The actor whose step is under way. */
  #current = -1;

  constructor(arena: Arena, actors: readonly SimulatedActor[], options: SimulatorOptions) {
    const count = actors.length;
    this.#arena = arena;
    this.#actors = actors;
    this.#costs = options.costs;
    this.#events = new EventQueue(count);
    this.#calls = actors.map(() => new CallStack());
    this.#due = new Float64Array(count);
    this.#sleepMs = new Float64Array(count);
    this.tasks = actors.map((_, id) => this.#task(id, options));
    const words = (actor: number, field: number): number => arena.words[(this.tasks[actor] as Task).actor + field] as number;
    this.#threads = new Threads({
      cpus: options.cpus,
      costs: options.costs,
      events: this.#events,
      hardware: actors.map(({ hardware = false }) => hardware),
      pinned: (actor) => words(actor, Actor.spinDepth) !== 0,
      waitWord: (actor) => words(actor, Actor.waitWord),
      noise: options.noise ?? null,
    });
    for (const [id, task] of this.tasks.entries()) {
      arena.words[task.actor + Actor.state] = ActorState.running;
      this.#rest(id);
    }
  }

  #task(id: number, { random, watch, checks = true }: SimulatorOptions): Task {
    const sleepMs = this.#sleepMs;
    function* sleep(task: Task, milliseconds: number): Steps<void> {
      sleepMs[task.id] = milliseconds;
      yield Point.sleep;
    }
    return new Task(this.#arena, id, {
      park: parkStep,
      sleep,
      clock: () => this.now / 1e6,
      checks,
      ...(random === undefined ? {} : { random }),
      watch: watch?.(id) ?? null,
    });
  }

  /** Virtual time each actor spent running. */
  get busyNs(): Float64Array {
    return this.#threads.busyNs;
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
      if (!(error instanceof Violation)) throw error;
      this.failure = { rule: error.rule, message: error.detail, actor: this.#name(this.#current) };
      return 'failure';
    } finally {
      onWake(null);
    }
  }

  /** No new operations; those under way come to their ends. A deadlock is a failure. */
  drain(mostSteps = Number.POSITIVE_INFINITY): Ending {
    this.#stopping = true;
    const ending = this.run(Number.POSITIVE_INFINITY, mostSteps);
    const [stuck] = this.#threads.parked;
    if (ending !== 'idle' || stuck === undefined) return ending;
    this.failure = { rule: 'I-DEAD', message: `deadlock: ${this.#waits()}`, actor: this.#name(stuck) };
    return 'failure';
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
    switch (this.#threads.state[actor]) {
      case IDLE:
        if (this.#stopping) this.#threads.state[actor] = DONE;
        else this.#threads.ready(actor, this.#actors[actor]?.startNs ?? 0, this.now);
        return;
      case SLEEPING:
        this.#threads.ready(actor, 0, this.now);
        return;
      default:
        this.#advance(actor, until, lastStep);
    }
  }

  /** Steps of one actor, as long as nobody else is due earlier. */
  #advance(actor: number, until: number, lastStep: number): void {
    const events = this.#events;
    const threads = this.#threads;
    for (;;) {
      const stolen = threads.takeStolen(actor);
      if (stolen > 0) {
        events.push(this.now + stolen, actor);
        return;
      }
      this.#current = actor;
      const cost = this.#step(actor);
      if (cost < 0 || threads.preempt(actor, cost, this.now)) return;
      const next = this.now + cost;
      threads.busyNs[actor] = (threads.busyNs[actor] as number) + cost;
      if (next >= events.time || next > until || this.steps >= lastStep) {
        events.push(next, actor);
        return;
      }
      this.now = next;
    }
  }

  /** One step. The cost of the point it ends at, or -1 when the actor does not run on. */
  #step(actor: number): number {
    const calls = this.#calls[actor] as CallStack;
    if (calls.idle) {
      const { program } = this.#actors[actor] as SimulatedActor;
      calls.start(program.operation(this.tasks[actor] as Task, this.#due[actor] as number));
    }
    const point = calls.next();
    this.steps++;
    switch (point) {
      case -1:
        return this.#ended(actor);
      case Point.wait:
        this.#threads.park(actor, this.now);
        return -1;
      case Point.sleep:
        this.#threads.leave(actor, SLEEPING, this.now);
        this.#events.push(this.now + (this.#sleepMs[actor] as number) * 1e6 + this.#threads.wakeUpNs(), actor);
        return -1;
      case Point.flushTlb:
        return (this.#costs.points[Point.flushTlb] as number) + this.#threads.interruptOthers(actor);
      default:
        return this.#costs.points[point] as number;
    }
  }

  /** The end of an operation: the next one may be due already. */
  #ended(actor: number): number {
    const record = (this.tasks[actor] as Task).actor;
    if (get(this.#arena, record + Actor.heldMask) !== 0) {
      throw new Violation('I-LOCK', `an operation ends while it holds ${heldLocks(this.#arena, record).join(', ')}`);
    }
    const due = this.#stopping ? Number.POSITIVE_INFINITY : this.#nextDue(actor);
    if (due <= this.now) return 0;
    this.#threads.leave(actor, due === Number.POSITIVE_INFINITY ? DONE : IDLE, this.now);
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
    this.#threads.state[actor] = due === Number.POSITIVE_INFINITY ? DONE : IDLE;
    if (due !== Number.POSITIVE_INFINITY) this.#events.push(Math.max(due, this.now), actor);
  }

  readonly #wake = (word: number, count: number): void => this.#threads.wake(word, count, this.now);

  #name(actor: number): string {
    return this.#actors[actor]?.name ?? `actor ${actor}`;
  }

  #waits(): string {
    return this.#threads.parked
      .map((actor) => {
        const { actor: record } = this.tasks[actor] as Task;
        const held = heldLocks(this.#arena, record);
        const holds = held.length > 0 ? ` (holds ${held.join(', ')})` : '';
        return `${this.#name(actor)}${holds} waits for word ${this.#arena.words[record + Actor.waitWord]} to change`;
      })
      .join('; ');
  }
}
