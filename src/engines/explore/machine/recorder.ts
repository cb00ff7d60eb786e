/** The memory behind a generator that runs: one that records what a step does, and one that leads a generator to where it was. */
import type { Memory } from '../../../arena/access.ts';
import { Violation } from '../../../arena/violation.ts';
import { type Journal, Kind } from './journal.ts';
import { type LocalState, NO_READS, Observed, type Reads } from './localState.ts';
import { type Effects, Nondeterministic, Op, type StepRecord } from './recordedSteps.ts';
import type { Symmetry } from './symmetry.ts';

/** Most reads of a step. The longest honest ones go through a table or a pool. */
const MOST_READS = 1_000_000;

/** In place of an operation: the effect turned out to be none. */
const DROPPED = 0;

/** What has been done to a word in the step under way. */
interface Touched {
  /** Place of the value in `effects`, -1 when the word was only read. */
  at: number;
  /** The value before the step, if it was read. */
  before: number | undefined;
}

/** An actor has read a shared word. */
function note(symmetry: Symmetry | null, observed: Observed, actor: number, word: number, value: number): void {
  if (symmetry === null) observed.note(word, value);
  else symmetry.note(observed, actor, word, value);
}

/** Records one step after another. Reads of words that the step itself has read or written before are not kept: they follow. */
export class Recorder implements Memory {
  readonly #journal: Journal;
  readonly #effects: Effects;
  readonly #symmetry: Symmetry | null;
  /** Told of every access, while it happens: a way to learn where in the code it is made. */
  readonly #witness: ((writes: boolean, word: number) => void) | null;
  readonly #touched = new Map<number, Touched>();
  #reads: number[] = [];
  #done: number[] = [];
  #checks: number[] = [];
  #log: number[] = [];
  #actor = 0;
  readonly observed = new Observed();

  constructor(
    journal: Journal,
    effects: Effects,
    symmetry: Symmetry | null,
    witness: ((writes: boolean, word: number) => void) | null = null,
  ) {
    this.#journal = journal;
    this.#symmetry = symmetry;
    this.#effects = effects;
    this.#witness = witness;
  }

  /** A step begins at a local state with these reads and this point. */
  begin(actor: number, reads: Reads, point: number): void {
    this.#actor = actor;
    this.#touched.clear();
    this.#reads = [];
    this.#done = [];
    this.#checks = [];
    this.#log = [];
    this.observed.set(reads);
    this.observed.passed(point);
  }

  /** The next operation begins: what was read before no longer matters. */
  forgetAll(): void {
    this.#log = [];
    this.observed.set(NO_READS);
  }

  /** The whole of the step. A write that changes nothing is no effect; checks come last and see all that was done. */
  finish(end: number): StepRecord {
    const done = this.#done;
    for (const { at, before } of this.#touched.values()) {
      if (at !== -1 && done[at - 2] === Op.write && done[at] === before) done[at - 2] = DROPPED;
    }
    const effects: number[] = [];
    for (let i = 0; i < done.length; ) {
      const length = done[i] === Op.wake ? 2 : 3;
      if (done[i] !== DROPPED) effects.push(...done.slice(i, i + length));
      i += length;
    }
    for (const check of this.#checks) effects.push(Op.check, check);
    return { reads: this.#reads, effects, end };
  }

  /** Words and values read since the step or the operation began. */
  log = (): Int32Array => Int32Array.from(this.#log);

  read(word: number): number {
    this.#witness?.(false, word);
    const value = this.#journal.get(word);
    if (value === undefined) throw new Violation('I-CRASH', `word ${word} is read, and there is none`);
    if (this.#log.length >= 2 * MOST_READS) {
      throw new Violation(
        'I-PROG',
        `livelock: an actor makes ${MOST_READS} reads in one step, without a point where others may run`,
      );
    }
    this.#log.push(word, value);
    const kind = this.#journal.kindOf(word);
    if (kind === Kind.shared) note(this.#symmetry, this.observed, this.#actor, word, value);
    const touched = this.#touched.get(word);
    if (touched === undefined) {
      // A private word follows from the local state.
      if (kind !== Kind.private) this.#reads.push(word, value);
      this.#touched.set(word, { at: -1, before: value });
    } else if (touched.before === undefined && this.#done[touched.at - 2] === Op.increase) {
      // From here on the sum is known, and depends on what was there.
      touched.before = (value - (this.#done[touched.at] as number)) | 0;
      this.#reads.push(word, touched.before);
      this.#done[touched.at - 2] = Op.write;
      this.#done[touched.at] = value;
    }
    return value;
  }

  write(word: number, value: number): void {
    this.#witness?.(true, word);
    this.#journal.set(word, value);
    const touched = this.#effectOn(word, Op.write, value);
    if (touched === null) return;
    this.#done[touched.at - 2] = Op.write;
    this.#done[touched.at] = value;
  }

  increase(word: number, by: number): void {
    this.#journal.set(word, (this.#journal.get(word) + by) | 0);
    const touched = this.#effectOn(word, Op.increase, by);
    if (touched === null) return;
    this.#done[touched.at] = ((this.#done[touched.at] as number) + by) | 0;
  }

  /** Appends an effect, or returns the note of the one that stands for this word already. */
  #effectOn(word: number, op: number, operand: number): Touched | null {
    const touched = this.#touched.get(word);
    if (touched !== undefined && touched.at !== -1) return touched;
    const at = this.#done.length + 2;
    const known = touched !== undefined && op === Op.increase;
    // The word was read in this step: then its new value is known too.
    if (known) this.#done.push(Op.write, word, this.#journal.get(word));
    else this.#done.push(op, word, operand);
    this.#touched.set(word, { at, before: touched?.before });
    return null;
  }

  wake(word: number): void {
    this.#effects.wake(word);
    this.#done.push(Op.wake, word);
  }

  namesOwner(word: number): void {
    this.#symmetry?.name(word);
  }

  check(number: number): void {
    this.#checks.push(number);
  }

  mark(): Reads {
    return this.observed.mark();
  }

  rewind(mark: unknown): void {
    this.observed.rewind(mark as Reads);
  }

  restart(mark: unknown): void {
    this.observed.set(mark as Reads);
  }
}

/** Gives a generator what it read when it came this way before, and lets it change nothing. */
export class Feed implements Memory {
  readonly #journal: Journal;
  readonly #symmetry: Symmetry | null;
  readonly #observed = new Observed();
  #log: Int32Array = new Int32Array(0);
  #at = 0;
  #actor = 0;

  constructor(journal: Journal, symmetry: Symmetry | null) {
    this.#journal = journal;
    this.#symmetry = symmetry;
  }

  /** A new generator of the actor is about to begin. */
  begin(actor: number): void {
    this.#actor = actor;
    this.#observed.set(NO_READS);
  }

  /** The next step reads what led to a state. */
  lead({ log, parent }: LocalState): void {
    if (parent !== null) this.#observed.passed(parent.at);
    this.#log = log;
    this.#at = 0;
  }

  /** Has the last step come to `state`? */
  hasReached({ reads }: LocalState): boolean {
    return this.#at === this.#log.length && this.#observed.low === reads.low && this.#observed.high === reads.high;
  }

  read(word: number): number {
    if (this.#log[this.#at] !== word) throw new Nondeterministic('an actor read other words when it was led the same way again');
    const value = this.#log[this.#at + 1] as number;
    this.#at += 2;
    if (this.#journal.kindOf(word) === Kind.shared) note(this.#symmetry, this.#observed, this.#actor, word, value);
    return value;
  }

  write(): void {}
  increase(): void {}
  wake(): void {}
  namesOwner(): void {}

  mark(): Reads {
    return this.#observed.mark();
  }

  rewind(mark: unknown): void {
    this.#observed.rewind(mark as Reads);
  }

  restart(mark: unknown): void {
    this.#observed.set(mark as Reads);
  }
}
