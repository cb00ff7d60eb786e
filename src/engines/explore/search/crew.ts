/**
 * The threads of one search: what they say to each other through words that they share.
 *
 * A thread without work says so, and waits. One that has some looks at that now and then, and gives away what is left to be tried at
 * the earliest state of its path that has anything left. When nobody has work, the search is over. When the table must grow, or a
 * checkpoint is written, all of them stand still.
 */
import { isFull, SharedTable, type TableMemory } from './sharedTable.ts';

/** What is known of a state beside what is always part of it. Threads whose hashes are to compare know the same. */
export interface Learnt {
  /** See `promoted` of an executor. */
  readonly promoted: readonly number[];
  /** Why like actors are told apart; null as long as they are not. */
  readonly broken: string | null;
}

export const NOTHING_LEARNT: Learnt = { promoted: [], broken: null };

/** Why a search ends: everything was looked at; more was learnt of what a state is; a failure; it was enough. */
export const End = { none: 0, through: 1, outdated: 2, failed: 3, enough: 4 } as const;

/** What a thread that stands still waits for: nothing; the table to grow; a checkpoint, each of which has a number of its own from this one on. */
const Pause = { none: 0, grow: 1, checkpoint: 2 } as const;

/** Words that all share: how it ends; threads with work; threads without; pause; threads that move; a round was found. */
const [END, BUSY, WANTING, PAUSE, MOVING, ROUND, LANES_AT] = [0, 1, 2, 3, 4, 5, 6];

/** Words of each thread: states, executions, its letter box; in it, the length of the path, the actors, whether it is a part. */
const [STATES, EXECUTIONS, BOX, LENGTH, ACTORS, PART, LANE_WORDS] = [0, 1, 2, 3, 4, 5, 6];

/** A letter box: not looked at; waited for; being filled; full. */
const Box = { shut: 0, open: 1, filling: 2, full: 3 } as const;

/** Longest path that is given away. */
const MOST_STEPS = 1 << 16;

/** Longest time to wait without looking round, in milliseconds. */
const WAIT_MS = 100;

/** States of a thread after which it looks whether the table is full; a power of two. So many fit in any case. */
const OFTEN = 64;

/** Work that one thread gives to another: the steps to a state, and the actors that are to make a step there, a bit each. */
export interface Work {
  readonly schedule: Uint8Array;
  readonly actors: number;
  /** It is a part of what is below a state: see unfinished.ts. */
  readonly isPart: boolean;
}

/** What the threads of a search are given. */
export interface CrewMemory {
  readonly words: SharedArrayBuffer;
  readonly letters: SharedArrayBuffer;
  readonly table: TableMemory;
}

/** For a search in `threads` threads, `busy` of which begin with work, when `states` are in the table already. */
export function crewMemory(threads: number, busy: number, table: TableMemory, states = 0, hasRound = false): CrewMemory {
  const words = new Int32Array(new SharedArrayBuffer(4 * (LANES_AT + threads * LANE_WORDS)));
  words[BUSY] = busy;
  words[ROUND] = hasRound ? 1 : 0;
  words[LANES_AT + STATES] = states;
  return { words: words.buffer, letters: new SharedArrayBuffer(threads * MOST_STEPS), table };
}

/** One of the threads, or who watches them. */
export class Crew {
  readonly table: SharedTable;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #letters: Uint8Array<SharedArrayBuffer>;
  readonly #threads: number;
  readonly #at: number;
  readonly #lane: number;
  /** States that count as reached by this thread, beside those of its own. */
  readonly #known: number;
  /** The checkpoint that was asked for last. */
  #checkpoint: number = Pause.checkpoint;
  /** Called when a checkpoint is asked for, while all stand still. */
  onSave: () => void = () => {};

  constructor({ words, letters, table }: CrewMemory, lane: number) {
    this.#words = new Int32Array(words);
    this.#letters = new Uint8Array(letters);
    this.#threads = (this.#words.length - LANES_AT) / LANE_WORDS;
    this.table = new SharedTable(table);
    this.#lane = lane;
    this.#at = LANES_AT + lane * LANE_WORDS;
    this.#known = this.#words[this.#at + STATES] as number;
  }

  #sum(field: number): number {
    let sum = 0;
    for (let lane = 0; lane < this.#threads; lane++) sum += this.#words[LANES_AT + lane * LANE_WORDS + field] as number;
    return sum;
  }

  /** States that all threads have reached. */
  get states(): number {
    return this.#sum(STATES);
  }

  get executions(): number {
    return this.#sum(EXECUTIONS);
  }

  /** How far this thread has come. */
  tell(executions: number): void {
    this.#words[this.#at + EXECUTIONS] = executions;
    this.#words[this.#at + STATES] = this.#known + this.table.claimed;
  }

  get end(): number {
    return Atomics.load(this.#words, END);
  }

  /** Ends the search for all; the first reason counts. */
  finish(end: number): void {
    Atomics.compareExchange(this.#words, END, End.none, end);
    for (const word of [PAUSE, MOVING]) Atomics.notify(this.#words, word);
    for (let lane = 0; lane < this.#threads; lane++) Atomics.notify(this.#words, LANES_AT + lane * LANE_WORDS + BOX);
  }

  /** A path has come back to a state of its own. */
  foundRound(): void {
    Atomics.store(this.#words, ROUND, 1);
  }

  get hasRound(): boolean {
    return this.#words[ROUND] !== 0;
  }

  /** Is there something to be attended to before the next step? */
  get isCalled(): boolean {
    return this.#words[PAUSE] !== Pause.none || this.#words[END] !== End.none;
  }

  /** Is a checkpoint asked for? */
  get isSaving(): boolean {
    return Atomics.load(this.#words, PAUSE) >= Pause.checkpoint;
  }

  /** This thread uses the table from now on. */
  enter(): void {
    const words = this.#words;
    for (;;) {
      Atomics.add(words, MOVING, 1);
      if (Atomics.load(words, PAUSE) === Pause.none) break;
      this.leave();
      this.#standStill();
    }
    if (this.table.hasGrown) this.table.renew();
  }

  /** It does not use it for now. */
  leave(): void {
    Atomics.sub(this.#words, MOVING, 1);
    Atomics.notify(this.#words, MOVING);
  }

  #standStill(): void {
    // A thread that is slow to wake may find the next checkpoint asked for already: that is another pause, with another number.
    let saved = 0;
    for (let why = Atomics.load(this.#words, PAUSE); why !== Pause.none; why = Atomics.load(this.#words, PAUSE)) {
      if (why >= Pause.checkpoint && why !== saved) {
        saved = why;
        this.onSave();
      }
      Atomics.wait(this.#words, PAUSE, why, WAIT_MS);
    }
  }

  /** Stands still for as long as it is asked to. False if the search is over. */
  attend(): boolean {
    if (Atomics.load(this.#words, PAUSE) !== Pause.none) {
      this.leave();
      this.enter();
    }
    return this.end === End.none;
  }

  /** A state was added. The table grows if it is time. */
  added(): void {
    if ((this.table.claimed & (OFTEN - 1)) !== 0) return;
    this.#words[this.#at + STATES] = this.#known + this.table.claimed;
    if (!isFull(this.states + OFTEN * this.#threads, this.table.slots) || !this.table.canGrow) return;
    if (Atomics.compareExchange(this.#words, PAUSE, Pause.none, Pause.grow) !== Pause.none) return;
    const words = this.#words;
    for (let moving = Atomics.load(words, MOVING); moving > 1; moving = Atomics.load(words, MOVING))
      Atomics.wait(words, MOVING, moving, WAIT_MS);
    this.table.grow();
    this.goOn();
  }

  /** Who watches asks all threads to stand still and to say where they are. False if they stand still already for another reason. */
  askToSave(): boolean {
    if (Atomics.compareExchange(this.#words, PAUSE, Pause.none, this.#checkpoint) !== Pause.none) return false;
    this.#checkpoint++;
    for (let lane = 0; lane < this.#threads; lane++) Atomics.notify(this.#words, LANES_AT + lane * LANE_WORDS + BOX);
    return true;
  }

  /** Lets everybody go on. */
  goOn(): void {
    Atomics.store(this.#words, PAUSE, Pause.none);
    Atomics.notify(this.#words, PAUSE);
  }

  /** Does a thread wait for work? */
  get isWanted(): boolean {
    return (this.#words[WANTING] as number) > 0;
  }

  /** Gives work to one that waits for it. When there is one, and before it begins, `isPart` says what it is. False if there is none. */
  give(schedule: Uint8Array, steps: number, actors: number, isPart: () => boolean): boolean {
    if (steps > MOST_STEPS) return false;
    const words = this.#words;
    for (let lane = 0; lane < this.#threads; lane++) {
      const at = LANES_AT + lane * LANE_WORDS;
      if (Atomics.compareExchange(words, at + BOX, Box.open, Box.filling) !== Box.open) continue;
      words[at + PART] = isPart() ? 1 : 0;
      Atomics.sub(words, WANTING, 1);
      Atomics.add(words, BUSY, 1);
      this.#letters.set(schedule.subarray(0, steps), lane * MOST_STEPS);
      words[at + LENGTH] = steps;
      words[at + ACTORS] = actors;
      Atomics.store(words, at + BOX, Box.full);
      Atomics.notify(words, at + BOX);
      return true;
    }
    return false;
  }

  /** This thread has no work any more. */
  rest(): void {
    if (Atomics.sub(this.#words, BUSY, 1) === 1) this.finish(End.through);
  }

  /** Waits for work, and does not use the table then: {@link enter} is next. Null when the search is over. */
  take(): Work | null {
    while (this.end === End.none) {
      this.#waitForLetter();
      const words = this.#words;
      const box = this.#at + BOX;
      if (Atomics.compareExchange(words, box, Box.open, Box.shut) === Box.open) {
        Atomics.sub(words, WANTING, 1);
        this.enter();
        continue;
      }
      while (Atomics.load(words, box) === Box.filling) Atomics.wait(words, box, Box.filling, WAIT_MS);
      const first = this.#lane * MOST_STEPS;
      const schedule = this.#letters.slice(first, first + (words[this.#at + LENGTH] as number));
      Atomics.store(words, box, Box.shut);
      return { schedule, actors: words[this.#at + ACTORS] as number, isPart: words[this.#at + PART] === 1 };
    }
    return null;
  }

  /** Until there is one, the search is over or a checkpoint is asked for. The table may be changed meanwhile. */
  #waitForLetter(): void {
    const words = this.#words;
    const box = this.#at + BOX;
    Atomics.store(words, box, Box.open);
    Atomics.add(words, WANTING, 1);
    this.leave();
    while (this.end === End.none && !this.isSaving && Atomics.load(words, box) === Box.open)
      Atomics.wait(words, box, Box.open, WAIT_MS);
  }
}
