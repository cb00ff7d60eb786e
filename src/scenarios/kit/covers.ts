/**
 * What a scenario must reach to be worth anything: places where actors stand, counters that are counted, and what is true at the
 * end. A search that was finished and never reached one of them has proved something about nothing: its verdict is `vacuous`.
 */
import { type CounterName, counterNames } from '../../arena/counters.ts';
import { Point } from '../../steps/points.ts';

/** A point, or `done` for an actor that has come to its end. */
export type PlaceName = keyof typeof Point | 'done';

/** Somebody stands at a point; any actor will do when none is named. */
export interface Place {
  readonly actor?: string;
  readonly point: PlaceName;
}

/** An actor must stand at a point; with `while`, another one at a point of its own at the same time. */
export interface PlaceCover extends Place {
  readonly while?: Place;
  /** In a few words, for people; made from the rest when it is not given. */
  readonly what?: string;
}

/** A counter must be counted: by one actor, or by any when none is named. */
export interface CounterCover {
  readonly counter: CounterName;
  readonly actor?: string;
  readonly what?: string;
}

/** An execution must end like this. The predicate looks at the machine, and changes nothing. */
export interface EndCover<Machine extends unknown[] = []> {
  readonly end: (...m: Machine) => boolean;
  /** In a few words, such as `the page moved`. */
  readonly what: string;
}

export type Cover<Machine extends unknown[] = []> = PlaceCover | CounterCover | EndCover<Machine>;

const placeText = ({ actor, point }: Place): string =>
  point === 'done' ? `${actor ?? 'an actor'} is done` : `${actor ?? 'an actor'} at ${point}`;

/** A cover in a few words. */
export function coverText(cover: Cover<never>): string {
  if (cover.what !== undefined) return cover.what;
  if ('counter' in cover) return `${cover.counter} counted by ${cover.actor ?? 'an actor'}`;
  if ('point' in cover) return `${placeText(cover)}${cover.while === undefined ? '' : ` while ${placeText(cover.while)}`}`;
  return 'an end';
}

/** What is known of a value that should be a cover. */
interface Doubtful {
  readonly point?: unknown;
  readonly counter?: unknown;
  readonly end?: unknown;
  readonly actor?: unknown;
  readonly while?: unknown;
  readonly what?: unknown;
}

const isObject = (value: unknown): value is Doubtful => typeof value === 'object' && value !== null;

const beside = { point: ['actor', 'while', 'what'], counter: ['actor', 'what'], end: ['what'] } as const;

const actorDefect = (actor: unknown, actors: readonly string[]): string | null =>
  actor === undefined || actors.includes(actor as string)
    ? null
    : `names the actor '${String(actor)}', and there are ${actors.join(', ')}`;

function placeDefect({ point, actor }: Doubtful, actors: readonly string[]): string | null {
  if (point !== 'done' && !(typeof point === 'string' && Object.hasOwn(Point, point)))
    return `names the point '${String(point)}', and there is none (see hmm-lab windows)`;
  return actorDefect(actor, actors);
}

function whileDefect(place: unknown, actors: readonly string[]): string | null {
  if (place === undefined) return null;
  if (!isObject(place)) return 'has a while that is not an object';
  const odd = Object.keys(place).find((key) => !['point', 'actor'].includes(key));
  return odd === undefined ? placeDefect(place, actors) : `has '${odd}' in its while, allowed are point, actor`;
}

function oneDefect(cover: unknown, actors: readonly string[]): string | null {
  if (!isObject(cover)) return 'is not an object';
  const kinds = (['point', 'counter', 'end'] as const).filter((kind) => cover[kind] !== undefined);
  const [kind] = kinds;
  if (kind === undefined || kinds.length > 1) return 'must have one of point, counter and end';
  const odd = Object.keys(cover).find((key) => key !== kind && !(beside[kind] as readonly string[]).includes(key));
  if (odd !== undefined) return `has '${odd}', allowed beside ${kind} are ${beside[kind].join(', ')}`;
  if (cover.what !== undefined && (typeof cover.what !== 'string' || cover.what === '')) return 'has a what that is no text';
  switch (kind) {
    case 'point':
      return placeDefect(cover, actors) ?? whileDefect(cover.while, actors);
    case 'counter':
      return (counterNames as readonly unknown[]).includes(cover.counter)
        ? actorDefect(cover.actor, actors)
        : `names the counter '${String(cover.counter)}', allowed are ${counterNames.join(', ')}`;
    case 'end':
      if (typeof cover.end !== 'function') return 'has an end that is not a function';
      return cover.what === undefined ? 'is an end, and does not say what it is (what)' : null;
  }
}

/** Why this is no list of covers for these actors, in a sentence; null when it is one. */
export function coversDefect(covers: unknown, actors: readonly string[]): string | null {
  if (!Array.isArray(covers)) return 'its covers are no list';
  for (const [i, cover] of covers.entries()) {
    const defect = oneDefect(cover, actors);
    if (defect !== null) return `cover ${i + 1} ${defect}`;
  }
  return null;
}
