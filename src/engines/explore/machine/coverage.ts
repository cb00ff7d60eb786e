/**
 * Which of a scenario's covers were reached. Looked at after every step and at every end, and only for those that were not reached
 * yet: once they all are, it costs one test of a field a step.
 */
import { Counter } from '../../../arena/counters.ts';
import { Actor } from '../../../arena/structures.ts';
import { type Cover, coverText, type Place } from '../../../scenarios/kit/covers.ts';
import type { Prepared } from '../../../scenarios/kit/scenario.ts';
import { Point, points } from '../../../steps/points.ts';
import { DONE } from './localState.ts';

/** Says, for the points the actors stand at, whether a cover is reached. */
type Look = (at: Int32Array) => boolean;

/** A cover by its place in the list. */
interface Open {
  readonly cover: number;
  readonly look: Look;
  /** Points at one of which an actor arrives when it is reached. */
  readonly points: readonly number[];
  /** Words one of which changes when it is reached, and what they are at first. */
  readonly counters: readonly number[];
  readonly before: readonly number[];
}

/** What a step does to the places of covers. */
export interface Passage {
  readonly leaves: number;
  readonly enters: number;
}

/** Actors of a name, and those that are interchangeable with it: what one can reach the others can. */
type ActorsNamed = (name: string | undefined) => readonly number[];

/** The points a cover is about. */
const placesOf = (place: Place & { readonly while?: Place }): Place[] =>
  place.while === undefined ? [place] : [place, place.while];

/** The two points of a cover at which different actors must stand at the same time; none of other covers. */
const besidesOf = (cover: Cover): Place[] => ('point' in cover && cover.while !== undefined ? placesOf(cover) : []);

/** The bit of the first or the second place of a cover. */
const placeBit = (cover: number, side: number): number => 1 << (2 * (cover % 16) + side);

/** Each place's bit becomes that of the other place of its cover. */
const besides = (places: number): number => ((places & 0x55555555) << 1) | ((places >>> 1) & 0x55555555);

const pointOf = ({ point }: Place): number => (point === 'done' ? DONE : Point[point]);

function looksAtPlace(place: Place, beside: Place | undefined, actorsNamed: ActorsNamed): Look {
  const [actors, point] = [actorsNamed(place.actor), pointOf(place)];
  if (beside === undefined) return (at) => actors.some((actor) => at[actor] === point);
  const [others, where] = [actorsNamed(beside.actor), pointOf(beside)];
  return (at) => actors.some((actor) => at[actor] === point && others.some((other) => other !== actor && at[other] === where));
}

/** Says whether a step may have reached one of some covers. Asked at every step: loops over numbers. */
class Triggers {
  /** By point plus 1, as DONE is -1: does one of the covers wait for somebody to come there? */
  readonly #points = new Uint8Array(points.length + 1);
  readonly #words: Int32Array;
  readonly #counters: Int32Array;
  readonly #before: Int32Array;

  constructor(open: readonly Open[], words: Int32Array) {
    for (const one of open) for (const point of one.points) this.#points[point + 1] = 1;
    this.#words = words;
    this.#counters = Int32Array.from(open.flatMap(({ counters }) => counters));
    this.#before = Int32Array.from(open.flatMap(({ before }) => before));
  }

  /** `last` made the step. */
  touched(at: Int32Array, last: number): boolean {
    if (this.#points[(at[last] as number) + 1] !== 0) return true;
    for (let i = 0; i < this.#counters.length; i++) {
      if (this.#words[this.#counters[i] as number] !== this.#before[i]) return true;
    }
    return false;
  }
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
  /** Of each point, by its number plus 1, the places of covers that are there: a bit each, see {@link placesAt}. */
  readonly #places = new Int32Array(points.length + 1);
  readonly #words: Int32Array;
  #triggers = new Triggers([], new Int32Array(0));

  /** To be made before an actor has done anything. `first` names, for each actor, the first that it is interchangeable with. */
  constructor({ covers = [], actors, arena }: Prepared, first: ArrayLike<number>) {
    this.names = covers.map(coverText);
    const actorsNamed: ActorsNamed = (name) => {
      const all = actors.map((_, i) => i);
      if (name === undefined) return all;
      const named = actors.findIndex((actor) => actor.name === name);
      return all.filter((i) => first[i] === first[named]);
    };
    const wordOf = (actor: number, counter: keyof typeof Counter): number =>
      arena.actors + actor * Actor.shape.size + Actor.counters + Counter[counter];
    const opened = (what: Cover, cover: number): Open => {
      const none = { cover, points: [], counters: [], before: [] };
      if ('end' in what) return { ...none, look: () => what.end() };
      if ('point' in what)
        return { ...none, look: looksAtPlace(what, what.while, actorsNamed), points: placesOf(what).map(pointOf) };
      const counters = actorsNamed(what.actor).map((actor) => wordOf(actor, what.counter));
      const before = counters.map((word) => arena.words[word] as number);
      return { ...none, look: () => counters.some((word, i) => arena.words[word] !== before[i]), counters, before };
    };
    this.#words = arena.words;
    this.#watched = new Set(covers.flatMap(besidesOf).map(pointOf));
    for (const [i, cover] of covers.entries())
      for (const [side, place] of besidesOf(cover).entries()) {
        const at = pointOf(place) + 1;
        this.#places[at] = (this.#places[at] as number) | placeBit(i, side);
      }
    const open = covers.map(opened);
    const isEnd = ({ cover }: Open): boolean => 'end' in (covers[cover] as Cover);
    this.#onStep = open.filter((one) => !isEnd(one));
    this.#atEnd = open.filter(isEnd);
    this.begin();
  }

  /** Is it of interest who else stands where while an actor stands at the point? */
  isWatched(point: number): boolean {
    return this.#watched.has(point);
  }

  /**
   * Covers for which one actor must stand at a point while another one stands at a second point have two places, a bit each. Those that
   * are at the point. Covers share bits if there are too many of them.
   */
  placesAt(point: number): number {
    return this.#places[point + 1] as number;
  }

  /** May the order of two steps of different actors decide whether a cover is reached? One leaves a place of it while the other comes to the other place. */
  isDecidedBy(one: Passage, other: Passage): boolean {
    return ((besides(one.enters) & other.leaves) | (besides(other.enters) & one.leaves)) !== 0;
  }

  /** Nothing was reached yet: a task says what it has reached itself, whoever ran before it. */
  begin(): void {
    this.#reached.clear();
    this.#openAtEnd = this.#atEnd;
    this.#settle(this.#onStep);
  }

  #settle(open: readonly Open[]): void {
    this.#openOnStep = open;
    this.#triggers = new Triggers(open, this.#words);
    this.isOpen = open.length > 0;
  }

  /** Places, in the list of covers, of those that were reached. */
  get reached(): number[] {
    return [...this.#reached].sort((a, b) => a - b);
  }

  /** The actors stand at these points; `last`, if it is not -1, has just come to its own. To be called while it {@link isOpen}. */
  look(at: Int32Array, last: number): void {
    if (last >= 0 && !this.#triggers.touched(at, last)) return;
    if (this.#openOnStep.some(({ look }) => look(at))) this.#settle(this.#openOnStep.filter((one) => !this.#settles(one, at)));
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
