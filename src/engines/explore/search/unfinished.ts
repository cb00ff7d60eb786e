/**
 * States below which not everything has been looked at: how several threads notice that steps lead round.
 *
 * A thread sees a round that closes on its own path. One that goes over the paths of two threads neither of them sees. So each thread
 * notes which steps have led to a state that was not finished, and finishes a state only when all that follow it are. If there is
 * no round, all states are finished in the end, in some order; if there is one, those on it never are.
 */
import { grown } from '../machine/grown.ts';
import type { Crew } from './crew.ts';
import type { SharedTable } from './sharedTable.ts';

/** Numbers of the notes of states left, below which they are not looked through. */
const FEW = 1 << 16;

/** What is kept of a path when the search is interrupted. */
export interface SavedUnfinished {
  readonly states: Int32Array;
  readonly waiting: Int32Array;
}

/** Whose it is to finish a state: another thread's, this one's alone, or in parts that of several. */
const Own = { not: 0, alone: 1, part: 2 } as const;

/** Numbers kept of a state on the path: depth, hash, whose it is to finish, where what it waits for begins, its slot and of how many. */
const KEPT = 7;

export class Unfinished {
  readonly #crew: Crew;
  readonly #table: SharedTable;
  /** States on the path, below the one that the thread has begun with. */
  #states = new Int32Array(1024 * KEPT);
  #depth = 0;
  /** Hashes of the states that those on the path wait for. */
  #waiting = new Int32Array(1024);
  #waits = 0;
  /** States left by the path that are not finished: hash, how many they wait for, and the hashes of those. */
  #left = new Int32Array(FEW);
  #end = 0;
  #nextLook = FEW;

  constructor(crew: Crew) {
    this.#crew = crew;
    this.#table = crew.table;
  }

  /** The path goes on to a state, the last one that was added to the table. `isNew`: nobody else was there, so this thread finishes it. */
  enter(depth: number, low: number, high: number, isNew: boolean): void {
    this.#enter(depth, low, high, isNew ? Own.alone : Own.not);
  }

  /** The path begins at a state that another thread has given away. `isPart`: this thread finishes a part of it. */
  begin(depth: number, low: number, high: number, isPart: boolean): void {
    this.#table.slot = this.#table.find(low, high);
    this.#enter(depth, low, high, isPart ? Own.part : Own.not);
  }

  #enter(depth: number, low: number, high: number, own: number): void {
    const at = this.#depth * KEPT;
    if (at + KEPT > this.#states.length) this.#states = grown(this.#states);
    const states = this.#states;
    states[at] = depth;
    states[at + 1] = low;
    states[at + 2] = high;
    states[at + 3] = own;
    states[at + 4] = this.#waits;
    states[at + 5] = this.#table.slot;
    states[at + 6] = this.#table.slots;
    this.#depth++;
  }

  /** Where the state is that is kept at `at`. */
  #slotAt(at: number): number {
    const states = this.#states;
    if (states[at + 6] === this.#table.slots) return states[at + 5] as number;
    return this.#table.find(states[at + 1] as number, states[at + 2] as number);
  }

  /** The last state of the path has led, without a preemption, to the one that was to be added last, and was reached before. */
  reached(low: number, high: number): void {
    if (this.#depth > 0 && !this.#crew.hasRound && !this.#table.isFinished(this.#table.slot)) this.#wait(low, high);
  }

  #wait(low: number, high: number): void {
    if (this.#waits + 2 > this.#waiting.length) this.#waiting = grown(this.#waiting);
    this.#waiting[this.#waits++] = low;
    this.#waiting[this.#waits++] = high;
  }

  /** The path leaves the state at `depth`, if it was entered. `isFree`: the step that led to it was no preemption. */
  leave(depth: number, isFree: boolean): void {
    const at = (this.#depth - 1) * KEPT;
    if (this.#depth === 0 || this.#states[at] !== depth) return;
    const first = this.#states[at + 4] as number;
    this.#depth--;
    const isFinished =
      this.#crew.hasRound ||
      (this.#states[at + 3] === Own.not ? this.#table.isFinished(this.#slotAt(at)) : this.#finish(at, first));
    this.#waits = first;
    if (isFree && !isFinished && this.#depth > 0) this.#wait(this.#states[at + 1] as number, this.#states[at + 2] as number);
  }

  /** Finishes the state, or keeps it with what it waits for. Is all of it finished? */
  #finish(at: number, first: number): boolean {
    const waiting = this.#waiting;
    let end = first;
    for (let i = first; i < this.#waits; i += 2) {
      const low = waiting[i] as number;
      const high = waiting[i + 1] as number;
      if (this.#table.isFinished(this.#table.find(low, high))) continue;
      waiting[end++] = low;
      waiting[end++] = high;
    }
    if (end === first) {
      const slot = this.#slotAt(at);
      if (this.#states[at + 3] === Own.part) return this.#table.finishPart(slot);
      this.#table.finish(slot);
      return true;
    }
    while (this.#end + 3 + end - first > this.#left.length) this.#left = grown(this.#left);
    const left = this.#left;
    left[this.#end] = this.#states[at + 1] as number;
    left[this.#end + 1] = this.#states[at + 2] as number;
    left[this.#end + 2] = (end - first) / 2;
    left.set(waiting.subarray(first, end), this.#end + 3);
    this.#end += 3 + end - first;
    if (this.#end >= this.#nextLook) {
      this.#end = lookThrough(this.#table, left, this.#end);
      this.#nextLook = Math.max(FEW, 2 * this.#end);
    }
    return false;
  }

  /**
   * What is left to be tried at the state at `depth` on the path is given to another thread. True if that finishes a part of it then;
   * a state that this thread has only come to at a lower price is for others to finish.
   */
  share(depth: number): boolean {
    let at = (this.#depth - 1) * KEPT;
    while (this.#states[at] !== depth) at -= KEPT;
    if (this.#states[at + 3] === Own.not) return false;
    this.#states[at + 3] = Own.part;
    this.#table.addPart(this.#slotAt(at));
    return true;
  }

  /** Notes of the states that are left. If there is a round anyway, they are of no interest. */
  get left(): Int32Array {
    return this.#left.slice(0, this.#crew.hasRound ? 0 : this.#end);
  }

  /** What there is of the path. */
  save(): SavedUnfinished {
    return { states: this.#states.slice(0, this.#depth * KEPT), waiting: this.#waiting.slice(0, this.#waits) };
  }

  /** Goes on with a path that was interrupted. */
  restore({ states, waiting }: SavedUnfinished): void {
    this.#depth = states.length / KEPT;
    while (this.#states.length < states.length) this.#states = grown(this.#states);
    this.#states.set(states);
    this.#waits = waiting.length;
    while (this.#waiting.length < waiting.length) this.#waiting = grown(this.#waiting);
    this.#waiting.set(waiting);
  }

  /** Takes over notes of states that are left. */
  takeOver(left: Int32Array): void {
    while (this.#left.length < this.#end + left.length) this.#left = grown(this.#left);
    this.#left.set(left, this.#end);
    this.#end += left.length;
    this.#nextLook = Math.max(FEW, 2 * this.#end);
  }
}

/** Finishes those of the states left that wait for nothing any more. Returns where the notes of the others end. */
function lookThrough(table: SharedTable, left: Int32Array, end: number): number {
  let kept = 0;
  for (let at = 0; at < end; ) {
    const next = at + 3 + 2 * (left[at + 2] as number);
    let to = kept + 3;
    const [low, high] = [left[at] as number, left[at + 1] as number];
    for (let i = at + 3; i < next; i += 2) {
      const [a, b] = [left[i] as number, left[i + 1] as number];
      if (table.isFinished(table.find(a, b))) continue;
      left[to++] = a;
      left[to++] = b;
    }
    if (to === kept + 3) table.finishPart(table.find(low, high));
    else {
      left[kept] = low;
      left[kept + 1] = high;
      left[kept + 2] = (to - kept - 3) / 2;
      kept = to;
    }
    at = next;
  }
  return kept;
}

/** All threads are through. Do the steps lead round somewhere? Given what each has left. */
export function leadRound(table: SharedTable, notes: readonly Int32Array[]): boolean {
  const left = notes.map((note) => note.slice());
  const ends = left.map(({ length }) => length);
  for (let again = true; again; ) {
    again = false;
    for (const [i, note] of left.entries()) {
      const end = lookThrough(table, note, ends[i] as number);
      again ||= end < (ends[i] as number);
      ends[i] = end;
    }
  }
  return ends.some((end) => end > 0);
}
