/**
 * Steps of actors, recorded as they were made, so that they need not be made again.
 *
 * A step is a function of the actor's local state and of the words it reads. It is kept as code: reads, each with the value
 * seen and where to go on when it is another, then the effects, then the local state it ends in. To make a recorded step the
 * code is followed; the generator is not touched. So an actor written as a generator becomes, by being run, a machine whose
 * states can be copied, compared and returned to.
 */
import { grown } from './grown.ts';
import type { UndoLog } from './undoLog.ts';

/** READ word value otherwise; WRITE word value; INCREASE word by; WAKE word; CHECK number; END state. */
export const Op = { read: 1, write: 2, increase: 3, wake: 4, check: 5, end: 6 } as const;

const UNKNOWN = -1;

/** What the effects of a step need beside the words. */
export interface Effects {
  wake(word: number): void;
  check(number: number): void;
}

/** What one step did, in the form in which it is kept. */
export interface StepRecord {
  /** Word and value of each first read, in order. */
  readonly reads: readonly number[];
  /** Operation and operands of each effect. */
  readonly effects: readonly number[];
  /** Id of the local state it ended in. */
  readonly end: number;
}

/** A step was made again from the same local state on the same words, and did something else. */
export class Nondeterministic extends Error {
  override readonly name = 'Nondeterministic';
}

export class RecordedSteps {
  #code = new Int32Array(1 << 8);
  /** Where the next instruction goes; 0 stays free, it means "nothing recorded". */
  #end = 1;
  /** The check that was made last, 0 for none since this was set to 0. */
  checking = 0;
  /** Where the effects of the step begin that was followed or kept last. */
  place = 0;

  /** Drops them all. */
  forget(): void {
    this.#code = new Int32Array(1 << 8);
    this.#end = 1;
  }

  /** Makes the step that begins at `entry`: the id of the local state it ends in, or -1 with nothing done if it is not known. */
  follow(entry: number, undoLog: UndoLog, effects: Effects): number {
    const code = this.#code;
    let pc = entry;
    while (code[pc] === Op.read) {
      if (undoLog.get(code[pc + 1] as number) === code[pc + 2]) pc += 4;
      else {
        pc = code[pc + 3] as number;
        if (pc === 0) return UNKNOWN;
      }
    }
    this.place = pc;
    for (;;) {
      const operand = code[pc + 1] as number;
      switch (code[pc]) {
        case Op.write:
          undoLog.set(operand, code[pc + 2] as number);
          pc += 3;
          break;
        case Op.increase:
          undoLog.set(operand, (undoLog.get(operand) + (code[pc + 2] as number)) | 0);
          pc += 3;
          break;
        case Op.wake:
          effects.wake(operand);
          pc += 2;
          break;
        case Op.check:
          this.checking = pc;
          effects.check(operand);
          pc += 2;
          break;
        default:
          return operand;
      }
    }
  }

  /** Where the effects begin of the step from `entry` that the words as they are lead to; -1 if it is not known. */
  placeAhead(entry: number, undoLog: UndoLog): number {
    const code = this.#code;
    let pc = entry;
    while (code[pc] === Op.read) {
      pc = undoLog.get(code[pc + 1] as number) === code[pc + 2] ? pc + 4 : (code[pc + 3] as number);
      if (pc === 0) return UNKNOWN;
    }
    return pc;
  }

  /** The local state in which the step ends whose effects begin at `place`. */
  endOf(place: number): number {
    let pc = place;
    while (this.#code[pc] !== Op.end) pc += this.#lengthAt(pc);
    return this.#code[pc + 1] as number;
  }

  /**
   * Words that are read on the way from `entry` to the effects at `place`, and those effects: pairs of an operation and its word, or
   * the number of a check.
   */
  accessesOf(entry: number, place: number): { readonly reads: readonly number[]; readonly effects: readonly number[] } {
    const code = this.#code;
    const reads: number[] = [];
    const pending = [{ pc: entry, read: 0 }];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      let { pc } = at;
      reads.length = at.read;
      for (; code[pc] === Op.read; pc += 4) {
        reads.push(code[pc + 1] as number);
        if (code[pc + 3] !== 0) pending.push({ pc: code[pc + 3] as number, read: reads.length });
      }
      if (pc !== place) continue;
      const effects: number[] = [];
      for (; code[pc] !== Op.end; pc += this.#lengthAt(pc)) effects.push(code[pc] as number, code[pc + 1] as number);
      return { reads, effects };
    }
    throw new Error('no recorded step has its effects there');
  }

  #lengthAt(pc: number): number {
    return this.#code[pc] === Op.write || this.#code[pc] === Op.increase ? 3 : 2;
  }

  /** The local state that a step would have come to whose check has just failed; -1 when it was not a step that was followed. */
  failedOnItsWayTo(): number {
    if (this.checking === 0) return -1;
    let pc = this.checking;
    // Checks come last.
    while (this.#code[pc] === Op.check) pc += 2;
    return this.#code[pc + 1] as number;
  }

  /** Does the step from `entry`, in all its variants, only read and write words that are quiet, and come to a local state that is? */
  touchesOnly(entry: number, isQuiet: (word: number) => boolean, isQuietEnd: (state: number) => boolean): boolean {
    const pending = [entry];
    for (let pc = pending.pop(); pc !== undefined; pc = pending.pop()) {
      for (; this.#code[pc] === Op.read; pc += 4) {
        if (!isQuiet(this.#code[pc + 1] as number)) return false;
        if (this.#code[pc + 3] !== 0) pending.push(this.#code[pc + 3] as number);
      }
      for (; this.#code[pc] === Op.write || this.#code[pc] === Op.increase; pc += 3) {
        if (!isQuiet(this.#code[pc + 1] as number)) return false;
      }
      if (this.#code[pc] !== Op.end || !isQuietEnd(this.#code[pc + 1] as number)) return false;
    }
    return true;
  }

  /** Words that the steps from `entry`, in all their variants, read (first) and write (second). */
  footprint(entry: number): readonly [reads: ReadonlySet<number>, writes: ReadonlySet<number>] {
    const [reads, writes] = [new Set<number>(), new Set<number>()];
    const pending = [entry];
    for (let pc = pending.pop(); pc !== undefined; pc = pending.pop()) {
      while (this.#code[pc] === Op.read) {
        reads.add(this.#code[pc + 1] as number);
        if (this.#code[pc + 3] !== 0) pending.push(this.#code[pc + 3] as number);
        pc += 4;
      }
      for (; this.#code[pc] !== Op.end; pc += this.#code[pc] === Op.write || this.#code[pc] === Op.increase ? 3 : 2) {
        if (this.#code[pc] === Op.write || this.#code[pc] === Op.increase) writes.add(this.#code[pc + 1] as number);
      }
    }
    return [reads, writes];
  }

  /**
   * Keeps a step. Returns the entry, which is a new one if `entry` is 0.
   *
   * @throws Nondeterministic when another step was kept for the same reads.
   */
  keep(entry: number, { reads, effects, end }: StepRecord): number {
    let pc = entry;
    let hole = -1;
    let read = 0;
    while (pc !== 0 && read < reads.length) {
      if (this.#code[pc] !== Op.read || this.#code[pc + 1] !== reads[read]) throw differs();
      if (this.#code[pc + 2] === reads[read + 1]) {
        pc += 4;
        read += 2;
      } else {
        hole = pc + 3;
        pc = this.#code[hole] as number;
      }
    }
    if (pc !== 0) {
      const tail = [...effects, Op.end, end];
      if (tail.some((value, i) => this.#code[pc + i] !== value)) throw differs();
      this.place = pc;
      return entry;
    }
    const start = this.#end;
    if (hole !== -1) this.#code[hole] = start;
    for (; read < reads.length; read += 2) this.#emit(Op.read, reads[read] as number, reads[read + 1] as number, 0);
    this.place = this.#end;
    this.#emit(...effects, Op.end, end);
    return entry === 0 ? start : entry;
  }

  #emit(...values: number[]): void {
    while (this.#end + values.length > this.#code.length) this.#code = grown(this.#code);
    this.#code.set(values, this.#end);
    this.#end += values.length;
  }
}

const differs = (): Nondeterministic =>
  new Nondeterministic('an actor did something else when it made the same step again on the same memory');
