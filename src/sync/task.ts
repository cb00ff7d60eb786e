import { get, load, namesOwner, tally } from '../arena/access.ts';
import type { Arena } from '../arena/arena.ts';
import { Actor, type Mirror } from '../arena/structures.ts';
import type { HmmPfn, Vpn, Word } from '../arena/units.ts';
import { Point } from '../steps/points.ts';
import type { Steps } from '../steps/steps.ts';

/**
 * How an engine makes an actor wait while `arena.words[word] === value`. Returns when that no longer holds, or, if
 * `killable`, when a fatal signal is pending. Spurious returns are allowed: every caller tests again.
 */
export type Park = (task: Task, word: Word, value: number, killable: boolean) => Steps<void>;

/** How an engine lets a task sleep. */
export type Sleep = (task: Task, milliseconds: number) => Steps<void>;

/** Checks an engine hangs into the drivers; null when they are switched off. */
export interface Watch {
  /** The driver is about to drop its update lock after it installed device entries in [start, end). */
  readonly installed: (task: Task, mirror: Mirror, start: Vpn, end: Vpn) => void;
  /** hmm_range_fault of [start, end) has succeeded: `words` are what it returned, and `flags` what every page was asked for with. */
  readonly answered?: (task: Task, range: readonly [start: Vpn, end: Vpn], words: ArrayLike<HmmPfn>, flags: number) => void;
  /** A device fault became stable after `attempts` passes, `elapsedMs` after it began. */
  readonly faultStable: (task: Task, attempts: number, elapsedMs: number) => void;
  /**
   * An access to address page `vpn` has faulted for the `faults`-th time, without an error, and begins again; `what` is `the access`
   * or `the device access`.
   */
  readonly refaulted?: (task: Task, what: string, vpn: Vpn, faults: number) => void;
  /** A driver sends a fault of this task back for now, without an error: a time has to pass first. */
  readonly postponed?: (task: Task) => void;
  /** A pass of a device fault that lasted so long was thrown away. */
  readonly passLost?: (task: Task, lostMs: number) => void;
  /** A device fault gave up: its time was over. */
  readonly faultGaveUp?: (task: Task, attempts: number, elapsedMs: number) => void;
}

/** What an engine gives a task. Time and randomness come from here and from nowhere else. */
export interface TaskOptions {
  readonly park: Park;
  /** Default: a point and no time. */
  readonly sleep?: Sleep;
  /** Milliseconds on the engine's clock; jiffies with HZ = 1000. */
  readonly clock?: () => number;
  /** Uniform whole number in [0, bound). */
  readonly random?: (bound: number) => number;
  /** Lock misuse and lock-order checks. Default true. */
  readonly checks?: boolean;
  readonly watch?: Watch | null;
}

function* pass(): Steps<void> {
  yield Point.sleep;
}

/** Longest range fault that needs no array of its own: one last-level table. */
export const SCRATCH_PAGES = 512;

/** The acting thread: what `current` is in the kernel. Its mutable state lives in its actor record in the arena. */
export class Task {
  readonly arena: Arena;
  /** Number of the actor record. */
  readonly id: number;
  /** What a lock word says that the task owns: id + 1. To write it, use {@link ownerTag}. */
  readonly tag: number;
  /** Address of the actor record. */
  readonly actor: Actor;
  readonly park: Park;
  readonly sleep: Sleep;
  readonly clock: () => number;
  readonly random: (bound: number) => number;
  readonly checks: boolean;
  readonly watch: Watch | null;
  /** Room for the words of one range fault; contents do not outlive an operation. */
  readonly pfns = new Int32Array(SCRATCH_PAGES);

  constructor(arena: Arena, id: number, options: TaskOptions) {
    if (id < 0 || id >= arena.config.actors) {
      throw new RangeError(`task ${id}: the arena has room for actors 0 to ${arena.config.actors - 1}`);
    }
    this.arena = arena;
    this.id = id;
    this.tag = id + 1;
    this.actor = arena.actors + id * Actor.shape.size;
    this.park = options.park;
    this.sleep = options.sleep ?? pass;
    this.clock = options.clock ?? (() => performance.now());
    this.random = options.random ?? (() => 0);
    this.checks = options.checks ?? true;
    this.watch = options.watch ?? null;
  }
}

/**
 * What the task writes into `word` when it comes to own what the word stands for. From then on an explorer knows that the word
 * names its owner, so that it can take actors that do the same for one another.
 */
export function ownerTag({ arena, actor }: Task, word: Word): number {
  namesOwner(word);
  return (actor - arena.actors) / Actor.shape.size + 1;
}

/** Is a fatal signal pending for this task? */
export const fatalSignalPending = (task: Task): boolean => load(task.arena, task.actor + Actor.signal) !== 0;

/** Adds to a counter of the task (see arena/counters.ts). */
export function count(task: Task, counter: number, by = 1): void {
  tally(task.arena, task.actor + Actor.counters + counter, by);
}

/** Counts one mm event of this task (see "windows" in docs/measurement.md). */
export function countEvent(task: Task): void {
  tally(task.arena, task.actor + Actor.ownEvents, 1);
}

/** mm events of all other actors so far. Each word has one writer; a sum may lag, and never goes back. */
export function foreignEvents({ arena, id }: Task): number {
  let sum = 0;
  for (let other = 0; other < arena.config.actors; other++) {
    if (other !== id) sum += get(arena, arena.actors + other * Actor.shape.size + Actor.ownEvents);
  }
  return sum;
}
