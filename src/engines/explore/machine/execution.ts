/**
 * One execution under control: actors are generators, and one of them makes one step at a time. A step runs from a point to
 * the next. Steps made before are not run again but followed as recorded (recordedSteps.ts), and every step can be taken back.
 * An actor that waits is runnable again once it was woken.
 */

import type { Arena } from '../../../arena/arena.ts';
import { useRanges } from '../../../arena/serialRanges.ts';
import { UsageError } from '../../../input/usageError.ts';
import type { Finding } from '../../../oracles/finding.ts';
import { guardCheck } from '../../../oracles/guards.ts';
import type { Prepared, Scenario } from '../../../scenarios/kit/scenario.ts';
import { Frames } from '../../../steps/frames.ts';
import type { Task, Watch } from '../../../sync/task.ts';
import { Coverage } from './coverage.ts';
import { type Outcome, thrown } from './failure.ts';
import { Feed } from './feed.ts';
import { Generators } from './generators.ts';
import { grown } from './grown.ts';
import { mixHigh, mixLow } from './hash.ts';
import { LiveValues } from './liveValues.ts';
import { DONE, type LocalState, LocalStates, type Wait } from './localState.ts';
import { LookAhead } from './lookAhead.ts';
import { LookingOn } from './lookingOn.ts';
import { meets } from './meetings.ts';
import { CHECKING, pulse, SETTING_UP } from './pulse.ts';
import { Nondeterministic, RecordedSteps } from './recordedSteps.ts';
import { Recorder } from './recorder.ts';
import { SerialKey } from './serialKey.ts';
import { Serials } from './serials.ts';
import { StepChecks } from './stepChecks.ts';
import { type StepShape, StepShapes } from './stepShape.ts';
import { firstOfEach, Symmetry } from './symmetry.ts';
import { tasksOf } from './tasks.ts';
import { UndoLog } from './undoLog.ts';
import type { Way } from './ways.ts';

export { DONE } from './localState.ts';

/** Most steps of an execution, where the scenario does not say otherwise. */
export const STEP_LIMIT = 20_000;

/** The woken ones are bits of a word. */
const ACTORS = 31;

/** Local states above which the records are dropped between two executions, so that a million executions need no more memory. */
const MOST_LOCAL_STATES = 100_000;

/** Numbers kept of each step, to take it back: local state before, undoLog length, hash before (two), woken. */
const KEPT = 5;

export interface ExecutorOptions {
  /** Follow recorded steps. Without, every step is made by its generator: slower, and the same if all is well. Default true. */
  readonly recorded?: boolean;
  /** What of an actor's past counts: what it will still use (the default), or all that its operation has read. */
  readonly memory?: 'live' | 'history';
  /**
   * Try each step with generators that have come to where it begins on all ways, or some hundred of them: what a local state leaves out
   * must not matter. Much slower. Default false: some of the steps are tried so.
   */
  readonly ways?: boolean;
  /** Take states that differ only in how far serial numbers have counted for one. Slower; like actors are told apart. Default false. */
  readonly serials?: boolean;
  /** Told of every access of steps that are made by generators: whether it writes, and the word. */
  readonly witness?: (writes: boolean, word: number) => void;
  /** Where the calls of an actor are recorded: made for each of them, in their order, and then for one more. */
  readonly newFrames?: () => Frames;
}

/** Runs a scenario again and again. Owns the arena; not for use from two places at once. */
export class Executor {
  readonly scenario: Scenario;
  readonly prepared: Prepared;
  readonly arena: Arena;
  readonly tasks: readonly Task[];
  readonly count: number;
  /** Actor of each step of the current execution; `steps` of them are valid. */
  schedule = new Uint8Array(64);
  /** Most steps of an execution. */
  readonly limit: number;
  steps = 0;
  /** First steps of the schedule that have been told to who watches this thread. */
  #told = 0;
  /** Point each actor stands at, DONE when it has come to its end. */
  readonly at: Int32Array;
  /** Operation each actor is in. */
  readonly operation: Int32Array;
  /** Actors that are not done, those in the background apart. */
  left = 0;
  /** What went wrong before an actor's first point. */
  readonly failedAtOnce: Outcome;
  /** Null where no two actors do the same. */
  readonly symmetry: Symmetry | null;
  /** Covers of the scenario that were reached. */
  readonly coverage: Coverage;
  /** Null where states are told apart by serial numbers as by everything. */
  readonly serials: Serials | null;
  readonly #key: SerialKey | null;
  /** The key is that of the state as it is. */
  #isKeyed = false;
  readonly #watch: Watch | null;
  readonly #options: ExecutorOptions;
  readonly #follows: boolean;
  readonly #triesWays: boolean;
  readonly #undoLog: UndoLog;
  readonly #generators: Generators;
  readonly #recorder: Recorder;
  readonly #checks = new StepChecks();
  readonly #lookingOn: LookingOn;
  readonly #states: LocalStates;
  readonly #recorded = new RecordedSteps();
  readonly #ahead: LookAhead;
  readonly shapes: StepShapes;
  /** Told of the words that checks in steps look at, while somebody asks for it. */
  #lookedAt: ((word: number) => void) | null = null;
  /** Checks that the step under way has asked for. */
  #pending: number[] = [];
  readonly #initial: LocalState[] = [];
  readonly #local: LocalState[] = [];
  /** Hash of the local states of all actors, and of what could be seen of them from outside. */
  #localLow = 0;
  #localHigh = 0;
  /** How many promotions there were when the execution began. */
  #promotions = 0;
  /** Waiting actors that were woken, a bit each; and those that were before the first step. */
  #woken = 0;
  #wokenAtFirst = 0;
  /** Whose step is under way. */
  #acting = 0;
  #kept = new Int32Array(64 * KEPT);
  /** Actors in the background, a bit each. */
  readonly #background: number;

  /** @throws UsageError when the scenario has more actors than fit. */
  constructor(scenario: Scenario, watch: Watch | null, options: ExecutorOptions = {}) {
    const { recorded = true, memory = 'live', ways = false, serials = false, witness, newFrames = () => new Frames() } = options;
    this.scenario = scenario;
    this.#watch = watch;
    this.#options = options;
    this.limit = scenario.stepLimit ?? STEP_LIMIT;
    pulse.begin(SETTING_UP, this.schedule, 0);
    this.serials = serials ? new Serials() : null;
    this.prepared = withRanges(this.serials, () => scenario.prepare());
    const { actors, arena } = this.prepared;
    this.arena = arena;
    this.count = actors.length;
    if (this.count > ACTORS)
      throw new UsageError(`scenario ${scenario.name} has ${this.count} actors, at most ${ACTORS} are possible`);
    this.#follows = recorded;
    this.#triesWays = ways;
    const first = firstOfEach(actors);
    this.symmetry = serials || first.every((other, i) => other === i) ? null : new Symmetry(arena, first);
    this.coverage = new Coverage(this.prepared, first);
    this.#states = new LocalStates(this.symmetry);
    this.#undoLog = new UndoLog(arena, this.serials);
    this.#key = this.serials === null ? null : new SerialKey(this.serials, this.#undoLog);
    // Where no oracle listens, nobody asks for locks either.
    const guard = watch === null ? null : guardCheck(arena);
    this.#recorder = new Recorder(this.#undoLog, this, this.symmetry, this.serials, witness, guard);
    this.#lookingOn = new LookingOn(arena, this.#undoLog, this.symmetry, this.serials);
    const watched = watch === null ? null : this.#checks.deferred(watch, (number) => this.#ask(number));
    this.tasks = tasksOf(this.prepared, this.symmetry, watched);
    this.#generators = new Generators(actors, this.tasks, {
      recorder: this.#recorder,
      feed: new Feed(this.#undoLog, this.symmetry, this.serials),
      symmetry: this.symmetry,
      values: memory === 'live' ? new LiveValues(arena, this.serials) : null,
      keepsWays: ways,
      newFrames,
    });
    this.at = new Int32Array(this.count);
    this.operation = new Int32Array(this.count);
    this.#ahead = new LookAhead(this, this.#undoLog, this.#recorded, this.#states);
    this.shapes = new StepShapes(this.#recorded, this.#undoLog, this.coverage, this);
    this.#background = actors.reduce((mask, { background }, i) => (background ? mask | (1 << i) : mask), 0);
    this.serials?.standsAtFirst((word) => this.#undoLog.get(word));
    this.failedAtOnce = withRanges(this.serials, () => this.#beginAll());
    this.#undoLog.rebase();
    this.reset();
    pulse.end();
  }

  /** Brings every actor to its first point. */
  #beginAll(): Outcome {
    let failed: Outcome = null;
    try {
      for (let i = 0; i < this.count; i++) {
        this.#acting = i;
        this.#initial.push(this.#generators.begin(i, this.#states));
        this.#local.push(this.#initial[i] as LocalState);
        this.serials?.stepMade(this.#local);
        this.#check();
      }
    } catch (error) {
      failed = thrown(error, this.#initial.length);
      while (this.#initial.length < this.count) this.#initial.push(this.#generators.idle(this.#initial.length, this.#states));
    }
    this.#wokenAtFirst = this.#woken;
    return failed;
  }

  /** Another one of the same scenario, to which states are the same that differ only in how far serial numbers have counted. */
  bySerials(): Executor {
    return new Executor(this.scenario, this.#watch, { ...this.#options, serials: true });
  }

  /** Another one of the same scenario, which records no steps: for long runs whose states do not come again. */
  unrecorded(): Executor {
    return new Executor(this.scenario, null, { recorded: false, memory: 'history' });
  }

  /** Are the words those of the other one, which has serial numbers where the kernel has them? */
  isLike(other: Executor): boolean {
    const theirs = other.snapshot();
    return this.snapshot().every((value, word) => this.serials?.inKernel(word, value) === theirs[word]);
  }

  /** Back to the beginning: every actor stands at the first point of its first operation. */
  reset(): void {
    this.#undoLog.undo(0, 0, 0);
    this.#promotions = this.promotions;
    if (this.localStates > MOST_LOCAL_STATES) this.#forget();
    this.steps = 0;
    this.#told = 0;
    this.#isKeyed = false;
    this.left = 0;
    this.#woken = this.#wokenAtFirst;
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
    if (this.coverage.isOpen) this.coverage.look(this.at, -1);
  }

  /** Drops everything that was recorded. Valid at the beginning only: a path refers to local states by number. */
  #forget(): void {
    this.#states.forget();
    this.#recorded.forget();
    this.shapes.forget();
    this.#generators.forget();
    for (const [i, state] of this.#initial.entries())
      this.#initial[i] = this.#states.intern(state, { parent: null, before: state.before, log: () => state.log });
  }

  canRun(actor: number): boolean {
    const state = this.#local[actor] as LocalState;
    if (state.at === DONE) return false;
    // Who is in the background goes on to the beginning of its operations when everybody else is done.
    if (this.left === 0 && state.operation === 0 && state.isFirst && this.isBackground(actor)) return false;
    const { wait } = state;
    if (wait.word === 0 || (this.#woken & (1 << actor)) !== 0) return true;
    return wait.mask !== 0 && (this.#undoLog.get(wait.word) & wait.mask) === wait.value;
  }

  /** Does it repeat its operations for as long as others are there? */
  isBackground(actor: number): boolean {
    return (this.#background & (1 << actor)) !== 0;
  }

  get hasBackground(): boolean {
    return this.#background !== 0;
  }

  /** What an actor waits for; the word is 0 when it does not. */
  waitOf(actor: number): Wait {
    return (this.#local[actor] as LocalState).wait;
  }

  /** Number of the local state an actor is in. */
  localStateOf(actor: number): number {
    return (this.#local[actor] as LocalState).id;
  }

  /** Words that were read on the way to a local state, since its last point, in order. */
  wordsReadBefore(localState: number): readonly number[] {
    const { log } = this.#states.list[localState] as LocalState;
    return Array.from({ length: log.length / 2 }, (_, i) => log[2 * i] as number);
  }

  /** Has the last step, with this outcome, taken a lock that its actor may have had to wait for? It may have done so, and failed then. */
  tookLock(outcome: Outcome): boolean {
    if (outcome === null) return this.wasGranted(this.#acting);
    const end = this.#recorded.failedOnItsWayTo();
    return (end === -1 ? this.#recorder.granted : (this.#states.list[end] as LocalState).granted) !== 0;
  }

  /** Has the last step of the actor taken a lock that it may have to wait for? */
  wasGranted(actor: number): boolean {
    return (this.#local[actor] as LocalState).granted !== 0;
  }

  /** See scheduler.ts. */
  conflicts(one: number, other: number): boolean {
    return this.#ahead.conflicts(this.#local[one] as LocalState, this.#local[other] as LocalState);
  }

  /** Does the actor's next step touch nothing that anybody else, or a check, could notice? */
  isQuiet(actor: number): boolean {
    return this.#ahead.isQuiet(this.#local[actor] as LocalState);
  }

  /** Are steps recorded, so that it can be told what they touch? */
  get follows(): boolean {
    return this.#follows;
  }

  /** What the actor's next step touches. It is made, and taken back, if nobody has made it yet. Null if it fails then. */
  shapeAhead(actor: number): StepShape | null {
    const from = this.#local[actor] as LocalState;
    let place = from.entry === 0 ? -1 : this.#recorded.placeAhead(from.entry, this.#undoLog);
    if (place === -1) {
      const outcome = this.step(actor);
      ({ place } = this.#recorded);
      this.back();
      if (outcome !== null) return null;
    }
    return this.shapes.of(place, from, this.#states.list[this.#recorded.endOf(place)] as LocalState);
  }

  /** What the last step, which went well, has touched. */
  get shapeMade(): StepShape {
    const from = this.#states.list[this.#kept[(this.steps - 1) * KEPT] as number] as LocalState;
    return this.shapes.of(this.#recorded.place, from, this.#local[from.actor] as LocalState);
  }

  /** Makes a step as {@link step} does, and calls `lookedAt` with each word that its checks look at. */
  stepLookedAt(actor: number, lookedAt: (word: number) => void): Outcome {
    this.#lookedAt = lookedAt;
    const outcome = this.step(actor);
    this.#lookedAt = null;
    return outcome;
  }

  /** For {@link LookAhead}. */
  localOf(actor: number): LocalState {
    return this.#local[actor] as LocalState;
  }

  /** For {@link LookAhead}. */
  isWatched(point: number): boolean {
    return this.coverage.isWatched(point);
  }

  /** Writes the actors that can run into `out` and returns their number. */
  runnable(out: Uint8Array): number {
    let n = 0;
    for (let i = 0; i < this.count; i++) if (this.canRun(i)) out[n++] = i;
    return n;
  }

  /** Lets one actor make one step. A failure ends the execution; the step counts, and can be taken back. */
  step(actor: number): Outcome {
    const undoLog = this.#undoLog;
    const from = this.#local[actor] as LocalState;
    if (this.steps === this.schedule.length) this.#grow();
    const kept = this.#kept;
    const place = this.steps * KEPT;
    kept[place] = from.id;
    kept[place + 1] = undoLog.top;
    kept[place + 2] = undoLog.low;
    kept[place + 3] = undoLog.high;
    kept[place + 4] = this.#woken;
    this.schedule[this.steps++] = actor;
    this.#woken &= ~(1 << actor);
    this.#acting = actor;
    this.#isKeyed = false;
    try {
      const isFollowed = this.#follows && from.entry !== 0 && !this.#generators.isToBeTried(actor, from);
      const end = isFollowed ? this.#recorded.follow(from.entry, undoLog, this) : -1;
      const to = end === -1 ? this.#live(actor, from) : (this.#states.list[end] as LocalState);
      this.serials?.stepMade(this.#local);
      this.#arrive(actor, to);
      if (this.#triesWays && this.canRun(actor)) this.#tryWays(actor, this.#local[actor] as LocalState);
      if (this.coverage.isOpen) this.coverage.look(this.at, actor);
    } catch (error) {
      pulse.end();
      return thrown(error, actor);
    }
    return null;
  }

  #grow(): void {
    this.schedule = grown(this.schedule);
    this.#kept = grown(this.#kept);
  }

  /** Takes the last step back. */
  back(): void {
    this.steps--;
    if (this.steps < this.#told) this.#told = this.steps;
    this.#isKeyed = false;
    const kept = this.#kept;
    const place = this.steps * KEPT;
    this.#undoLog.undo(kept[place + 1] as number, kept[place + 2] as number, kept[place + 3] as number);
    this.#woken = kept[place + 4] as number;
    this.#arrive(this.schedule[this.steps] as number, this.#states.list[kept[place] as number] as LocalState);
  }

  /** Hash of the state: the shared words, and each actor's local state. Two halves of 32 bits. */
  get low(): number {
    return this.#key === null ? this.exactLow : this.#keyed(this.#key).low;
  }

  get high(): number {
    return this.#key === null ? this.exactHigh : this.#keyed(this.#key).high;
  }

  /** The same, with all states told apart. */
  get exactLow(): number {
    return this.#undoLog.low ^ this.#localLow ^ mixLow(this.#woken, 0);
  }

  get exactHigh(): number {
    return this.#undoLog.high ^ this.#localHigh ^ mixHigh(this.#woken, 0);
  }

  #keyed(key: SerialKey): SerialKey {
    if (!this.#isKeyed) key.look(this.#local, this.exactLow, this.exactHigh);
    this.#isKeyed = true;
    return key;
  }

  /** Hash of what could be seen of all actors from outside: where they stand, what they hold and wait for. Not the words. */
  get control(): number {
    return this.#local.reduce((hash, { control }) => hash ^ control, mixLow(this.#woken, 1));
  }

  /** How often it turned out that the state has more to it: a hash from before does not compare with one from after. */
  get promotions(): number {
    return this.#undoLog.promotions;
  }

  /** Fields of the actors' records that turned out to be part of the state. */
  get promoted(): readonly number[] {
    return this.#undoLog.promoted;
  }

  /** Others have learnt that these fields are part of the state, too. */
  promote(fields: readonly number[]): void {
    for (const field of fields) if (!this.promoted.includes(field)) this.#undoLog.promote(field);
  }

  /** Makes sure that the hashes of all states of the execution compare: where one of its steps was a promotion, it is made once more. */
  refresh(): void {
    while (this.#promotions !== this.promotions) {
      const schedule = this.schedule.slice(0, this.steps);
      this.reset();
      for (const actor of schedule) this.step(actor);
    }
  }

  /** All words, for a comparison of two moments. */
  snapshot(): Int32Array {
    return this.#undoLog.snapshot();
  }

  /** Back to the beginning; from now on {@link look} knows the state. Every write costs more until {@link forgetTwins}. */
  watchTwins(symmetry: Symmetry): void {
    this.reset();
    this.#undoLog.symmetry = symmetry;
    symmetry.begin((word) => this.#undoLog.counts(word));
  }

  forgetTwins(): void {
    this.#undoLog.symmetry = null;
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

  /** For recorded steps. The actor that makes the step does not wait any more. */
  wake(word: number): void {
    for (let i = 0; i < this.#local.length; i++) {
      const { wait } = this.#local[i] as LocalState;
      if (i !== this.#acting && wait.word === word && wait.mask === 0) this.#woken |= 1 << i;
    }
  }

  /** For recorded steps. */
  check(number: number): void {
    const lookedAt = this.#lookedAt;
    if (lookedAt === null && this.serials === null) this.#checks.run(number);
    else this.#lookingOn.run(() => this.#checks.run(number), lookedAt);
  }

  #arrive(actor: number, state: LocalState): void {
    const from = this.#local[actor] as LocalState;
    this.#local[actor] = state;
    this.#localLow ^= from.low ^ state.low;
    this.#localHigh ^= from.high ^ state.high;
    this.at[actor] = state.at;
    meets(this.at, actor);
    this.operation[actor] = state.operation;
    if (this.isBackground(actor)) return;
    if (state.at === DONE) this.left--;
    else if (from.at === DONE) this.left++;
  }

  /** Makes the actor's next step by a generator that has come on each of the ways to where it begins, and takes it back each time. */
  #tryWays(actor: number, from: LocalState): void {
    const { top, low, high } = this.#undoLog;
    const [woken, lookedAt] = [this.#woken, this.#lookedAt];
    // What is known of the step before goes on to be known.
    const { place } = this.#recorded;
    this.#lookedAt = null;
    const made = new Map<string, Way>();
    for (const way of this.#generators.waysTo(from)) {
      this.#generators.stand(actor, way);
      try {
        made.set(`comes to ${this.#live(actor, from).id}`, way);
      } catch (error) {
        if (error instanceof Nondeterministic) throw error;
        made.set(`fails: ${thrown(error, actor)?.message}`, way);
      }
      this.#undoLog.undo(top, low, high);
      this.#woken = woken;
    }
    this.#lookedAt = lookedAt;
    this.#recorded.place = place;
    if (made.size > 1)
      throw new Nondeterministic(
        `what an actor does next depends on how it has come to where it is: it ${[...made.keys()].join(', or ')}`,
      );
  }

  /** Makes a step with the generator, and keeps what it did. */
  #live(actor: number, from: LocalState): LocalState {
    this.#tell(actor);
    this.#pending = [];
    this.#recorded.checking = 0;
    let to: LocalState;
    const before = useRanges(this.serials);
    try {
      to = this.#generators.step(actor, from, this.#states);
    } finally {
      useRanges(before);
      pulse.end();
    }
    this.#check();
    if (this.#follows) {
      from.entry = this.#recorded.keep(from.entry, this.#recorder.finish(to.id));
      // There may be one more way that the step can go.
      from.touches = null;
      from.quiet = -1;
    }
    return to;
  }

  /** Makes the checks that were asked for, over the memory as it is. */
  #check(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const number of pending) this.#lookingOn.run(() => this.#checks.run(number), this.#lookedAt);
  }

  /** Says what is begun, to who watches this thread. */
  #tell(at: number): void {
    pulse.begin(at, this.schedule, this.steps, this.#told);
    this.#told = this.steps;
  }

  /** A driver asks for a check of the step under way. */
  #ask(number: number): void {
    if (this.#generators.leading) return;
    this.#recorder.check(number);
    this.#pending.push(number);
  }

  /** What the scenario finds wrong at the end. */
  findings(): Finding[] {
    this.#tell(CHECKING);
    const findings = this.#lookingOn.run(() => this.prepared.check());
    pulse.end();
    return findings;
  }

  nameOf(actor: number): string {
    return this.prepared.actors[actor]?.name ?? `actor ${actor}`;
  }
}

function withRanges<T>(serials: Serials | null, run: () => T): T {
  const before = useRanges(serials);
  try {
    return run();
  } finally {
    useRanges(before);
  }
}
