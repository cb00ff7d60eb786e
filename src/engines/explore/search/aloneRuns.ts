/**
 * For each state on the path of a search and each actor: the steps that the actor makes if it goes on alone from there, as far as
 * they were asked for. An actor alone has no choice, so that is one sequence of steps. What is known of a state holds for the next
 * one on the path too, up to the first step that conflicts with the one that led there.
 */
import type { Executor } from '../machine/execution.ts';
import { grown } from '../machine/grown.ts';
import type { Wait } from '../machine/localState.ts';
import { changesKey, changesWord, type StepShape, waitersKey, wordKey } from '../machine/stepShape.ts';
import { ALONE, spins } from './countingRound.ts';
import { SPINS } from './options.ts';
import type { Patience } from './patience.ts';

/** How a run ends: `open`, not known so far; `rest`, the actor waits or is done; `unknown`, it fails, goes round, goes on for too long, or it was enough. */
const End = { open: 0, rest: 1, unknown: 2 } as const;

/** Most steps of a run that are looked at. */
const MOST_ALONE = 10_000;

/** Words that the checks of steps have looked at, by the place of the step in the list. */
type LookedAt = Map<number, readonly number[]>;

export class AloneRuns {
  readonly #executor: Executor;
  readonly #actors: number;
  readonly #patience: Patience;
  /** Numbers of shapes, one run behind the other; runs of later states share the steps with those of earlier ones. */
  #steps = new Int32Array(1 << 8);
  #top = 0;
  readonly #lookedAt: LookedAt = new Map();
  /** By depth: where the list ended when the state was left for the next one. */
  #tops = new Int32Array(64);
  /** By depth and actor: where the run begins, how many of its steps are known, and how it ends. */
  #starts: Int32Array;
  #lengths: Int32Array;
  #ends: Uint8Array;
  /** What the actor waits for where its run comes to rest: see {@link waitKey}. */
  #waits: Int32Array;
  /** Depth of the state the executor is in when the runs are asked for. */
  #depth = 0;

  constructor(executor: Executor, patience: Patience) {
    this.#executor = executor;
    this.#patience = patience;
    this.#actors = executor.count;
    this.#starts = new Int32Array(64 * this.#actors);
    this.#lengths = new Int32Array(64 * this.#actors);
    this.#ends = new Uint8Array(64 * this.#actors);
    this.#waits = new Int32Array(64 * this.#actors);
  }

  /** The path begins, or has gone on to the state the executor is in by the step that was made last. */
  arrive(): void {
    const { steps: depth, count } = this.#executor;
    while (depth >= this.#tops.length) this.#tops = grown(this.#tops);
    while ((depth + 1) * count > this.#starts.length) {
      this.#starts = grown(this.#starts);
      this.#lengths = grown(this.#lengths);
      this.#ends = grown(this.#ends);
      this.#waits = grown(this.#waits);
    }
    this.#depth = depth;
    this.#top = depth === 0 ? 0 : (this.#tops[depth - 1] as number);
    if (depth === 0) {
      this.#lengths.fill(0, 0, count);
      this.#ends.fill(End.open, 0, count);
    } else this.#follow(this.#executor.schedule[depth - 1] as number, this.#executor.shapeMade);
    this.#tops[depth] = this.#top;
  }

  /** Takes over what still holds of the runs from the state before. */
  #follow(maker: number, shape: StepShape): void {
    const actors = this.#actors;
    const own = (this.#depth - 1) * actors + maker;
    const lookedAt = !shape.checks ? NOTHING : this.#lengths[own] === 0 ? null : this.#wordsOf(this.#starts[own] as number);
    for (let actor = 0; actor < actors; actor++) {
      const before = (this.#depth - 1) * actors + actor;
      const at = before + actors;
      const start = this.#starts[before] as number;
      const length = this.#lengths[before] as number;
      const end = this.#ends[before] as number;
      this.#starts[at] = start;
      this.#lengths[at] = length;
      this.#ends[at] = end;
      this.#waits[at] = this.#waits[before] as number;
      if (actor === maker) {
        this.#starts[at] = start + 1;
        this.#lengths[at] = Math.max(0, length - 1);
        if (length === 0) this.#ends[at] = End.open;
        continue;
      }
      const holds = lookedAt === null ? 0 : this.#firstConflict(shape, lookedAt, start, length);
      this.#lengths[at] = holds;
      if (holds < length || lookedAt === null || (end === End.rest && changesKey(shape, this.#waits[at] as number)))
        this.#ends[at] = End.open;
    }
  }

  #wordsOf(at: number): readonly number[] {
    return this.#lookedAt.get(at) as readonly number[];
  }

  /** Steps of a run up to the first that conflicts with the step; `length` if none does. */
  #firstConflict(shape: StepShape, lookedAt: readonly number[], start: number, length: number): number {
    for (let i = 0; i < length; i++) if (this.#meets(shape, lookedAt, start + i)) return i;
    return length;
  }

  #meets(shape: StepShape, lookedAt: readonly number[], at: number): boolean {
    const { shapes } = this.#executor;
    const other = shapes.numbered(this.#steps[at] as number);
    if (shapes.conflict(shape, other)) return true;
    if (other.checks && this.#wordsOf(at).some((word) => changesWord(shape, word))) return true;
    return lookedAt.some((word) => changesWord(other, word));
  }

  /** The actor's next step; null if it cannot run, or fails. */
  next(actor: number): StepShape | null {
    const at = this.#depth * this.#actors + actor;
    if (this.#lengths[at] === 0 && this.#ends[at] === End.open) this.#extend(actor, null, NOTHING);
    if (this.#lengths[at] === 0) return null;
    return this.#executor.shapes.numbered(this.#steps[this.#starts[at] as number] as number);
  }

  /** Does a step of the run of `actor` conflict with the next step of `other`, or is that not known? Both can run. */
  conflicts(other: number, actor: number): boolean {
    const shape = this.next(other);
    if (shape === null) return true;
    const at = this.#depth * this.#actors + actor;
    const first = this.#starts[this.#depth * this.#actors + other] as number;
    const lookedAt = shape.checks ? this.#wordsOf(first) : NOTHING;
    const start = this.#starts[at] as number;
    const length = this.#lengths[at] as number;
    if (this.#firstConflict(shape, lookedAt, start, length) < length) return true;
    if (this.#ends[at] === End.open) return this.#extend(actor, shape, lookedAt);
    return this.#ends[at] === End.unknown;
  }

  /**
   * Follows the run of an actor beyond what is known of it, up to the first step that conflicts with `shape`, or to its end; without
   * a shape `most` steps further. True if it has come to such a step, or cannot tell whether there is one.
   */
  #extend(actor: number, shape: StepShape | null, lookedAt: readonly number[], most = 1): boolean {
    const executor = this.#executor;
    const at = this.#depth * this.#actors + actor;
    this.#copyToTop(at);
    let known = this.#lengths[at] as number;
    for (let i = 0; i < known; i++) executor.step(actor);
    const first = known;
    let [low, high, compared] = [executor.low, executor.high, 1];
    let end: number = End.open;
    let stops = false;
    while (end === End.open && !stops) {
      if (!executor.canRun(actor)) end = End.rest;
      else if (this.#patience.step() || !this.#append(actor)) end = End.unknown;
      else {
        known++;
        stops = shape === null ? known - first === most : this.#meets(shape, lookedAt, this.#top - 1);
        const goesRound = executor.low === low && executor.high === high;
        if (known - first === 2 * compared) [low, high, compared] = [executor.low, executor.high, known - first];
        if (!stops && (goesRound || known === MOST_ALONE || this.#onlySpins(known))) end = End.unknown;
      }
    }
    this.#lengths[at] = known;
    this.#ends[at] = end;
    if (end === End.rest) this.#waits[at] = waitKey(executor.waitOf(actor));
    while (executor.steps > this.#depth) executor.back();
    this.#tops[this.#depth] = this.#top;
    return end === End.unknown || stops;
  }

  /** Has the actor, which has made the last `steps` steps, only gone round and counted? */
  #onlySpins(steps: number): boolean {
    return steps >= ALONE && (steps & (steps - 1)) === 0 && spins(this.#executor, steps, SPINS);
  }

  /** The actor makes one more step, which is added to the list; false if it fails. */
  #append(actor: number): boolean {
    const executor = this.#executor;
    const shape = executor.shapeAhead(actor);
    if (shape === null) return false;
    if (shape.checks) {
      const words: number[] = [];
      if (executor.stepLookedAt(actor, (word) => words.push(word)) !== null) return false;
      this.#lookedAt.set(this.#top, words);
    } else if (executor.step(actor) !== null) return false;
    if (this.#top === this.#steps.length) this.#steps = grown(this.#steps);
    this.#steps[this.#top++] = shape.id;
    return true;
  }

  /** Moves the run to the end of the list, where it can grow: states before this one share what is behind it. */
  #copyToTop(at: number): void {
    const start = this.#starts[at] as number;
    const length = this.#lengths[at] as number;
    if (length > 0 && start + length === this.#top) return;
    while (this.#top + length > this.#steps.length) this.#steps = grown(this.#steps);
    this.#steps.copyWithin(this.#top, start, start + length);
    for (let i = 0; i < length; i++) {
      const words = this.#lookedAt.get(start + i);
      if (words !== undefined) this.#lookedAt.set(this.#top + i, words);
    }
    this.#starts[at] = this.#top;
    this.#top += length;
  }

  /** Do the two, if each goes on alone from here, not disturb each other, nor end what the other one waits for? */
  areApart(one: number, other: number): boolean {
    const [a, b] = [this.#depth * this.#actors + one, this.#depth * this.#actors + other];
    if (!this.#isKnown(one, a) || !this.#isKnown(other, b)) return false;
    if (this.#wakes(a, b) || this.#wakes(b, a)) return false;
    const [start, length] = [this.#starts[a] as number, this.#lengths[a] as number];
    const [theirs, many] = [this.#starts[b] as number, this.#lengths[b] as number];
    for (let i = start; i < start + length; i++) {
      const shape = this.#executor.shapes.numbered(this.#steps[i] as number);
      if (this.#firstConflict(shape, shape.checks ? this.#wordsOf(i) : NOTHING, theirs, many) < many) return false;
    }
    return true;
  }

  /** Is the run of the actor known to its end? If not, it is followed there. */
  #isKnown(actor: number, at: number): boolean {
    if (this.#ends[at] === End.open) this.#extend(actor, null, NOTHING, MOST_ALONE);
    return this.#ends[at] !== End.unknown;
  }

  /** Does a step of one run end what an actor waits for at the end of the other? */
  #wakes(run: number, waiting: number): boolean {
    if (this.#ends[waiting] !== End.rest) return false;
    const [key, start] = [this.#waits[waiting] as number, this.#starts[run] as number];
    for (let i = start + (this.#lengths[run] as number) - 1; i >= start; i--)
      if (changesKey(this.#executor.shapes.numbered(this.#steps[i] as number), key)) return true;
    return false;
  }
}

/** What somebody else must change so that a waiting actor can run. */
const waitKey = ({ word, mask }: Wait): number => (mask === 0 ? waitersKey(word) : wordKey(word));

const NOTHING: readonly number[] = [];
