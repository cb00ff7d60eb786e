/**
 * Rule I-PROG for one access: it may fault as often as others take away what it has just got, or keep from it what it wants, or a driver
 * sends it back until a time has passed, and no more. An access that faults again and again while everybody else gets on, and hardly anything is invalidated, will fault for ever.
 */
import { get, load } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Counter } from '../../arena/counters.ts';
import { Actor, ActorState } from '../../arena/structures.ts';
import { Violation } from '../../arena/violation.ts';
import { foreignEvents, type Task } from '../../sync/task.ts';
import { advance } from './counterTotals.ts';

/** Faults of one access that are looked at together. Chosen in docs/oracles.md. */
export const MOST_FAULTS = 1000;
/** Most accesses need fewer, and are not looked at. */
const WORTH_A_LOOK = 10;
/** Faults and operations that each of the others must have finished meanwhile, so that no operation of theirs is the reason. */
export const ROUNDS_OF_OTHERS = 10;
/** At least so many faults for each invalidation that others began or ended. */
const FAULTS_PER_EVENT = 4;

export class FaultStreak {
  readonly #arena: Arena;
  /** Actors that race; the arena may have more. */
  readonly #actors: number;
  /** Rounds of each actor when the stretch of faults under judgement began, and what it was at. */
  readonly #rounds: Int32Array;
  readonly #operations: Int32Array;
  #events = 0;
  #since = 0;
  /** The fault under way was sent back until a time has passed. */
  #isPostponed = false;

  constructor(arena: Arena, actors: number) {
    this.#arena = arena;
    this.#actors = actors;
    this.#rounds = new Int32Array(actors);
    this.#operations = new Int32Array(actors);
  }

  /** Between two of these an actor holds nothing: operations and faults it has finished. */
  #roundsOf(id: number): number {
    const { actors } = this.#arena;
    const counters = actors + id * Actor.shape.size + Actor.counters;
    const of = (counter: number): number => get(this.#arena, counters + counter);
    return (of(Counter.operations) + of(Counter.cpuFaults) + of(Counter.deviceFaults)) | 0;
  }

  #operationOf(id: number): number {
    return get(this.#arena, this.#arena.actors + id * Actor.shape.size + Actor.operation);
  }

  #begin(task: Task, faults: number): void {
    for (let id = 0; id < this.#actors; id++) {
      this.#rounds[id] = this.#roundsOf(id);
      this.#operations[id] = this.#operationOf(id);
    }
    this.#events = foreignEvents(task);
    this.#since = faults;
  }

  /** Nothing that this actor was at when the stretch began is still going on. An actor that is gone, or between two operations, has nothing. */
  #hasMovedOn(id: number): boolean {
    if (load(this.#arena, this.#arena.actors + id * Actor.shape.size + Actor.state) !== ActorState.running) return true;
    if (this.#operations[id] === 0 && this.#operationOf(id) === 0) return true;
    return advance(this.#rounds[id] as number, this.#roundsOf(id)) >= ROUNDS_OF_OTHERS;
  }

  /** The clock is the reason for the fault under way, and it goes on by itself. */
  postponed(): void {
    this.#isPostponed = true;
  }

  /**
   * One access of `task` to address page `vpn` has faulted `faults` times now, each time without an error, and begins again.
   *
   * @throws Violation I-PROG when that leads nowhere.
   */
  refaulted(task: Task, what: string, vpn: number, faults: number): void {
    if (faults === WORTH_A_LOOK || this.#isPostponed) this.#begin(task, faults);
    this.#isPostponed = false;
    if (faults % MOST_FAULTS !== 0 || faults - this.#since < MOST_FAULTS - WORTH_A_LOOK) return;
    for (let id = 0; id < this.#actors; id++) if (id !== task.id && !this.#hasMovedOn(id)) return;
    const stretch = faults - this.#since;
    const events = Math.abs(foreignEvents(task) - this.#events);
    if (stretch >= FAULTS_PER_EVENT * events) {
      throw new Violation(
        'I-PROG',
        `livelock: ${what} of actor ${task.id} to address page ${vpn} has faulted ${faults} times without an error and gets nowhere: in the last ${stretch} everybody else got on, and began or ended ${events} invalidations`,
      );
    }
    this.#begin(task, faults);
  }
}
