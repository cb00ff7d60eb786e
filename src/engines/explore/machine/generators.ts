/**
 * The generators of the actors: one each, which stands at some local state. A step is made by letting it go on to its next point
 * while a recorder watches. To make a step from a local state where it does not stand, a new one is led there first.
 */
import { useMemory } from '../../../arena/access.ts';
import { Actor } from '../../../arena/structures.ts';
import { Violation } from '../../../arena/violation.ts';
import { AGAIN, type Script } from '../../../scenarios/kit/scenario.ts';
import type { Steps } from '../../../steps/steps.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import type { Task } from '../../../sync/task.ts';
import type { Feed } from './feed.ts';
import { mixHigh, mixLow } from './hash.ts';
import { DONE, type LocalState, type LocalStates, NO_WAIT, type Wait } from './localState.ts';
import { type Accesses, Declared, Mirror } from './mirror.ts';
import { NO_READS } from './observed.ts';
import { Nondeterministic } from './recordedSteps.ts';
import type { Recorder } from './recorder.ts';
import { EMPTY, restore, type Scratch, scratchOf } from './scratch.ts';
import type { Symmetry } from './symmetry.ts';

export class Generators {
  /** A generator leads, that is, it makes again what was made before. */
  leading = false;
  readonly #scripts: readonly Script[];
  readonly #tasks: readonly Task[];
  readonly #recorder: Recorder;
  readonly #feed: Feed;
  readonly #generators: (Steps<unknown> | null)[];
  readonly #standsAt: (LocalState | null)[];
  readonly #symmetry: Symmetry | null;
  readonly #mirror: Mirror | null;

  constructor(scripts: readonly Script[], tasks: readonly Task[], recorder: Recorder, feed: Feed, symmetry: Symmetry | null) {
    this.#scripts = scripts;
    this.#tasks = tasks;
    this.#recorder = recorder;
    this.#feed = feed;
    this.#symmetry = symmetry;
    this.#mirror = symmetry === null ? null : new Mirror(symmetry);
    this.#generators = tasks.map(() => null);
    this.#standsAt = tasks.map(() => null);
  }

  /** Where the generators stand is not known any more: local states have got new numbers. */
  forget(): void {
    this.#standsAt.fill(null);
  }

  /** Brings the actor to the first point of its first operation. */
  begin(actor: number, states: LocalStates): LocalState {
    const before = useMemory(this.#recorder);
    try {
      this.#recorder.begin(actor, NO_READS, 0);
      return this.#take(actor, 0, states);
    } finally {
      useMemory(before);
    }
  }

  /** An actor that has nothing to do, as its first operation failed before its first point. */
  idle(actor: number, states: LocalStates): LocalState {
    this.#recorder.begin(actor, NO_READS, 0);
    return this.#stand(actor, 0, DONE, null, EMPTY, states);
  }

  /** Makes the actor's step from `from`. */
  step(actor: number, from: LocalState, states: LocalStates): LocalState {
    const to = this.#made(actor, from, states);
    if (this.#symmetry !== null && this.#symmetry.broken === null) {
      const { accesses } = this.#recorder;
      const isAlike = (twin: number): boolean => this.#isAlike(actor, twin, from, to, accesses);
      if (!this.#symmetry.twinsOf(actor).every(isAlike)) this.#symmetry.tellsApart('an actor knows one of them by its number');
    }
    return to;
  }

  #made(actor: number, from: LocalState, states: LocalStates): LocalState {
    if (this.#standsAt[actor] !== from) this.#lead(actor, from);
    this.#standsAt[actor] = null;
    const before = useMemory(this.#recorder);
    try {
      this.#recorder.begin(actor, from.reads, from.at);
      const { done, value } = (this.#generators[actor] as Steps<unknown>).next();
      const to = done
        ? this.#take(actor, this.#after(actor, from.operation, value), states)
        : this.#stand(actor, from.operation, value, from, from.before, states);
      this.#standsAt[actor] = to;
      return to;
    } finally {
      useMemory(before);
    }
  }

  /** Runs a new generator to where `state` is, with what was read on the way. */
  #lead(actor: number, state: LocalState): void {
    const way = wayTo(state);
    const task = this.#tasks[actor] as Task;
    restore(task.pfns, (way[0] as LocalState).before);
    const failed = (): Nondeterministic =>
      new Nondeterministic(`${this.#scripts[actor]?.name} went another way when it was led the same way again`);
    const generator = this.#operation(actor, state.operation) as Steps<unknown>;
    const before = useMemory(this.#feed);
    this.leading = true;
    this.#feed.begin(actor);
    try {
      for (const at of way) {
        this.#feed.lead(at);
        const { done, value } = generator.next();
        if (done || value !== at.at || !this.#feed.hasReached(at)) throw failed();
      }
      if (scratchOf(task.pfns, state.scratch) !== state.scratch) throw failed();
    } finally {
      this.leading = false;
      useMemory(before);
    }
    this.#generators[actor] = generator;
  }

  /** Would the twin, in the actor's place at `from`, make the step to `to`, too? */
  #isAlike(actor: number, twin: number, from: LocalState, to: LocalState, accesses: Accesses): boolean {
    const mirror = this.#mirror as Mirror;
    const way = wayTo(from);
    let { operation } = from;
    // Its array is the other one's for now.
    this.#standsAt[twin] = null;
    restore((this.#tasks[twin] as Task).pfns, (way[0] as LocalState).before);
    let generator = this.#operation(twin, operation);
    const before = useMemory(mirror);
    this.leading = true;
    mirror.begin(actor, twin);
    try {
      for (const { log, at } of way) {
        mirror.expect(log);
        const { done, value } = (generator as Steps<unknown>).next();
        if (done || value !== at || !mirror.isThrough) return false;
      }
      mirror.expect(accesses.reads);
      while (generator !== null) {
        const { done, value } = generator.next();
        if (!done) return value === to.at && operation === to.operation && mirror.hasMade(accesses);
        operation = this.#following(twin, operation, value);
        generator = this.#operation(twin, operation);
      }
      return to.at === DONE && mirror.hasMade(accesses);
    } catch (error) {
      return error instanceof Declared;
    } finally {
      this.leading = false;
      useMemory(before);
    }
  }

  #operation(actor: number, operation: number): Steps<unknown> | null {
    const make = this.#scripts[actor]?.operations[operation];
    return make === undefined ? null : make(this.#tasks[actor] as Task);
  }

  /** The operation that follows when one has come to its end. */
  #after(actor: number, operation: number, result: unknown): number {
    const { arena, actor: record } = this.#tasks[actor] as Task;
    const { name } = this.#scripts[actor] as Script;
    if (arena.words[record + Actor.heldMask] !== 0) {
      const held = heldLocks(arena, record).join(', ');
      throw new Violation('I-LOCK', `${name} ends an operation while it holds ${held}`);
    }
    return this.#following(actor, operation, result);
  }

  #following(actor: number, operation: number, result: unknown): number {
    const { background, operations } = this.#scripts[actor] as Script;
    if (result === AGAIN) return operation;
    const next = operation + 1;
    return background === true && next === operations.length ? 0 : next;
  }

  /** Takes up an operation of an actor and runs it to its first point. One without any is over at once. */
  #take(actor: number, first: number, states: LocalStates): LocalState {
    const { pfns } = this.#tasks[actor] as Task;
    for (let operation = first; ; ) {
      const before = scratchOf(pfns, EMPTY);
      const generator = this.#operation(actor, operation);
      this.#generators[actor] = generator;
      this.#recorder.forgetAll();
      if (generator === null) return this.#stand(actor, operation, DONE, null, before, states);
      const { done, value } = generator.next();
      if (!done) return this.#stand(actor, operation, value, null, before, states);
      const next = this.#after(actor, operation, value);
      if (next === operation) {
        const { name } = this.#scripts[actor] as Script;
        throw new Error(`operation ${operation} of ${name} asks to be done again at once, for ever`);
      }
      operation = next;
    }
  }

  #stand(
    actor: number,
    operation: number,
    at: number,
    parent: LocalState | null,
    before: Scratch,
    states: LocalStates,
  ): LocalState {
    const { observed, log, granted } = this.#recorder;
    const task = this.#tasks[actor] as Task;
    const [locksLow, locksHigh] = locksOf(task);
    const scratch = scratchOf(task.pfns, parent?.scratch ?? before);
    const wait = waitOf(task);
    return states.intern(
      { actor, operation, at, wait, locksLow, locksHigh, reads: observed, scratch, granted },
      { parent, before, log },
    );
  }
}

/** The local states on the way to one since its operation began, itself the last. */
function wayTo(state: LocalState): readonly LocalState[] {
  const way: LocalState[] = [];
  for (let at: LocalState | null = state; at !== null; at = at.parent) way.push(at);
  return way.reverse();
}

/** Hash of what lockdep.ts notes of a task: the locks it holds, in order, and how many of those that are only counted. */
function locksOf({ arena: { words }, actor }: Task): readonly [low: number, high: number] {
  let [low, high] = [0, 0];
  if (words[actor + Actor.heldMask] === 0 && words[actor + Actor.spinDepth] === 0) return [low, high];
  const end = Actor.held + 2 * (words[actor + Actor.heldCount] as number);
  for (let field = Actor.spinDepth; field < end; field++) {
    const value = words[actor + field] as number;
    if (value === 0) continue;
    low ^= mixLow(field, value);
    high ^= mixHigh(field, value);
  }
  return [low, high];
}

function waitOf({ arena: { words }, actor }: Task): Wait {
  const word = words[actor + Actor.waitWord] as number;
  if (word === 0) return NO_WAIT;
  return { word, value: words[actor + Actor.waitValue] as number, mask: words[actor + Actor.waitMask] as number };
}
