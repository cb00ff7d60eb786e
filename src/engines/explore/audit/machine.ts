/**
 * The machine of the audit: actors make steps one after another, and one may be stopped at an access in the middle of a step
 * while others go on. Nothing is recorded, matched or taken back: an execution begins with a copy of the memory.
 */

import { type Memory, useMemory } from '../../../arena/access.ts';
import type { Arena } from '../../../arena/arena.ts';
import { Actor, ActorState } from '../../../arena/structures.ts';
import { Violation } from '../../../arena/violation.ts';
import { PG_LOCKED, PG_WAITERS } from '../../../mm/page/page.ts';
import { AGAIN, type Prepared, type Scenario } from '../../../scenarios/kit/scenario.ts';
import type { Steps } from '../../../steps/steps.ts';
import { lockClasses } from '../../../sync/lockClass.ts';
import { observeLocks } from '../../../sync/lockdep.ts';
import { Task } from '../../../sync/task.ts';
import { parkStep } from '../../../sync/wait.ts';
import { type How, StepLog } from './stepLog.ts';
import { isPrivate } from './words.ts';

const DONE = -1;

/** Every bit of a word. */
const ALL = -1;

/** Mark of a stretch of reads: the step it began in, and how many accesses that had. */
interface Mark {
  readonly step: StepLog | null;
  readonly accesses: number;
}

export interface MachineHooks {
  /** Before an access of the step under way: the place to stop it, by making steps of others. */
  readonly beforeAccess: (step: StepLog, word: number) => void;
  /** Keep with each access where it was made? */
  readonly keepStacks: () => boolean;
}

export class Machine implements Memory {
  readonly arena: Arena;
  readonly count: number;
  readonly at: Int32Array;
  readonly operation: Int32Array;
  /** A rule is broken or something was thrown: the execution is over. */
  failed: unknown = null;
  readonly #prepared: Prepared;
  readonly #tasks: readonly Task[];
  readonly #hooks: MachineHooks;
  readonly #words: Int32Array;
  readonly #frames: Int32Array;
  readonly #isPrivate: (word: number) => boolean;
  /** Words of raw locks, as met so far. */
  readonly #rawLocks = new Set<number>();
  #generators: (Steps<unknown> | null)[] = [];
  #woken = 0;
  /** Words of locks, as met so far. */
  readonly #lockWords = new Set<number>();
  /** The bits that matter of the word that is read next. */
  #looked = ALL;
  /** The steps under way: of those that were stopped, and last of the one that runs. */
  readonly #steps: StepLog[] = [];
  /** Words of the locks that each actor holds and of those it is about to release; of page locks only the latter. */
  #held: Set<number>[] = [];
  #releasing: Set<number>[] = [];

  constructor(scenario: Scenario, hooks: MachineHooks) {
    this.#hooks = hooks;
    this.#prepared = scenario.prepare();
    this.arena = this.#prepared.arena;
    this.count = this.#prepared.actors.length;
    this.at = new Int32Array(this.count);
    this.operation = new Int32Array(this.count);
    this.#tasks = this.#prepared.actors.map((_, id) => new Task(this.arena, id, { park: parkStep, clock: () => 0 }));
    for (const { actor } of this.#tasks) this.arena.words[actor + Actor.state] = ActorState.running;
    this.#words = this.arena.words.slice();
    this.#frames = this.arena.frames.slice();
    this.#isPrivate = isPrivate(this.arena);
  }

  get lockWords(): ReadonlySet<number> {
    return this.#lockWords;
  }

  nameOf(actor: number): string {
    return this.#prepared.actors[actor]?.name ?? `actor ${actor}`;
  }

  /** Lets `use` make steps: while it runs, the memory of the model is this machine's. */
  during<T>(use: () => T): T {
    const before = useMemory(this);
    observeLocks((task, word, cls, taken) => this.#onLock(task.id, word, cls, taken));
    try {
      return use();
    } finally {
      observeLocks(null);
      useMemory(before);
    }
  }

  /** Back to the beginning: every actor stands at the first point of its first operation. */
  begin(): void {
    this.arena.words.set(this.#words);
    this.arena.frames.set(this.#frames);
    this.failed = null;
    this.#woken = 0;
    this.#steps.length = 0;
    this.#held = this.#tasks.map(() => new Set());
    this.#releasing = this.#tasks.map(() => new Set());
    this.#generators = this.#tasks.map(() => null);
    for (let actor = 0; actor < this.count; actor++) {
      this.#tasks[actor]?.pfns.fill(0);
      this.#attempt(actor, DONE, () => this.#take(actor, 0));
    }
  }

  /** The actors that can run. */
  runnable(): number[] {
    const all = Array.from({ length: this.count }, (_, actor) => actor);
    const left = all.some((actor) => this.at[actor] !== DONE && !this.#isBackground(actor));
    return all.filter((actor) => this.#canRun(actor) && (left || !this.#isBackground(actor)));
  }

  #isBackground(actor: number): boolean {
    return this.#prepared.actors[actor]?.background === true;
  }

  #canRun(actor: number): boolean {
    if (this.at[actor] === DONE || this.#steps.some((step) => step.actor === actor)) return false;
    const { words } = this.arena;
    const record = (this.#tasks[actor] as Task).actor;
    const word = words[record + Actor.waitWord] as number;
    if (word === 0 || (this.#woken & (1 << actor)) !== 0) return true;
    const mask = words[record + Actor.waitMask] as number;
    return mask !== 0 && ((words[word] as number) & mask) === words[record + Actor.waitValue];
  }

  /** One actor makes one step. What it did; the rest of it if somebody else failed meanwhile. */
  step(actor: number): StepLog {
    this.#woken &= ~(1 << actor);
    return this.#attempt(actor, this.at[actor] as number, () => {
      const { done, value } = (this.#generators[actor] as Steps<unknown>).next();
      if (done) this.#take(actor, this.#after(actor, value));
      else this.at[actor] = value;
    });
  }

  #attempt(actor: number, from: number, use: () => void): StepLog {
    const step = new StepLog(actor, from);
    this.#steps.push(step);
    try {
      use();
    } catch (error) {
      this.failed = error;
    }
    this.#steps.pop();
    return step;
  }

  #after(actor: number, result: unknown): number {
    const operation = this.operation[actor] as number;
    if (result === AGAIN) return operation;
    const next = operation + 1;
    return this.#isBackground(actor) && next === this.#prepared.actors[actor]?.operations.length ? 0 : next;
  }

  /** Takes up an operation and runs it to its first point. */
  #take(actor: number, first: number): void {
    for (let operation = first; ; operation = this.#after(actor, undefined)) {
      this.operation[actor] = operation;
      const make = this.#prepared.actors[actor]?.operations[operation];
      this.at[actor] = DONE;
      if (make === undefined) return;
      const generator = make(this.#tasks[actor] as Task);
      this.#generators[actor] = generator;
      const { done, value } = generator.next();
      if (done) continue;
      this.at[actor] = value;
      return;
    }
  }

  get #step(): StepLog {
    return this.#steps.at(-1) as StepLog;
  }

  #onLock(actor: number, word: number, cls: number, taken: boolean): void {
    // A map is no lock, but a lock may have the class of one.
    if (lockClasses[cls]?.kind !== 'map') this.#lockWords.add(word);
    else if (!this.#lockWords.has(word)) return;
    if (taken) {
      this.#step.takes(word);
      // The word of a page lock has other bits than that of the lock.
      if (!this.#isFlags(word)) this.#held[actor]?.add(word);
    } else {
      this.#held[actor]?.delete(word);
      this.#releasing[actor]?.add(word);
    }
  }

  /** Is it the flags of a page, a word with many meanings? */
  #isFlags(word: number): boolean {
    const { page, pageCount } = this.arena;
    return word >= page.flags && word < page.flags + pageCount;
  }

  /** Who holds a page lock sees nothing new in its bits: others only add that they wait. */
  #bitsRead(actor: number, word: number): number {
    if (!this.#isFlags(word)) return ALL;
    const { page, words } = this.arena;
    return words[page.lockOwner + word - page.flags] === actor + 1 ? ~(PG_LOCKED | PG_WAITERS) : ALL;
  }

  #note(word: number, how: How, bits: number): void {
    const step = this.#step;
    if (this.#isPrivate(word) || this.#rawLocks.has(word)) return;
    // Whoever holds a lock may look at its word: others only add that they wait.
    if (this.#held[step.actor]?.has(word) && how !== 'change') return;
    const inOne = step.underRaw || step.isChanging(word);
    if (!inOne) this.#hooks.beforeAccess(step, word);
    step.add(word, how, bits, this.#hooks.keepStacks() ? new Error('here') : undefined);
    if (how !== 'read' && this.#releasing[step.actor]?.delete(word)) step.releases();
  }

  #value(word: number): number {
    return (word >= 0 ? this.arena.words[word] : this.arena.frames[~word]) as number;
  }

  #put(word: number, value: number): void {
    if (word >= 0) this.arena.words[word] = value;
    else this.arena.frames[~word] = value;
  }

  read(word: number): number {
    this.#note(word, 'read', this.#bitsRead(this.#step.actor, word) & this.#looked);
    this.#looked = ALL;
    if (this.#value(word) === undefined) throw new Violation('I-CRASH', `word ${word} is read, and there is none`);
    return this.#value(word);
  }

  write(word: number, value: number): void {
    this.#note(word, 'write', this.#isFlags(word) ? this.#value(word) ^ value : ALL);
    this.#put(word, value);
    if (this.#rawLocks.has(word)) this.#step.holdsRaw(value !== 0);
  }

  increase(word: number, by: number): void {
    this.#note(word, 'increase', ALL);
    this.#put(word, (this.#value(word) + by) | 0);
  }

  indivisible(word: number, compares: boolean): void {
    // The place to stop is before the whole.
    if (!this.#isPrivate(word) && !this.#step.underRaw) this.#hooks.beforeAccess(this.#step, word);
    this.#step.indivisible(word, compares);
  }

  isRawLock(word: number): void {
    this.#rawLocks.add(word);
  }

  looksAt(bits: number): void {
    this.#looked = bits;
  }

  wake(word: number): void {
    for (const { id, actor } of this.#tasks)
      if (this.arena.words[actor + Actor.waitWord] === word && this.arena.words[actor + Actor.waitMask] === 0)
        this.#woken |= 1 << id;
  }

  namesOwner(word: number): void {
    this.#lockWords.add(word);
  }

  acquired(): void {}

  overActors(): void {}

  mark(): Mark {
    const step = this.#steps.at(-1) ?? null;
    return { step, accesses: step?.accesses.length ?? 0 };
  }

  rewind(mark: unknown): void {
    const { step, accesses } = mark as Mark;
    this.#step.forgetReads(step === this.#step ? accesses : 0);
  }

  restart(mark: unknown): void {
    this.rewind(mark);
  }
}
