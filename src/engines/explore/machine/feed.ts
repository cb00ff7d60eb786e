/** The memory behind a generator that is led to where it was: it gives what was read on the way, and lets nothing be changed. */
import type { Memory } from '../../../arena/access.ts';
import type { Leader } from '../../../steps/leader.ts';
import { type Mark, Observed } from './observed.ts';
import { Nondeterministic } from './recordedSteps.ts';
import { noteRead } from './recorder.ts';
import type { Serials } from './serials.ts';
import type { Symmetry } from './symmetry.ts';
import type { UndoLog } from './undoLog.ts';
import type { Way } from './ways.ts';

export class Feed implements Memory, Leader {
  readonly #undoLog: UndoLog;
  readonly #symmetry: Symmetry | null;
  readonly #observed: Observed;
  /** The way on which the generator is led, and which of its steps it makes. */
  #steps: readonly Way[] = [];
  #step = 0;
  #log: Int32Array = new Int32Array(0);
  #at = 0;
  #actor = 0;

  constructor(undoLog: UndoLog, symmetry: Symmetry | null, serials: Serials | null) {
    this.#undoLog = undoLog;
    this.#symmetry = symmetry;
    this.#observed = new Observed(serials);
  }

  /** A new generator of the actor is about to begin, and makes these steps. */
  begin(actor: number, steps: readonly Way[]): void {
    this.#actor = actor;
    this.#steps = steps;
    this.#observed.begin();
    this.#take(0);
  }

  /** Has the step come to its end? It has read all that led to its state, and nothing else. */
  hasCome(point: unknown): boolean {
    const { at, reads } = (this.#steps[this.#step] as Way).state;
    if (point !== at || this.#at !== this.#log.length) return false;
    return reads.isLive || (this.#observed.low === reads.low && this.#observed.high === reads.high);
  }

  /** Takes the next step. False when that was the last one. */
  goesOn(): boolean {
    if (this.#step + 1 === this.#steps.length) return false;
    this.#take(this.#step + 1);
    return true;
  }

  /** Whoever it does not know, such as an operation that is run by hand within a step, is to stop: it is asked of what happens then. */
  passes(point: unknown): boolean {
    return this.hasCome(point) && this.goesOn();
  }

  /** A step reads what led to its state. */
  #take(step: number): void {
    this.#step = step;
    const { log, previous } = this.#steps[step] as Way;
    if (previous !== null) {
      this.#observed.goOn(previous.state.reads, this.#observed.stretch);
      this.#observed.passed(previous.state.at);
    }
    this.#log = log;
    this.#at = 0;
  }

  /** The stretch that the generator has come to. */
  get stretch(): number {
    return this.#observed.stretch;
  }

  read(word: number): number {
    if (this.#log[this.#at] !== word) throw new Nondeterministic('an actor read other words when it was led the same way again');
    const value = this.#log[this.#at + 1] as number;
    this.#at += 2;
    noteRead(this.#undoLog, this.#symmetry, this.#observed, this.#actor, word, value);
    return value;
  }

  write(): void {}
  increase(): void {}
  wake(): void {}
  namesOwner(): void {}
  acquired(): void {}
  overActors(): void {}

  mark(): Mark {
    return this.#observed.mark();
  }

  rewind(mark: unknown): void {
    this.#observed.rewind(mark as Mark);
  }

  restart(mark: unknown): void {
    this.#observed.restart(mark as Mark);
  }
}
