/**
 * A schedule hint: the order of a trace in named points. Where a thread stood when another one was seen is known only as far as the
 * trace has events there; so there are several schedules that it may have been, and those are tried.
 */
import type { Stop, Way } from '../engines/explore/failure/stops.ts';
import type { Walker } from '../engines/explore/threads/walkIn.ts';
import { between } from './align.ts';
import type { Stretch } from './stretches.ts';

/** Schedules that are tried. */
const MOST_TRIES = 300;

/** A place that the trace leaves open. */
export interface OpenPlace {
  readonly actor: string;
  /** The last line in which the actor was seen before. */
  readonly line: number;
  /** Where it may have stood, as parts of the schedule: the first and the last of so many. */
  readonly from: string;
  readonly to: string;
  readonly places: number;
}

export interface Hint {
  readonly schedule: string;
  /** The rule that breaks along it. */
  readonly rule: string | null;
  readonly open: readonly OpenPlace[];
  /** Schedules that were tried, all of which the trace allows. */
  readonly tried: number;
  /** Not all that the trace allows were tried. */
  readonly isPartly: boolean;
  /** From which line on the model does not follow the trace, and why; null if it does to the end. */
  readonly leaves: { readonly line: number; readonly why: string } | null;
}

interface Followed {
  readonly parts: readonly string[];
  readonly open: readonly OpenPlace[];
  /** Of each stretch, how many places there are to choose from. */
  readonly choices: readonly number[];
  readonly leaves: Hint['leaves'];
}

/** `D@lock#4`: the actor's stop of that number, counted from where it stands. */
function partAt(actor: string, stops: readonly Stop[], i: number): string {
  const { point } = stops[i] as Stop;
  const visits = stops.slice(0, i + 1).filter((stop) => stop.point === point).length;
  return `${actor}@${point}${visits > 1 ? `#${visits}` : ''}`;
}

const nameAt = (actor: string, stops: readonly Stop[], i: number): string =>
  i < 0 ? 'where it was before' : partAt(actor, stops, i);

/** Follows the stretches of a trace. */
class Follower {
  readonly #walker: Walker;
  readonly #stretches: readonly Stretch[];
  readonly #ways = new Map<string, Promise<Way>>();

  constructor(walker: Walker, stretches: readonly Stretch[]) {
    this.#walker = walker;
    this.#stretches = stretches;
  }

  /** With the choices that are given, by the number of the stretch; without, the last place. */
  async follow(chosen: ReadonlyMap<number, number>): Promise<Followed> {
    const parts: string[] = [];
    const open: OpenPlace[] = [];
    const choices: number[] = [];
    const waiting: string[] = [];
    let leaves: Hint['leaves'] = null;
    for (const [k, stretch] of this.#stretches.entries()) {
      const { actor, sights, isLast } = stretch;
      const { stops, rule } = await this.#way(parts, actor);
      choices.push(1);
      if (isLast) {
        // Where a rule breaks the schedule ends.
        if (rule !== null || stops.at(-1)?.point === 'done') parts.push(`${actor}@done`);
        else {
          leaves ??= {
            line: sights[0]?.line ?? 0,
            why: `${actor} is done there, and in the model it waits at ${stops.at(-1)?.point ?? 'its place'}`,
          };
          waiting.push(actor);
        }
        continue;
      }
      const later = this.#stretches.slice(k + 1).flatMap((other) => (other.actor === actor ? other.sights : []));
      const { first, last } = between(stops, sights, later);
      const places = last - first + 1;
      choices[k] = places;
      const at = Math.max(first, last - (chosen.get(k) ?? 0));
      if (places > 1) {
        const [from, to] = [nameAt(actor, stops, first), nameAt(actor, stops, last)];
        open.push({ actor, line: sights.at(-1)?.line ?? 0, from, to, places });
      }
      if (at >= 0) parts.push(partAt(actor, stops, at));
    }
    parts.push(...(await this.#rest(parts, waiting)));
    return { parts, open, choices, leaves };
  }

  /** Those who waited go on when the others are through. */
  async #rest(before: readonly string[], waiting: readonly string[]): Promise<string[]> {
    const parts: string[] = [];
    for (const actor of [...waiting, ...waiting]) {
      const part = `${actor}@done`;
      if (parts.includes(part)) continue;
      const { stops, rule } = await this.#way([...before, ...parts], actor);
      if (rule !== null || stops.at(-1)?.point === 'done') parts.push(part);
    }
    return parts;
  }

  #way(parts: readonly string[], actor: string): Promise<Way> {
    const schedule = parts.join(' ');
    const key = `${actor} ${schedule}`;
    const known = this.#ways.get(key) ?? this.#walker.way(schedule, actor);
    this.#ways.set(key, known);
    return known;
  }
}

/** Choices to try: one stretch otherwise than the first way each time, and then two. Not more than are tried. */
function variations(choices: readonly number[]): ReadonlyMap<number, number>[] {
  const single = choices.flatMap((count, k) => Array.from({ length: count - 1 }, (_, i) => [k, i + 1] as const));
  const varied: ReadonlyMap<number, number>[] = single.map((one) => new Map([one]));
  for (const [i, one] of single.entries())
    for (const other of single.slice(i + 1)) {
      if (varied.length > MOST_TRIES) return varied;
      if (one[0] !== other[0]) varied.push(new Map([one, other]));
    }
  return varied;
}

/**
 * The schedule of a trace: the first of those that it allows along which a rule breaks; if none does, one that it allows.
 *
 * @throws as `walkIn`.
 */
export async function hintOf(walker: Walker, stretches: readonly Stretch[], signal: AbortSignal): Promise<Hint> {
  const follower = new Follower(walker, stretches);
  const usual = await follower.follow(new Map());
  const tried = new Set<string>();
  const ruleOf = async ({ parts }: Followed): Promise<string | null> => {
    const schedule = parts.join(' ');
    if (parts.length === 0 || tried.has(schedule)) return null;
    tried.add(schedule);
    return walker.rule(schedule);
  };
  const hint = ({ parts, open, leaves }: Followed, rule: string | null, isPartly: boolean): Hint => ({
    ...{ schedule: parts.join(' '), rule, open, tried: tried.size, isPartly, leaves },
  });
  // One that the model follows to the end says more than one that it leaves.
  let best = usual;
  let rule = await ruleOf(usual);
  if (rule !== null && usual.leaves === null) return hint(usual, rule, false);
  for (const chosen of variations(usual.choices)) {
    if (tried.size >= MOST_TRIES || signal.aborted) return hint(best, rule, true);
    const followed = await follower.follow(chosen);
    const broken = await ruleOf(followed);
    if (broken !== null && followed.leaves === null) return hint(followed, broken, false);
    const isBetter = rule === null && (broken !== null || (best.leaves !== null && followed.leaves === null));
    if (isBetter) [best, rule] = [followed, broken];
  }
  return hint(best, rule, false);
}
