/** What the next steps of actors touch, as far as it is known from steps that were made. */

import { DONE, type LocalState, type LocalStates } from './localState.ts';
import type { RecordedSteps } from './recordedSteps.ts';
import type { UndoLog } from './undoLog.ts';

/** Who makes steps, for a step that nobody has made yet. */
export interface Maker {
  /** Null when it went well. */
  step(actor: number): object | null;
  back(): void;
  canRun(actor: number): boolean;
  /** The local state that the actor is in. */
  localOf(actor: number): LocalState;
  isBackground(actor: number): boolean;
  readonly hasBackground: boolean;
  /** Is it looked for who else stands where while somebody stands at the point? */
  isWatched(point: number): boolean;
}

/** Most steps that touch nothing and are followed in a row. */
const MOST_QUIET = 1024;

/** What is known of the next step from a local state. ENDLESS: it touches nothing, and so do all that follow it. */
const [NOTICED, QUIET, ENDLESS, UNKNOWN] = [0, 1, 2, 3];

export class LookAhead {
  readonly #maker: Maker;
  readonly #undoLog: UndoLog;
  readonly #recorded: RecordedSteps;
  readonly #states: LocalStates;

  constructor(maker: Maker, undoLog: UndoLog, recorded: RecordedSteps, states: LocalStates) {
    this.#maker = maker;
    this.#undoLog = undoLog;
    this.#recorded = recorded;
    this.#states = states;
  }

  /** See scheduler.ts. Of a step that went several ways before, all of them count. */
  conflicts(one: LocalState, other: LocalState): boolean {
    const mine = this.#touches(one);
    const theirs = this.#touches(other);
    if (mine === null || theirs === null) return false;
    for (const word of mine[1]) if (theirs[0].has(word) || theirs[1].has(word)) return true;
    for (const word of theirs[1]) if (mine[0].has(word)) return true;
    return false;
  }

  #touches(state: LocalState): LocalState['touches'] {
    if (state.touches === null && state.entry !== 0) {
      const isShared = (word: number): boolean => !this.#undoLog.isQuiet(word);
      const [reads, writes] = this.#recorded.footprint(state.entry);
      state.touches = [new Set([...reads].filter(isShared)), new Set([...writes].filter(isShared))];
    }
    return state.touches;
  }

  /**
   * Does the next step of the actor in this state touch nothing that anybody else, or a check, could notice, and do the steps that follow
   * it come to one that does? Then nothing is missed when it is made at once. It follows from the local state alone, so that it is the
   * same on whatever path, and in whatever thread, it is asked.
   */
  isQuiet(state: LocalState): boolean {
    while (this.#known(state) === UNKNOWN) this.#follow(state);
    return this.#known(state) === QUIET;
  }

  #known({ quiet }: LocalState): number {
    return quiet >> 2 === this.#undoLog.promotions ? quiet & 3 : UNKNOWN;
  }

  /** Makes the steps from here on, as long as they touch nothing, and takes them back. An actor that only ever makes such steps would put all others off for ever. */
  #follow(state: LocalState): void {
    // A step on the way may be the first to read a counter: then what was found before it is out of date.
    const { promotions } = this.#undoLog;
    const learn = (at: LocalState, what: number): void => {
      at.quiet = (promotions << 2) | what;
    };
    const passed: LocalState[] = [];
    let how: number = QUIET;
    for (let at = state; ; at = this.#maker.localOf(state.actor)) {
      const known = this.#known(at);
      if (known !== UNKNOWN) how = known === ENDLESS ? ENDLESS : QUIET;
      else if (passed.includes(at) || passed.length === MOST_QUIET) how = ENDLESS;
      else if (at.at !== DONE && this.#touchesNothing(at)) {
        passed.push(at);
        this.#maker.step(at.actor);
        continue;
      } else learn(at, NOTICED);
      break;
    }
    for (const _ of passed) this.#maker.back();
    if (passed.length === MOST_QUIET) passed.length = 1;
    for (const at of passed) learn(at, how);
  }

  /** Asked for the first time the step is made, and taken back. */
  #touchesNothing(state: LocalState): boolean {
    if (this.#maker.isWatched(state.at) || !this.#maker.canRun(state.actor)) return false;
    if (state.entry === 0) {
      const failure = this.#maker.step(state.actor);
      this.#maker.back();
      if (failure !== null || state.entry === 0) return false;
    }
    return this.#recorded.touchesOnly(
      state.entry,
      (word) => this.#undoLog.isQuiet(word),
      (end) => !this.#isNoticed(state, this.#states.list[end] as LocalState),
    );
  }

  /** One in the background takes its operations up once more, or somebody is done: who is in the background stops for that. */
  #isNoticed(from: LocalState, to: LocalState): boolean {
    if (!this.#maker.hasBackground) return false;
    return to.at === DONE || (from.operation === 0 && from.isFirst && this.#maker.isBackground(from.actor));
  }
}
