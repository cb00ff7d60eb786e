/**
 * One execution under control: actors are generators, and one of them makes one step at a time. A step runs from a point to
 * the next. Steps made before are not run again but followed as recorded (recordedSteps.ts), and every step can be taken back.
 * An actor that waits is runnable again once it was woken.
 */
import { useMemory } from '../../../arena/access.ts';
import type { Arena } from '../../../arena/arena.ts';
import { Actor, ActorState } from '../../../arena/structures.ts';
import { Violation } from '../../../arena/violation.ts';
import type { Finding } from '../../../oracles/finding.ts';
import { AGAIN, type Prepared, type Scenario } from '../../../scenarios/scenario.ts';
import type { Steps } from '../../../steps/steps.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import { Task, type Watch } from '../../../sync/task.ts';
import { parkStep } from '../../../sync/wait.ts';
import { endless, goesRound, type NoProgress, stuck } from '../search/noProgress.ts';
import { Coverage } from './coverage.ts';
import { HIGH, Journal, Kind, LOW, mix } from './journal.ts';
import { STEP_LIMIT } from './limits.ts';
import { DONE, type LocalState, LocalStates, NO_READS, NO_WAIT, type Wait } from './localState.ts';
import { CHECKING, pulse, SETTING_UP } from './pulse.ts';
import { Nondeterministic, RecordedSteps } from './recordedSteps.ts';
import { Feed, Recorder } from './recorder.ts';
import { firstOfEach, Symmetry } from './symmetry.ts';

export { STEP_LIMIT } from './limits.ts';
export { DONE } from './localState.ts';

/** A broken rule. `actor` is -1 when the check at the end found it. */
export interface Failure {
  readonly rule: string;
  readonly message: string;
  readonly actor: number;
  /** Why there is no progress, when that is what is wrong. */
  readonly kind?: NoProgress;
  /** The round that can go on for ever, when it is known: steps before it, and its steps. */
  readonly round?: Round;
}

/** A round of a livelock. */
export interface Round {
  readonly start: number;
  readonly length: number;
}

/** How an execution ended: null is well. */
export type Outcome = Failure | null;

/** The woken ones are bits of a word. */
const ACTORS = 31;

/** Local states above which the records are dropped between two executions, so that a million executions need no more memory. */
const MOST_LOCAL_STATES = 100_000;

/** Machines at the end that were found well are remembered, up to so many. */
const MOST_PASSED = 100_000;

/** Numbers kept of each step, to take it back. */
const KEPT = 5;

export interface ExecutorOptions {
  /** Follow recorded steps. Without, every step is made by its generator: slower, and the same if all is well. Default true. */
  readonly recorded?: boolean;
  /** Told of every access of steps that are made by generators: whether it writes, and the word. */
  readonly witness?: (writes: boolean, word: number) => void;
}

/** Runs a scenario again and again. Owns the arena; not for use from two places at once. */
export class Executor {
  readonly scenario: Scenario;
  readonly prepared: Prepared;
  readonly arena: Arena;
  readonly tasks: readonly Task[];
  readonly count: number;
  /** Actor of each step of the current execution, and how many there are. */
  readonly schedule: Uint8Array;
  /** Most steps of an execution. */
  readonly limit: number;
  steps = 0;
  /** Point each actor stands at, DONE when it has come to its end. */
  readonly at: Int32Array;
  /** Operation each actor is in. */
  readonly operation: Int32Array;
  /** The last step may have closed a round: its actor came to a local state that was met before the one it left. */
  returned = false;
  /** Actors that are not done, those in the background apart. */
  left = 0;
  readonly #follows: boolean;
  /** Null where no two actors do the same. */
  readonly symmetry: Symmetry | null;
  /** Covers of the scenario that were reached. */
  readonly coverage: Coverage;
  readonly #journal: Journal;
  #states: LocalStates;
  #recorded = new RecordedSteps();
  readonly #recorder: Recorder;
  readonly #feed: Feed;
  readonly #checks: (() => void)[] = [];
  readonly #checkNumbers = new Map<string, number>();
  /** Checks that the step under way has asked for. */
  #pending: number[] = [];
  #leading = false;
  #initial: LocalState[] = [];
  readonly #local: LocalState[] = [];
  /** Hash of the local states of all actors. */
  #localLow = 0;
  #localHigh = 0;
  /** Waiting actors that were woken, a bit each. */
  #woken = 0;
  /** For each step: local state before, journal length, hash before (two), woken. */
  readonly #kept: Int32Array;
  /** A generator of each actor, and where it stands. */
  readonly #generators: (Steps<unknown> | null)[];
  readonly #standsAt: (LocalState | null)[];
  /** A failure before a first point. */
  readonly #failed: Outcome = null;
  readonly #passed = new Set<number>();
  /** Actors in the background, a bit each. */
  readonly #background: number;

  constructor(scenario: Scenario, watch: Watch | null, { recorded = true, witness }: ExecutorOptions = {}) {
    this.scenario = scenario;
    this.limit = scenario.stepLimit ?? STEP_LIMIT;
    this.schedule = new Uint8Array(this.limit);
    this.#kept = new Int32Array(this.limit * KEPT);
    pulse?.begin(SETTING_UP, this.schedule, 0);
    this.prepared = scenario.prepare();
    this.arena = this.prepared.arena;
    this.count = this.prepared.actors.length;
    this.#follows = recorded;
    const first = firstOfEach(this.prepared.actors);
    this.symmetry = first.every((other, i) => other === i) ? null : new Symmetry(this.arena, first);
    this.coverage = new Coverage(this.prepared, first);
    this.#states = new LocalStates(this.symmetry);
    this.#journal = new Journal(this.arena);
    this.#recorder = new Recorder(this.#journal, this, this.symmetry, witness);
    this.#feed = new Feed(this.#journal, this.symmetry);
    // Virtual time stands still: deadlines are for the engines that have time.
    const options = { park: parkStep, clock: () => 0, watch: watch === null ? null : this.#watched(watch) };
    this.tasks = this.prepared.actors.map((_, id) => new Task(this.arena, id, options));
    for (const task of this.tasks) this.arena.words[task.actor + Actor.state] = ActorState.running;
    this.#generators = this.tasks.map(() => null);
    this.#standsAt = this.tasks.map(() => null);
    this.at = new Int32Array(this.count);
    this.operation = new Int32Array(this.count);
    if (this.count > ACTORS)
      throw new RangeError(`scenario ${scenario.name} has ${this.count} actors, at most ${ACTORS} are possible`);
    this.#background = this.prepared.actors.reduce((mask, { background }, i) => (background ? mask | (1 << i) : mask), 0);
    this.#failed = this.#beginAll();
    this.#journal.rebase();
    this.reset();
    pulse?.end();
  }

  /** Back to the beginning: every actor stands at the first point of its first operation. */
  reset(): void {
    this.#journal.undo(0, 0, 0);
    if (this.localStates > MOST_LOCAL_STATES) this.#forget();
    this.steps = 0;
    this.left = 0;
    this.#woken = 0;
    this.#localLow = 0;
    this.#localHigh = 0;
    for (let i = 0; i < this.count; i++) {
      const state = this.#initial[i] as LocalState;
      this.#local[i] = state;
      this.#localLow ^= state.low;
      this.#localHigh ^= state.high;
      this.at[i] = state.at;
      this.operation[i] = state.operation;
      if (state.at !== DONE && !this.isBackground(i)) this.left++;
    }
    if (this.coverage.isOpen) this.coverage.look(this.at);
  }

  /** Drops everything that was recorded. Valid at the beginning only: a path refers to local states by number. */
  #forget(): void {
    this.#states = new LocalStates(this.symmetry);
    this.#recorded = new RecordedSteps();
    this.#standsAt.fill(null);
    this.#initial = this.#initial.map(({ actor, operation, at, wait, locks, reads, log }) =>
      this.#states.intern(actor, operation, at, wait, locks, reads, null, () => log),
    );
  }

  canRun(actor: number): boolean {
    const state = this.#local[actor] as LocalState;
    const { at, wait } = state;
    if (at === DONE || (this.left === 0 && state === this.#initial[actor] && this.isBackground(actor))) return false;
    if (wait.word === 0 || (this.#woken & (1 << actor)) !== 0) return true;
    return wait.mask !== 0 && (this.#journal.get(wait.word) & wait.mask) === wait.value;
  }

  /** Does it repeat its operations for as long as others are there? */
  isBackground(actor: number): boolean {
    return (this.#background & (1 << actor)) !== 0;
  }

  /** What an actor waits for; the word is 0 when it does not. */
  waitOf(actor: number): Wait {
    return (this.#local[actor] as LocalState).wait;
  }

  /** See scheduler.ts. Of a step that went several ways before, all of them count. */
  conflicts(one: number, other: number): boolean {
    const mine = this.#touches(one);
    const theirs = this.#touches(other);
    if (mine === null || theirs === null) return false;
    for (const word of mine[1]) if (theirs[0].has(word) || theirs[1].has(word)) return true;
    for (const word of theirs[1]) if (mine[0].has(word)) return true;
    return false;
  }

  #touches(actor: number): LocalState['touches'] {
    const state = this.#local[actor] as LocalState;
    if (state.touches === null && state.entry !== 0) {
      const isShared = (word: number): boolean => this.#journal.kindOf(word) === Kind.shared;
      const [reads, writes] = this.#recorded.footprint(state.entry);
      state.touches = [new Set([...reads].filter(isShared)), new Set([...writes].filter(isShared))];
    }
    return state.touches;
  }

  /** Writes the actors that can run into `out` and returns their number. */
  runnable(out: Uint8Array): number {
    let n = 0;
    for (let i = 0; i < this.count; i++) if (this.canRun(i)) out[n++] = i;
    return n;
  }

  /** Lets one actor make one step, if fewer than the limit were made. A failure ends the execution. */
  step(actor: number): Outcome {
    const journal = this.#journal;
    const from = this.#local[actor] as LocalState;
    const kept = this.#kept;
    const place = this.steps * KEPT;
    kept[place] = from.id;
    kept[place + 1] = journal.top;
    kept[place + 2] = journal.low;
    kept[place + 3] = journal.high;
    kept[place + 4] = this.#woken;
    this.schedule[this.steps++] = actor;
    this.#woken &= ~(1 << actor);
    try {
      const end = this.#follows && from.entry !== 0 ? this.#recorded.follow(from.entry, journal, this) : -1;
      const to = end === -1 ? this.#live(actor, from) : (this.#states.list[end] as LocalState);
      this.returned = to.id <= from.id;
      this.#arrive(actor, to);
      if (this.coverage.isOpen) this.coverage.look(this.at);
    } catch (error) {
      pulse?.end();
      return thrown(error, actor);
    }
    return null;
  }

  /** Takes the last step back. */
  back(): void {
    this.steps--;
    const kept = this.#kept;
    const place = this.steps * KEPT;
    this.#journal.undo(kept[place + 1] as number, kept[place + 2] as number, kept[place + 3] as number);
    this.#woken = kept[place + 4] as number;
    this.#arrive(this.schedule[this.steps] as number, this.#states.list[kept[place] as number] as LocalState);
  }

  /** Hash of the state: the shared words, and each actor's local state. Two halves of 32 bits. */
  get low(): number {
    return this.#journal.low ^ this.#localLow ^ mix(this.#woken, 0, LOW);
  }

  get high(): number {
    return this.#journal.high ^ this.#localHigh ^ mix(this.#woken, 0, HIGH);
  }

  /** Back to the beginning; from now on {@link look} knows the state. Every write costs more until {@link forgetTwins}. */
  watchTwins(symmetry: Symmetry): void {
    this.reset();
    this.#journal.symmetry = symmetry;
    symmetry.begin((word) => this.#journal.kindOf(word) !== Kind.private);
  }

  forgetTwins(): void {
    this.#journal.symmetry = null;
  }

  /**
   * Hash of the state in `symmetry.keyLow` and `keyHigh`, the same for states that differ only in which of interchangeable actors
   * is where. The actor `current`, or -1, counts as marked.
   */
  look(symmetry: Symmetry, current: number): void {
    symmetry.look(this.#local, this.#woken, current);
  }

  /** Local states met so far, of all actors. */
  get localStates(): number {
    return this.#states.list.length;
  }

  /** For recorded steps. */
  wake(word: number): void {
    for (let i = 0; i < this.count; i++) {
      const { wait } = this.#local[i] as LocalState;
      if (wait.word === word && wait.mask === 0) this.#woken |= 1 << i;
    }
  }

  /** For recorded steps. */
  check(number: number): void {
    (this.#checks[number] as () => void)();
  }

  #arrive(actor: number, state: LocalState): void {
    const from = this.#local[actor] as LocalState;
    this.#local[actor] = state;
    this.#localLow ^= from.low ^ state.low;
    this.#localHigh ^= from.high ^ state.high;
    this.at[actor] = state.at;
    this.operation[actor] = state.operation;
    if (this.isBackground(actor)) return;
    if (state.at === DONE) this.left--;
    else if (from.at === DONE) this.left++;
  }

  /** Makes a step with the generator, and keeps what it did. */
  #live(actor: number, from: LocalState): LocalState {
    pulse?.begin(actor, this.schedule, this.steps);
    if (this.#standsAt[actor] !== from) this.#lead(actor, from);
    const before = useMemory(this.#recorder);
    this.#recorder.begin(actor, from.reads, from.at);
    this.#pending = [];
    this.#standsAt[actor] = null;
    let state: LocalState;
    try {
      state = this.#advance(actor, from);
    } finally {
      useMemory(before);
      pulse?.end();
    }
    this.#standsAt[actor] = state;
    for (const number of this.#pending) this.check(number);
    if (this.#follows) {
      from.entry = this.#recorded.keep(from.entry, this.#recorder.finish(state.id));
      from.touches = null;
    }
    return state;
  }

  /** Runs a new generator to where `state` is, with what was read on the way. */
  #lead(actor: number, state: LocalState): void {
    const way: LocalState[] = [];
    for (let at: LocalState | null = state; at !== null; at = at.parent) way.push(at);
    const generator = this.#operation(actor, state.operation) as Steps<unknown>;
    const before = useMemory(this.#feed);
    this.#leading = true;
    this.#feed.begin(actor);
    try {
      for (let at = way.pop(); at !== undefined; at = way.pop()) {
        this.#feed.lead(at);
        const { done, value } = generator.next();
        if (done || value !== at.at || !this.#feed.hasReached(at)) {
          throw new Nondeterministic(`${this.nameOf(actor)} went another way when it was led the same way again`);
        }
      }
    } finally {
      this.#leading = false;
      useMemory(before);
    }
    this.#generators[actor] = generator;
  }

  #operation(actor: number, operation: number): Steps<unknown> | null {
    const make = this.prepared.actors[actor]?.operations[operation];
    return make === undefined ? null : make(this.tasks[actor] as Task);
  }

  #advance(actor: number, from: LocalState): LocalState {
    const { done, value } = (this.#generators[actor] as Steps<unknown>).next();
    return done ? this.#take(actor, this.#after(actor, from.operation, value)) : this.#stand(actor, from.operation, value, from);
  }

  /** The operation that follows when one has come to its end. */
  #after(actor: number, operation: number, result: unknown): number {
    const { actor: record } = this.tasks[actor] as Task;
    if (this.arena.words[record + Actor.heldMask] !== 0) {
      const held = heldLocks(this.arena, record).join(', ');
      throw new Violation('I-LOCK', `${this.nameOf(actor)} ends an operation while it holds ${held}`);
    }
    if (result === AGAIN) return operation;
    const next = operation + 1;
    return this.isBackground(actor) && next === this.prepared.actors[actor]?.operations.length ? 0 : next;
  }

  /** Takes up an operation of an actor and runs it to its first point. One without any is over at once. */
  #take(actor: number, first: number): LocalState {
    for (let operation = first; ; ) {
      const generator = this.#operation(actor, operation);
      this.#generators[actor] = generator;
      this.#recorder.forgetAll();
      if (generator === null) return this.#stand(actor, operation, DONE, null);
      const { done, value } = generator.next();
      if (!done) return this.#stand(actor, operation, value, null);
      const next = this.#after(actor, operation, value);
      if (next === operation)
        throw new Error(`operation ${operation} of ${this.nameOf(actor)} asks to be done again at once, for ever`);
      operation = next;
    }
  }

  #stand(actor: number, operation: number, at: number, parent: LocalState | null): LocalState {
    const { observed, log } = this.#recorder;
    return this.#states.intern(actor, operation, at, this.#waitOf(actor), this.#locksOf(actor), observed, parent, log);
  }

  #locksOf(actor: number): number {
    const record = (this.tasks[actor] as Task).actor;
    return mix(this.arena.words[record + Actor.heldMask] as number, this.arena.words[record + Actor.heldCount] as number, LOW);
  }

  #waitOf(actor: number): Wait {
    const { words } = this.arena;
    const record = (this.tasks[actor] as Task).actor;
    const word = words[record + Actor.waitWord] as number;
    if (word === 0) return NO_WAIT;
    return { word, value: words[record + Actor.waitValue] as number, mask: words[record + Actor.waitMask] as number };
  }

  /** Brings every actor to its first point. */
  #beginAll(): Outcome {
    const before = useMemory(this.#recorder);
    let failed: Outcome = null;
    try {
      for (let i = 0; i < this.count; i++) {
        this.#recorder.begin(i, NO_READS, 0);
        this.#initial.push(this.#take(i, 0));
      }
    } catch (error) {
      failed = thrown(error, this.#initial.length);
      while (this.#initial.length < this.count) this.#initial.push(this.#stand(this.#initial.length, 0, DONE, null));
    } finally {
      useMemory(before);
    }
    return failed;
  }

  /** Checks run at the end of the step that asks for them, over the memory as it is; what they read is not the actor's. */
  #watched(watch: Watch): Watch {
    return {
      installed: (task, mirror, start, end) => {
        if (this.#leading) return;
        const key = `${task.id} ${mirror} ${start} ${end}`;
        let number = this.#checkNumbers.get(key);
        if (number === undefined) {
          number = this.#checks.push(() => watch.installed(task, mirror, start, end)) - 1;
          this.#checkNumbers.set(key, number);
        }
        this.#recorder.check(number);
        this.#pending.push(number);
      },
      // Time stands still.
      faultStable: () => {},
    };
  }

  /** What is to be said where an execution ends: everybody is done, or nobody can go on, or it goes round for ever. */
  conclude(): Outcome {
    if (this.#failed !== null) return this.#failed;
    for (let i = 0; i < this.count; i++) if (this.canRun(i)) return this.steps < this.limit ? goesRound(this) : endless(this);
    if (this.left > 0) return stuck(this);
    this.coverage.lookAtEnd(this.at);
    const key = (this.low >>> 0) * 2 ** 21 + ((this.high >>> 0) & 0x1fffff);
    if (this.#passed.has(key)) return null;
    const [finding] = this.#checkEnd();
    if (finding !== undefined) return { ...finding, actor: -1 };
    if (this.#passed.size >= MOST_PASSED) this.#passed.clear();
    this.#passed.add(key);
    return null;
  }

  #checkEnd(): Finding[] {
    pulse?.begin(CHECKING, this.schedule, this.steps);
    const findings = this.prepared.check();
    pulse?.end();
    return findings;
  }

  nameOf(actor: number): string {
    return this.prepared.actors[actor]?.name ?? `actor ${actor}`;
  }
}

function thrown(error: unknown, actor: number): Failure {
  if (error instanceof Violation) return { rule: error.rule, message: error.detail, actor };
  if (error instanceof Nondeterministic) return { rule: 'I-DETERM', message: error.message, actor };
  return { rule: 'I-CRASH', message: error instanceof Error ? error.message : String(error), actor };
}
