/** What was seen of a thread, held against the stops that an actor of the model comes to when it does the same. */
import type { Stop } from '../engines/explore/failure/stops.ts';
import { callersOf, placesOf, symbolOf } from '../kernels/modelPlaces.ts';
import type { Sight } from './stretches.ts';

/** Where an actor may stand between two things that are seen of it: numbers of stops, -1 for where it stands before its first step. */
export interface Between {
  readonly first: number;
  readonly last: number;
}

/** Where an actor stands at least when something has been seen of it, and at most as long as it has not been. */
interface Seen {
  readonly least: number;
  readonly most: number;
}

const namesOf = ({ calls }: Stop): string[] => calls.map((call) => /\(([^)]*)\)$/.exec(call)?.[1] ?? '');

const symbolsOf = (names: readonly string[]): Set<string> => new Set(names.flatMap((name) => symbolOf(name) ?? []));

/** What can be seen of an actor on its way to a stop, by what it is. */
function sightsAt(stops: readonly Stop[], i: number): Map<string, Seen & { readonly callers?: readonly string[] }> {
  const stop = stops[i] as Stop;
  const before = stops[i - 1];
  const seen = new Map<string, Seen & { readonly callers?: readonly string[] }>();
  const names = namesOf(stop);
  const now = symbolsOf(names);
  const then = before === undefined ? new Set<string>() : symbolsOf(namesOf(before));
  // A function that it has come into, or left, on the way.
  for (const symbol of now) if (!then.has(symbol)) seen.set(`entry ${symbol}`, { least: i - 1, most: i - 1 });
  for (const symbol of then) if (!now.has(symbol)) seen.set(`return ${symbol}`, { least: i, most: i - 1 });
  if (before === undefined || stop.operation > before.operation) {
    seen.set(`begin ${stop.operation}`, { least: i - 1, most: i - 1 });
    if (before !== undefined) seen.set(`end ${before.operation}`, { least: i, most: i - 1 });
  }
  // It stands where a function is about to begin, or has just returned.
  for (const { place, symbol, isFromCaller } of placesOf(stop.point, names)) {
    if (place === 'after')
      seen.set(`return ${symbol}`, { least: i, most: i - 1, ...(isFromCaller ? { callers: callersOf(names) } : {}) });
    else
      seen.set(`${place} ${symbol}`, {
        least: i,
        most: place === 'entry' ? i : i - 1,
        ...(isFromCaller ? { callers: callersOf(names) } : {}),
      });
  }
  return seen;
}

const keyOf = (sight: Sight): string =>
  sight.kind === 'step' ? `${sight.step.place} ${sight.step.symbol}` : `${sight.kind} ${sight.operation}`;

/** Sights that are looked at: of more, the first ones. */
const MOST_SIGHTS = 400;

/**
 * Each sight with what it says, where the model comes to it: as many as there can be, in order. Undefined for what the model does not
 * show.
 */
function matched(stops: readonly Stop[], sights: readonly Sight[]): (Seen | undefined)[] {
  const seenAt = stops.map((_, i) => sightsAt(stops, i));
  const seen = (sight: Sight, i: number): Seen | undefined => {
    const one = seenAt[i]?.get(keyOf(sight));
    if (one?.callers === undefined || sight.kind !== 'step' || sight.step.from === null) return one;
    return one.callers.includes(sight.step.from) ? one : undefined;
  };
  const known = sights.slice(0, MOST_SIGHTS);
  // best[s][i]: most matches of the sights from s on with the stops from i on. Several sights may be of one stop.
  const best = Array.from({ length: known.length + 1 }, () => new Int32Array(stops.length + 1));
  for (let s = known.length - 1; s >= 0; s--)
    for (let i = stops.length - 1; i >= 0; i--) {
      const here = seen(known[s] as Sight, i) === undefined ? 0 : 1 + (best[s + 1]?.[i] as number);
      (best[s] as Int32Array)[i] = Math.max(here, best[s + 1]?.[i] as number, best[s]?.[i + 1] as number);
    }
  const found: (Seen | undefined)[] = sights.map(() => undefined);
  for (let [s, i] = [0, 0]; s < known.length && i < stops.length; ) {
    const most = best[s]?.[i];
    const one = seen(known[s] as Sight, i);
    if (one !== undefined && most === 1 + (best[s + 1]?.[i] as number)) found[s++] = one;
    else if (most === best[s]?.[i + 1]) i++;
    else s++;
  }
  return found;
}

/** Where an actor may stand that has shown `now`, and shows `later` only afterwards, if these are the stops that it comes to alone. */
export function between(stops: readonly Stop[], now: readonly Sight[], later: readonly Sight[]): Between {
  const found = matched(stops, [...now, ...later]);
  const least = found.slice(0, now.length).flatMap((one) => one?.least ?? []);
  const most = found.slice(now.length).flatMap((one) => one?.most ?? []);
  const end = stops.at(-1)?.point === 'done' ? stops.length - 2 : stops.length - 1;
  const first = Math.min(Math.max(-1, ...least), end);
  return { first, last: Math.max(first, Math.min(end, ...most)) };
}
