/**
 * The generators of the actors: one each, which stands at some local state. A step is made by letting it go on to its next point
 * while a recorder watches. To make a step from a local state where it does not stand, a new one is led there first.
 */
import { useMemory } from '../../../arena/access.ts';
import { Actor } from '../../../arena/structures.ts';
import { Violation } from '../../../arena/violation.ts';
import { AGAIN, type Script } from '../../../scenarios/kit/scenario.ts';
import { type Frames, useFrames } from '../../../steps/frames.ts';
import { useLeader } from '../../../steps/leader.ts';
import type { Steps } from '../../../steps/steps.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import type { Task } from '../../../sync/task.ts';
import type { Feed } from './feed.ts';
import { mixHigh, mixLow } from './hash.ts';
import type { LiveValues } from './liveValues.ts';
import { DONE, type LocalState, type LocalStates, NO_WAIT, type Wait } from './localState.ts';
import { type Accesses, Declared, Mirror } from './mirror.ts';
import { NO_READS } from './observed.ts';
import { Nondeterministic } from './recordedSteps.ts';
import type { Recorder } from './recorder.ts';
import { EMPTY, restore, type Scratch, scratchOf } from './scratch.ts';
import type { Symmetry } from './symmetry.ts';
import { stepsOf, type Way, Ways, wayOf } from './ways.ts';

/** Who watches the generators. */
export interface Watching {
  readonly recorder: Recorder;
  readonly feed: Feed;
  readonly symmetry: Symmetry | null;
  readonly values: LiveValues | null;
  readonly keepsWays: boolean;
  /** Records of calls, a new one each time. */
  readonly newFrames: () => Frames;
}

export class Generators {
  /** A generator leads, that is, it makes again what was made before. */
  leading = false;
  readonly #scripts: readonly Script[];
  readonly #tasks: readonly Task[];
  readonly #recorder: Recorder;
  readonly #feed: Feed;
  readonly #generators: (Steps<unknown> | null)[];
  readonly #standsAt: (LocalState | null)[];
  /** Calls of each actor that are under way; the last is for the twin of whoever acts. */
  readonly #frames: readonly Frames[];
  /** Null: actors are to remember all that they have read. */
  readonly #values: LiveValues | null;
  /** The way on which each generator has come to where it stands, where they are kept. */
  readonly #ways: (Way | null)[];
  readonly #known: Ways | null;
  /** Local states whose next step is to be made by the generator, although it may be recorded. */
  readonly #tries: (LocalState | null)[];
  /** The stretch that each generator has come to (see observed.ts). */
  readonly #stretches: number[];
  readonly #symmetry: Symmetry | null;
  readonly #mirror: Mirror | null;

  constructor(
    scripts: readonly Script[],
    tasks: readonly Task[],
    { recorder, feed, symmetry, values, keepsWays, newFrames }: Watching,
  ) {
    this.#scripts = scripts;
    this.#tasks = tasks;
    this.#recorder = recorder;
    this.#feed = feed;
    this.#symmetry = symmetry;
    this.#mirror = symmetry === null ? null : new Mirror(symmetry);
    this.#generators = tasks.map(() => null);
    this.#standsAt = tasks.map(() => null);
    this.#values = values;
    this.#stretches = tasks.map(() => 0);
    this.#ways = tasks.map(() => null);
    this.#tries = tasks.map(() => null);
    this.#known = keepsWays ? new Ways() : null;
    this.#frames = [...tasks, null].map(newFrames);
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

  /** Lets the actor's generator be one that has come to `state` on this way. */
  stand(actor: number, way: Way): void {
    this.#lead(actor, way);
    this.#standsAt[actor] = way.state;
  }

  /** Is the generator at `state` to be tried, as it has come there on another way than the first one has? */
  isToBeTried(actor: number, state: LocalState): boolean {
    return this.#tries[actor] === state && this.#standsAt[actor] === state;
  }

  #made(actor: number, from: LocalState, states: LocalStates): LocalState {
    if (this.#standsAt[actor] !== from) this.#lead(actor, wayOf(from));
    this.#tries[actor] = null;
    this.#standsAt[actor] = null;
    const before = useMemory(this.#recorder);
    try {
      this.#recorder.begin(actor, from.reads, from.at, this.#stretches[actor]);
      useFrames(this.#frames[actor] as Frames);
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
  #lead(actor: number, way: Way): void {
    const { state } = way;
    const task = this.#tasks[actor] as Task;
    restore(task.pfns, way.before);
    const failed = (): Nondeterministic =>
      new Nondeterministic(`${this.#scripts[actor]?.name} went another way when it was led the same way again`);
    const generator = this.#operation(actor, state.operation, actor) as Steps<unknown>;
    const before = useMemory(this.#feed);
    this.leading = true;
    this.#feed.begin(actor, stepsOf(way));
    useLeader(this.#feed);
    try {
      do {
        const { done, value } = generator.next();
        if (done || !this.#feed.hasCome(value)) throw failed();
      } while (this.#feed.goesOn());
      if (scratchOf(task.pfns, state.scratch) !== state.scratch || !this.#holds(actor, state)) throw failed();
    } finally {
      useLeader(null);
      this.leading = false;
      useMemory(before);
    }
    this.#generators[actor] = generator;
    this.#stretches[actor] = this.#feed.stretch;
    this.#ways[actor] = way;
  }

  /** Do the calls of the actor hold what they are to hold there? */
  #holds(actor: number, { reads }: LocalState): boolean {
    if (this.#values === null || !reads.isLive) return true;
    const isKnown = this.#values.look(this.#tasks[actor] as Task, this.#frames[actor] as Frames);
    return isKnown && this.#values.low === reads.low && this.#values.high === reads.high;
  }

  /** Would the twin, in the actor's place at `from`, make the step to `to`, too? */
  #isAlike(actor: number, twin: number, from: LocalState, to: LocalState, accesses: Accesses): boolean {
    const mirror = this.#mirror as Mirror;
    const way = wayOf(from);
    let { operation } = from;
    // Its array is the other one's for now.
    this.#standsAt[twin] = null;
    restore((this.#tasks[twin] as Task).pfns, way.before);
    const ownFrames = this.#frames.length - 1;
    let generator = this.#operation(twin, operation, ownFrames);
    const before = useMemory(mirror);
    this.leading = true;
    mirror.begin(actor, twin);
    try {
      for (const { log, state } of stepsOf(way)) {
        mirror.expect(log);
        const { done, value } = (generator as Steps<unknown>).next();
        if (done || value !== state.at || !mirror.isThrough) return false;
      }
      mirror.expect(accesses.reads);
      while (generator !== null) {
        const { done, value } = generator.next();
        if (!done) return value === to.at && operation === to.operation && mirror.hasMade(accesses);
        operation = this.#following(twin, operation, value);
        generator = this.#operation(twin, operation, ownFrames);
      }
      return to.at === DONE && mirror.hasMade(accesses);
    } catch (error) {
      return error instanceof Declared;
    } finally {
      this.leading = false;
      useMemory(before);
    }
  }

  /** A new generator of the operation, whose calls are recorded in the `frames` of that number; null when there is no such operation. */
  #operation(actor: number, operation: number, frames: number): Steps<unknown> | null {
    const make = this.#scripts[actor]?.operations[operation];
    if (make === undefined) return null;
    const generator = make(this.#tasks[actor] as Task);
    const calls = this.#frames[frames] as Frames;
    useFrames(calls);
    calls.begin(generator);
    return generator;
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
      const generator = this.#operation(actor, operation, actor);
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
    this.#stretches[actor] = observed.stretch;
    this.#remember(actor, at);
    const [locksLow, locksHigh] = locksOf(task);
    const scratch = scratchOf(task.pfns, parent?.scratch ?? before);
    const wait = waitOf(task);
    const state = states.intern(
      { actor, operation, at, wait, locksLow, locksHigh, reads: observed, scratch, granted, isFirst: parent === null },
      { parent, before, log },
    );
    this.#arrived(actor, state, parent, before);
    return state;
  }

  /** Whatever was read, the live variables are what counts, if all of them are known. */
  #remember(actor: number, at: number): void {
    const values = this.#values;
    if (values === null) return;
    const { observed } = this.#recorder;
    if (at === DONE) observed.isAll(NO_READS);
    else if (values.look(this.#tasks[actor] as Task, this.#frames[actor] as Frames)) observed.isAll(values);
  }

  /** Notes on which way the generator has come to a state, or tries the one or the other of them. */
  #arrived(actor: number, state: LocalState, parent: LocalState | null, before: Scratch): void {
    if (this.#known !== null) {
      const previous = parent === null ? null : (this.#ways[actor] as Way);
      this.#ways[actor] = this.#known.note({
        state,
        before: previous?.before ?? before,
        log: this.#recorder.log(),
        previous,
      });
      return;
    }
    if (state.parent === parent) return;
    // Seldom: after 1, 2, 4, 8... generators that have come from elsewhere.
    const others = ++state.others;
    if ((others & (others - 1)) === 0) this.#tries[actor] = state;
  }

  /** The ways on which generators have come to a state, if they are kept. */
  waysTo(state: LocalState): readonly Way[] {
    return this.#known?.to(state) ?? [];
  }
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
  const mask = words[actor + Actor.waitMask] as number;
  // Who was woken goes on whatever the word was (parkStep in sync/wait.ts): the value of a wait for a change is no part of the state.
  return { word, value: mask === 0 ? 0 : (words[actor + Actor.waitValue] as number), mask };
}
