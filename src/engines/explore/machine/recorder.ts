/** The memory behind a generator that runs: it records what a step reads, and what it does. */
import type { Memory } from '../../../arena/access.ts';
import { Violation } from '../../../arena/violation.ts';
import type { GuardCheck } from '../../../oracles/guards.ts';
import { Accesses } from './mirror.ts';
import { type Mark, Observed, type Reads } from './observed.ts';
import { type Effects, Op, type StepRecord } from './recordedSteps.ts';
import type { Serials } from './serials.ts';
import type { Symmetry } from './symmetry.ts';
import { Kind, type UndoLog } from './undoLog.ts';

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

/** An actor has read a word, and knows it from now on, unless it follows from what it knows anyway or tells it nothing. */
export function noteRead(
  undoLog: UndoLog,
  symmetry: Symmetry | null,
  observed: Observed,
  actor: number,
  word: number,
  value: number,
): void {
  if (undoLog.isOwnNote(actor, word) || undoLog.kindOf(word) === Kind.lockOrder) return;
  if (symmetry === null) observed.note(word, value);
  else symmetry.note(observed, actor, word, value);
}

/** Records one step after another. Reads of words that the step itself has read or written before are not kept: they follow. */
export class Recorder implements Memory {
  readonly #undoLog: UndoLog;
  readonly #effects: Effects;
  readonly #symmetry: Symmetry | null;
  readonly #serials: Serials | null;
  /** Told of every access, while it happens: a way to learn where in the code it is made. */
  readonly #witness: ((writes: boolean, word: number) => void) | null;
  /** Is the writer allowed to? Null: nobody asks. */
  readonly #guard: GuardCheck | null;
  readonly #touched = new Map<number, Touched>();
  #reads: number[] = [];
  #done: number[] = [];
  #checks: number[] = [];
  #log: number[] = [];
  /** Of the step, whether or not an operation has ended in it. */
  accesses = new Accesses();
  #actor = 0;
  /** The lock that the step has waited for and taken, 0 for none. */
  granted = 0;
  readonly observed: Observed;

  constructor(
    undoLog: UndoLog,
    effects: Effects,
    symmetry: Symmetry | null,
    serials: Serials | null,
    witness: ((writes: boolean, word: number) => void) | null = null,
    guard: GuardCheck | null = null,
  ) {
    this.#undoLog = undoLog;
    this.#symmetry = symmetry;
    this.#serials = serials;
    this.#effects = effects;
    this.#witness = witness;
    this.#guard = guard;
    this.observed = new Observed(serials);
  }

  /** A step begins at a local state with these reads and this point, in the stretch that the generator has come to. */
  begin(actor: number, reads: Reads, point: number, stretch = 0): void {
    this.#actor = actor;
    this.#touched.clear();
    this.#reads = [];
    this.#done = [];
    this.#checks = [];
    this.#log = [];
    if (this.#symmetry !== null) this.accesses = new Accesses();
    this.granted = 0;
    this.observed.goOn(reads, stretch);
    this.observed.passed(point);
  }

  /** The next operation begins: what was read before no longer matters. */
  forgetAll(): void {
    this.#log = [];
    this.observed.begin();
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
    this.#guard?.reads(this.#actor, word);
    const value = this.#undoLog.read(word);
    if (this.#log.length >= 2 * MOST_READS) {
      throw new Violation(
        'I-PROG',
        `livelock: an actor makes ${MOST_READS} reads in one step, without a point where others may run`,
      );
    }
    this.#serials?.touched(word, value);
    this.#log.push(word, value);
    if (this.#symmetry !== null) this.accesses.reads.push(word, value);
    const isOwnNote = this.#undoLog.isOwnNote(this.#actor, word);
    if (!isOwnNote) this.#undoLog.seen(word);
    this.#symmetry?.touched(this.#actor, word);
    noteRead(this.#undoLog, this.#symmetry, this.observed, this.#actor, word, value);
    const touched = this.#touched.get(word);
    if (touched === undefined) {
      if (!isOwnNote) this.#reads.push(word, value);
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
    this.#guard?.writes(this.#actor, word, value);
    this.#serials?.touched(word, value);
    this.#noteEffect(Op.write, word, value);
    this.#undoLog.set(word, value);
    const touched = this.#effectOn(word, Op.write, value);
    if (touched === null) return;
    this.#done[touched.at - 2] = Op.write;
    this.#done[touched.at] = value;
  }

  increase(word: number, by: number): void {
    this.#serials?.raised(word, this.#undoLog.get(word));
    this.#noteEffect(Op.increase, word, by);
    this.#undoLog.set(word, (this.#undoLog.get(word) + by) | 0);
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
    if (known) this.#done.push(Op.write, word, this.#undoLog.get(word));
    else this.#done.push(op, word, operand);
    this.#touched.set(word, { at, before: touched?.before });
    return null;
  }

  #noteEffect(op: number, word: number, operand: number): void {
    if (this.#symmetry === null) return;
    this.#symmetry.touched(this.#actor, word);
    this.accesses.effects.push(op, word, this.#symmetry.isWaitValue(word) ? 0 : operand);
  }

  wake(word: number): void {
    if (this.#symmetry !== null) this.accesses.effects.push(Op.wake, word, 0);
    this.#effects.wake(word);
    this.#done.push(Op.wake, word);
  }

  namesOwner(word: number): void {
    this.#symmetry?.name(word);
  }

  acquired(word: number): void {
    this.granted = word;
  }

  overActors(begins: boolean): void {
    if (this.#symmetry !== null) this.#symmetry.overActors = begins;
  }

  check(number: number): void {
    this.#checks.push(number);
  }

  mark(): Mark {
    return this.observed.mark();
  }

  rewind(mark: unknown): void {
    this.observed.rewind(mark as Mark);
  }

  restart(mark: unknown): void {
    this.observed.restart(mark as Mark);
  }
}
