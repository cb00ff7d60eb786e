/** How a value of the user's is repeated in a message, and how a name that is not known is guessed. */
import { UsageError } from './usageError.ts';

/** Most characters of a given value that a message repeats. */
const QUOTED = 80;

/** A value as the user gave it, fit for a message of one line. */
export function quote(value: string): string {
  const line = JSON.stringify(value).slice(1, -1).replaceAll('\\"', '"');
  return `'${line.length > QUOTED ? `${line.slice(0, QUOTED)}...` : line}'`;
}

/** Levenshtein distance; a slip of the shift key is no distance. */
function distance(a: string, b: string): number {
  // The dashes of a flag are not what was misspelt, and must not make short names look alike.
  const [from = '', to = ''] = [a, b].map((name) => name.replace(/^--?/, '').toLowerCase());
  let row = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replace = (row[j - 1] as number) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** The known name closest to the given one, if it is close enough to be meant: one slip in three letters, three at most. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  if (given.length > 64) return undefined;
  const close = Math.min(3, Math.ceil(given.replace(/^--?/, '').length / 3));
  const ranked = known.map((name) => ({ name, far: distance(given, name) })).sort((a, b) => a.far - b.far);
  return ranked[0] !== undefined && ranked[0].far <= close ? ranked[0].name : undefined;
}

/** `unknown point 'x' (did you mean y?), ...`: the question first, as it is most often the answer. */
export function unknown(kind: string, given: string, known: readonly string[], allowed: string): UsageError {
  const guess = nearest(given, known);
  return new UsageError(`unknown ${kind} ${quote(given)}${guess === undefined ? '' : ` (did you mean ${guess}?)`}, ${allowed}`);
}
