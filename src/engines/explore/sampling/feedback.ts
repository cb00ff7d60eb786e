/**
 * Feedback, as grey-box fuzzers have it: a schedule that has met an order for the first time is kept, and half of the later ones are
 * changed copies of those that were kept last. An order is a pair of points at which one actor was left and another one taken up. A
 * schedule is a few preemptions, each at a step of an actor; a copy has one of them moved, one more or one less. (Fest, NSDI 2026,
 * changes schedules that have reached something new.)
 */
import { includes, type View } from './scheduler.ts';
import { Randomised } from './strategies.ts';

/** When an actor is about to make its step of this number, another one goes on. */
interface Preemption {
  readonly actor: number;
  readonly step: number;
  readonly to: number;
}

/** A schedule that has met something new. */
interface Kept {
  readonly preemptions: readonly Preemption[];
  /** Whom the actors gave way to where they could not go on, as drawn: the same in each copy. */
  readonly turns: number;
  /** Orders it was the first to meet, and copies that were made of it. */
  readonly news: number;
  tries: number;
}

/** Schedules kept, the last ones: what was new in the beginning is met again anyway. */
const KEPT = 32;
/** One of so many schedules is a new one, with so many preemptions or one more. */
const SHARE = 2;
const FEW = 2;
/** Preemptions of a copy, at most. */
const MOST = 4;
/** A preemption is moved by so many steps, or anywhere. */
const NEAR = 8;

export class FeedbackWalk extends Randomised {
  readonly name = 'feedback';
  readonly #kept: Kept[] = [];
  readonly #seen = new Set<number>();
  #view: View | null = null;
  /** Preemptions that are to come, and those that were made. */
  #plan: Preemption[] = [];
  #done: Preemption[] = [];
  #turns = 0;
  /** Steps of each actor, and how many it has mostly. */
  #made: number[] = [];
  #lengths: number[] = [];
  #news = 0;

  override newExecution(actors: number, view: View): boolean {
    if (this.#news > 0) this.#keep();
    this.#lengths = Array.from({ length: actors }, (_, i) =>
      Math.ceil(Math.max((this.#lengths[i] ?? 32) * 0.9, this.#made[i] ?? 0, 4)),
    );
    this.#view = view;
    this.#made = Array.from({ length: actors }, () => 0);
    this.#done = [];
    this.#news = 0;
    const model = this.#kept.length === 0 || this.random.below(SHARE) === 0 ? null : this.#choose();
    this.#turns = model?.turns ?? this.random.next();
    this.#plan = model === null ? this.#anew() : this.#changed(model.preemptions);
    return true;
  }

  #keep(): void {
    if (this.#kept.length >= KEPT) this.#kept.shift();
    this.#kept.push({ preemptions: this.#done, turns: this.#turns, news: this.#news, tries: 0 });
  }

  /** Of a few drawn at random, the one with the fewest copies for what it has met. */
  #choose(): Kept {
    let best = this.#draw();
    for (let i = 0; i < 2; i++) {
      const other = this.#draw();
      if (other.tries * best.news < best.tries * other.news) best = other;
    }
    best.tries++;
    return best;
  }

  #draw(): Kept {
    return this.#kept[this.random.below(this.#kept.length)] as Kept;
  }

  #anew(): Preemption[] {
    return Array.from({ length: FEW + this.random.below(2) }, () => this.#anywhere());
  }

  /** At any step of any actor, each as likely as the others. */
  #anywhere(): Preemption {
    let step = this.random.below(this.#lengths.reduce((sum, length) => sum + length, 0));
    let actor = 0;
    while (step >= (this.#lengths[actor] as number)) step -= this.#lengths[actor++] as number;
    return { actor, step, to: this.#anotherThan(actor) };
  }

  #anotherThan(actor: number): number {
    const actors = this.#lengths.length;
    return (actor + 1 + this.random.below(Math.max(1, actors - 1))) % actors;
  }

  /** A copy with a preemption more, less or at another place. */
  #changed(preemptions: readonly Preemption[]): Preemption[] {
    const copy = [...preemptions];
    const at = this.random.below(Math.max(1, copy.length));
    const kind = this.random.below(8);
    if (copy.length === 0 || (kind < 3 && copy.length < MOST)) copy.push(this.#anywhere());
    else if (kind === 3) copy.splice(at, 1);
    else if (kind < 6) copy[at] = this.#near(copy[at] as Preemption);
    else copy[at] = this.#anywhere();
    return copy;
  }

  #near({ actor, step, to }: Preemption): Preemption {
    const by = 1 + this.random.below(NEAR);
    return { actor, step: Math.max(0, this.random.below(2) === 0 ? step - by : step + by), to };
  }

  nextActor(runnable: Uint8Array, count: number, current: number): number {
    if (current !== -1) this.#made[current] = (this.#made[current] as number) + 1;
    const next = this.#next(runnable, count, current);
    if (current !== -1 && next !== current) this.#note(current, next);
    return next;
  }

  #next(runnable: Uint8Array, count: number, current: number): number {
    if (!includes(runnable, count, current)) return this.#turn(runnable, count);
    const step = this.#made[current];
    const due = count === 1 ? undefined : this.#plan.find((one) => one.actor === current && one.step === step);
    if (due === undefined) return current;
    this.#done.push(due);
    this.#plan.splice(this.#plan.indexOf(due), 1);
    if (includes(runnable, count, due.to)) return due.to;
    const others = count - 1;
    const chosen = runnable[this.random.below(others)] as number;
    return chosen === current ? (runnable[others] as number) : chosen;
  }

  /** Who goes on where the actor cannot; drawn, but in a copy as before. */
  #turn(runnable: Uint8Array, count: number): number {
    const made = this.#made.reduce((sum, steps) => sum + steps, 0);
    return runnable[(Math.imul(this.#turns ^ made, 0x9e3779b1) >>> 8) % count] as number;
  }

  /** An order is met as `from` is left and `to` taken up. */
  #note(from: number, to: number): void {
    const { at } = this.#view as View;
    const order = ((from * 32 + to) * 1024 + (at[from] as number) + 1) * 1024 + (at[to] as number) + 1;
    if (this.#seen.has(order)) return;
    this.#seen.add(order);
    this.#news++;
  }
}
