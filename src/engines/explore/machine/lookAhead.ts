/** What the next steps of actors touch, as far as it is known from steps that were made. */

import { DONE, type LocalState, type LocalStates } from './localState.ts';
import type { RecordedSteps } from './recordedSteps.ts';
import type { UndoLog } from './undoLog.ts';

/** Who makes steps, for a step that nobody has made yet. */
export interface Maker {
  /** Null when it went well. */
  step(actor: number): object | null;
  back(): void;
  isBackground(actor: number): boolean;
  readonly hasBackground: boolean;
  /** Is it looked for who else stands where while somebody stands at the point? */
  isWatched(point: number): boolean;
}

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
   * Does the next step of the actor in this state touch nothing that anybody else, or a check, could notice? Then nothing is missed
   * when it is made at once. Asked for the first time it is made, and taken back.
   */
  isQuiet(state: LocalState): boolean {
    const { promotions } = this.#undoLog;
    if (state.quiet >> 1 !== promotions) {
      if (this.#maker.isWatched(state.at)) return false;
      if (state.entry === 0) {
        const failure = this.#maker.step(state.actor);
        this.#maker.back();
        if (failure !== null || state.entry === 0) return false;
      }
      const isQuiet = this.#recorded.touchesOnly(
        state.entry,
        (word) => this.#undoLog.isQuiet(word),
        (end) => !this.#isNoticed(state, this.#states.list[end] as LocalState),
      );
      state.quiet = 2 * promotions + (isQuiet ? 1 : 0);
    }
    return (state.quiet & 1) !== 0;
  }

  /** One in the background takes its operations up once more, or somebody is done: who is in the background stops for that. */
  #isNoticed(from: LocalState, to: LocalState): boolean {
    if (!this.#maker.hasBackground) return false;
    return to.at === DONE || (from.operation === 0 && from.parent === null && this.#maker.isBackground(from.actor));
  }
}
