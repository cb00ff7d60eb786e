/**
 * One execution under control: actors are generators, and one of them makes one step at a time. A step runs from a point to
 * the next. An actor that waits is runnable again once the awaited word has changed.
 */
import type { Arena } from '../../arena/arena.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { AGAIN, type Prepared, type Scenario } from '../../scenarios/scenario.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import { heldLocks } from '../../sync/lockdep.ts';
import { Task, type Watch } from '../../sync/task.ts';
import { parkStep } from '../../sync/wait.ts';

/** A broken rule. `actor` is -1 when the check at the end found it. */
export interface Failure {
  readonly rule: string;
  readonly message: string;
  readonly actor: number;
}

/** How an execution ended: null is well. */
export type Outcome = Failure | null;

/** Place of an actor that has nothing left to do. */
export const DONE = -1;

/** Steps after which an execution counts as endless. */
const STEP_LIMIT = 20_000;

/** Runs a scenario again and again. Owns the arena; not for use from two places at once. */
export class Executor {
  readonly scenario: Scenario;
  readonly prepared: Prepared;
  readonly arena: Arena;
  readonly tasks: readonly Task[];
  readonly count: number;
  /** Actor of each step of the current execution, and how many there are. */
  readonly schedule: Uint8Array;
  steps = 0;
  /** Point each actor stands at, DONE when it has come to its end. */
  readonly at: Int32Array;
  /** Operation each actor is in. */
  readonly operation: Int32Array;
  readonly #words: Int32Array;
  readonly #frames: Int32Array;
  readonly #generators: (Steps<unknown> | null)[];
  /** Word each actor waits on, 0 for none, and the value it waits to change. */
  readonly waitWord: Int32Array;
  readonly waitValue: Int32Array;
  left = 0;
  /** Set when an actor has just begun an operation: what it read before no longer matters. The explorer clears it. */
  readonly atStart: Uint8Array;
  /** A failure before a first point. */
  #failed: Outcome = null;

  constructor(scenario: Scenario, watch: Watch | null) {
    this.scenario = scenario;
    this.schedule = new Uint8Array(scenario.stepLimit ?? STEP_LIMIT);
    this.prepared = scenario.prepare();
    this.arena = this.prepared.arena;
    this.count = this.prepared.actors.length;
    // Virtual time stands still: deadlines are for the engines that have time.
    this.tasks = this.prepared.actors.map((_, id) => new Task(this.arena, id, { park: parkStep, clock: () => 0, watch }));
    for (const task of this.tasks) this.arena.words[task.actor + Actor.state] = ActorState.running;
    this.#words = this.arena.words.slice();
    this.#frames = this.arena.frames.slice();
    this.#generators = this.tasks.map(() => null);
    this.waitWord = new Int32Array(this.count);
    this.waitValue = new Int32Array(this.count);
    this.at = new Int32Array(this.count);
    this.atStart = new Uint8Array(this.count);
    this.operation = new Int32Array(this.count);
  }

  /** Back to the beginning: every actor stands at the first point of its first operation. */
  reset(): void {
    this.arena.words.set(this.#words);
    this.arena.frames.set(this.#frames);
    this.steps = 0;
    this.left = this.count;
    this.#failed = null;
    for (let i = 0; i < this.count; i++) {
      this.operation[i] = 0;
      this.#begin(i);
    }
  }

  /** Takes up the next operation of an actor and runs it to its first point: before that it touches nothing shared. */
  #begin(actor: number): void {
    const next = this.prepared.actors[actor]?.operations[this.operation[actor] as number];
    if (next === undefined) {
      this.#generators[actor] = null;
      this.at[actor] = DONE;
      this.#noteWait(actor, false);
      this.left--;
      return;
    }
    this.#generators[actor] = next(this.tasks[actor] as Task);
    this.#failed ??= this.#advance(actor);
  }

  canRun(actor: number): boolean {
    if (this.at[actor] === DONE) return false;
    const word = this.waitWord[actor] as number;
    return word === 0 || this.arena.words[word] !== this.waitValue[actor];
  }

  /** Writes the actors that can run into `out` and returns their number. */
  runnable(out: Uint8Array): number {
    let n = 0;
    for (let i = 0; i < this.count; i++) if (this.canRun(i)) out[n++] = i;
    return n;
  }

  /** Lets one actor make one step. A failure ends the execution. */
  step(actor: number): Outcome {
    this.schedule[this.steps++] = actor;
    if (this.steps >= this.schedule.length) {
      return { rule: 'I-PROG', message: `livelock: no end after ${this.steps} steps`, actor };
    }
    const failure = this.#advance(actor);
    return failure ?? this.#failed;
  }

  #advance(actor: number): Outcome {
    try {
      const result = (this.#generators[actor] as Steps<unknown>).next();
      if (result.done) return this.#finished(actor, result.value === AGAIN);
      this.at[actor] = result.value;
      this.#noteWait(actor, result.value === Point.wait);
      return null;
    } catch (error) {
      return this.#thrown(error, actor);
    }
  }

  #noteWait(actor: number, waits: boolean): void {
    const { words } = this.arena;
    const record = (this.tasks[actor] as Task).actor;
    this.waitWord[actor] = waits ? (words[record + Actor.waitWord] as number) : 0;
    this.waitValue[actor] = waits ? (words[record + Actor.waitValue] as number) : 0;
  }

  #finished(actor: number, again: boolean): Outcome {
    const record = (this.tasks[actor] as Task).actor;
    if (this.arena.words[record + Actor.heldMask] !== 0) {
      const held = heldLocks(this.arena, record).join(', ');
      return { rule: 'I-LOCK', message: `${this.nameOf(actor)} ends an operation while it holds ${held}`, actor };
    }
    if (!again) this.operation[actor] = (this.operation[actor] as number) + 1;
    this.atStart[actor] = 1;
    this.#begin(actor);
    return null;
  }

  #thrown(error: unknown, actor: number): Failure {
    if (error instanceof Violation) return { rule: error.rule, message: error.detail, actor };
    return { rule: 'I-CRASH', message: error instanceof Error ? error.message : String(error), actor };
  }

  /** The end of an execution: every actor is done, or nobody can go on. */
  conclude(): Outcome {
    if (this.left > 0) return { rule: 'I-DEAD', message: `deadlock: ${this.#waits()}`, actor: -1 };
    const [finding] = this.prepared.check();
    return finding === undefined ? null : { ...finding, actor: -1 };
  }

  #waits(): string {
    const waits: string[] = [];
    for (let i = 0; i < this.count; i++) {
      if (this.at[i] === DONE) continue;
      const held = heldLocks(this.arena, (this.tasks[i] as Task).actor);
      waits.push(`${this.nameOf(i)}${held.length > 0 ? ` (holds ${held.join(', ')})` : ''} waits`);
    }
    return waits.join('; ');
  }

  nameOf(actor: number): string {
    return this.prepared.actors[actor]?.name ?? `actor ${actor}`;
  }
}
