/**
 * Hints from conflicting accesses: two actors about to touch the same word, one of them writing, are a pair of places whose order
 * may matter. In each execution one pair that was met before is tried the other way round: the actor that came to its place is
 * held there until the other has passed its own. The rest runs without preemption. (Snowboard, SOSP 2021, aims in this way.)
 */
import { includes, type View } from './scheduler.ts';
import { Randomised } from './strategies.ts';

interface Hint {
  readonly held: number;
  readonly heldAt: number;
  readonly other: number;
  readonly otherAt: number;
  tries: number;
}

/** Pairs remembered; more do not come about in scenarios of a few operations. */
const MOST_HINTS = 4096;
/** One of so many choices is a random one, so that new pairs are met. */
const RARELY = 24;

export class HintedWalk extends Randomised {
  readonly name = 'hints';
  readonly #hints: Hint[] = [];
  readonly #known = new Set<number>();
  #view: View | null = null;
  #hint: Hint | null = null;
  /** Visits of the held actor to its place before it is held. */
  #skip = 0;
  #holds = false;

  override newExecution(_actors: number, view: View): boolean {
    this.#view = view;
    this.#hint = this.#choose();
    this.#skip = this.random.below(3);
    this.#holds = false;
    return true;
  }

  /** One of the less tried of a few drawn at random. */
  #choose(): Hint | null {
    if (this.#hints.length === 0) return null;
    let best = this.#draw();
    for (let i = 0; i < 2; i++) {
      const other = this.#draw();
      if (other.tries < best.tries) best = other;
    }
    best.tries++;
    return best;
  }

  #draw(): Hint {
    return this.#hints[this.random.below(this.#hints.length)] as Hint;
  }

  nextActor(runnable: Uint8Array, count: number, current: number): number {
    const chosen = this.#next(runnable, count, current);
    this.#learn(runnable, count, chosen);
    return chosen;
  }

  #next(runnable: Uint8Array, count: number, current: number): number {
    const { at } = this.#view as View;
    const hint = this.#hint;
    if (hint !== null && !this.#holds && current === hint.held && at[current] === hint.heldAt && this.#skip-- === 0) {
      this.#holds = true;
    }
    if (hint !== null && this.#holds && count > 1) {
      const passes = current === hint.other && at[current] === hint.otherAt;
      if (passes && includes(runnable, count, current)) {
        this.#holds = false;
        this.#hint = null;
        return current;
      }
      if (current !== hint.held && includes(runnable, count, current)) return current;
      if (includes(runnable, count, hint.other)) return hint.other;
      return this.#anyBut(hint.held, runnable, count);
    }
    const goesOn = includes(runnable, count, current) && this.random.below(RARELY) !== 0;
    return goesOn ? current : (runnable[this.random.below(count)] as number);
  }

  #anyBut(actor: number, runnable: Uint8Array, count: number): number {
    let chosen = actor;
    while (chosen === actor) chosen = runnable[this.random.below(count)] as number;
    return chosen;
  }

  /** Any step leaves the other actors where they are, so a pair of steps that conflict is a hint for both orders. */
  #learn(runnable: Uint8Array, count: number, chosen: number): void {
    const view = this.#view as View;
    for (let i = 0; i < count; i++) {
      const other = runnable[i] as number;
      if (other === chosen || !view.conflicts(chosen, other)) continue;
      this.#add(chosen, view.at[chosen] as number, other, view.at[other] as number);
      this.#add(other, view.at[other] as number, chosen, view.at[chosen] as number);
    }
  }

  #add(held: number, heldAt: number, other: number, otherAt: number): void {
    const key = ((held * 32 + other) * 1024 + heldAt) * 1024 + otherAt;
    if (this.#known.has(key) || this.#hints.length >= MOST_HINTS) return;
    this.#known.add(key);
    this.#hints.push({ held, heldAt, other, otherAt, tries: 0 });
  }
}
