/**
 * Which of a scenario's covers were reached. Looked at after every step and at every end, and only for those that were not reached
 * yet: once they all are, it costs one test of a field a step.
 */
import { Counter } from '../../../arena/counters.ts';
import { Actor } from '../../../arena/structures.ts';
import { type Cover, coverText, type Place } from '../../../scenarios/covers.ts';
import type { Prepared } from '../../../scenarios/scenario.ts';
import { Point } from '../../../steps/points.ts';
import { DONE } from './localState.ts';

/** Says, for the points the actors stand at, whether a cover is reached. */
type Look = (at: Int32Array) => boolean;

/** A cover by its place in the list. */
interface Open {
  readonly cover: number;
  readonly look: Look;
}

/** Actors of a name, and those that are interchangeable with it: what one can reach the others can. */
type ActorsNamed = (name: string | undefined) => readonly number[];

const pointOf = ({ point }: Place): number => (point === 'done' ? DONE : Point[point]);

// These are asked at every step: loops, and nothing that is made anew.

/** Does one of the actors, other than `not`, stand at the point? */
function standsAt(at: Int32Array, actors: readonly number[], point: number, not: number): boolean {
  for (const actor of actors) if (actor !== not && at[actor] === point) return true;
  return false;
}

function looksAtPlace(place: Place, beside: Place | undefined, actorsNamed: ActorsNamed): Look {
  const [actors, point] = [actorsNamed(place.actor), pointOf(place)];
  if (beside === undefined) return (at) => standsAt(at, actors, point, -1);
  const [others, where] = [actorsNamed(beside.actor), pointOf(beside)];
  return (at) => {
    for (const actor of actors) if (at[actor] === point && standsAt(at, others, where, actor)) return true;
    return false;
  };
}

function looksAtCounter(words: Int32Array, counters: readonly number[]): Look {
  const before = counters.map((word) => words[word] as number);
  return () => {
    for (let i = 0; i < counters.length; i++) if (words[counters[i] as number] !== before[i]) return true;
    return false;
  };
}

export class Coverage {
  /** What the covers are, in words. */
  readonly names: readonly string[];
  /** Something is left to look for after a step. */
  isOpen = false;
  readonly #onStep: readonly Open[];
  readonly #atEnd: readonly Open[];
  #openOnStep: readonly Open[] = [];
  #openAtEnd: readonly Open[] = [];
  readonly #reached = new Set<number>();
  readonly #watched: ReadonlySet<number>;

  /** To be made before an actor has done anything. `first` names, for each actor, the first that it is interchangeable with. */
  constructor({ covers = [], actors, arena }: Prepared, first: ArrayLike<number>) {
    this.names = covers.map(coverText);
    const actorsNamed: ActorsNamed = (name) => {
      const all = actors.map((_, i) => i);
      if (name === undefined) return all;
      const named = actors.findIndex((actor) => actor.name === name);
      return all.filter((i) => first[i] === first[named]);
    };
    const lookFor = (cover: Cover): Look => {
      if ('end' in cover) return () => cover.end();
      if ('point' in cover) return looksAtPlace(cover, cover.while, actorsNamed);
      const counters = actorsNamed(cover.actor).map(
        (actor) => arena.actors + actor * Actor.shape.size + Actor.counters + Counter[cover.counter],
      );
      return looksAtCounter(arena.words, counters);
    };
    this.#watched = new Set(
      covers.flatMap((cover) => ('point' in cover && cover.while ? [pointOf(cover), pointOf(cover.while)] : [])),
    );
    const open = covers.map((cover, i): Open => ({ cover: i, look: lookFor(cover) }));
    const isEnd = ({ cover }: Open): boolean => 'end' in (covers[cover] as Cover);
    this.#onStep = open.filter((one) => !isEnd(one));
    this.#atEnd = open.filter(isEnd);
    this.begin();
  }

  /** Is it of interest who else stands where while an actor stands at the point? */
  isWatched(point: number): boolean {
    return this.#watched.has(point);
  }

  /** Nothing was reached yet: a task says what it has reached itself, whoever ran before it. */
  begin(): void {
    this.#reached.clear();
    this.#openOnStep = this.#onStep;
    this.#openAtEnd = this.#atEnd;
    this.isOpen = this.#onStep.length > 0;
  }

  /** Places, in the list of covers, of those that were reached. */
  get reached(): number[] {
    return [...this.#reached].sort((a, b) => a - b);
  }

  /** A step was made; the actors stand at these points. To be called while it {@link isOpen}. */
  look(at: Int32Array): void {
    for (const { look } of this.#openOnStep) {
      if (!look(at)) continue;
      this.#openOnStep = this.#openOnStep.filter((one) => !this.#settles(one, at));
      this.isOpen = this.#openOnStep.length > 0;
      return;
    }
  }

  /** An execution has come to a good end. */
  lookAtEnd(at: Int32Array): void {
    if (this.#openAtEnd.length > 0) this.#openAtEnd = this.#openAtEnd.filter((one) => !this.#settles(one, at));
  }

  #settles({ cover, look }: Open, at: Int32Array): boolean {
    const is = look(at);
    if (is) this.#reached.add(cover);
    return is;
  }
}
