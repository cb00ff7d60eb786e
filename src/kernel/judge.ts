/** Is something wrong in a round? By what memory promises, not by what the model says. */
import type { Answer } from '../programs/answer.ts';
import type { Race, Round } from './race.ts';

/** What operations answer and pages hold when the actors run one after another, in some order: by place, the values seen. */
export type Serial = ReadonlyMap<string, ReadonlySet<string>>;

/** What an operation read, page by page. */
const listOf = ({ v }: Answer = {}): unknown => v;

/** Each value that a round shows, with the place where it is seen. */
function valuesOf({ looks: planned, columns, actors }: Race, { answers, looks }: Round): [place: string, value: string][] {
  const ends = planned.flatMap(({ what, page }, i): [string, string][] => {
    if (what !== 'end' && what !== 'device end') return [];
    const place = what === 'end' ? `page ${page} in the end` : `page ${page} for the device`;
    return [[place, JSON.stringify(listOf(looks[i]) ?? null)]];
  });
  // Two operations of an actor may have others between them; then what each of them reads is no matter of order alone.
  if (columns.some(({ length }) => length > 1)) return ends;
  const read = answers.flatMap(([answer], i): [string, string][] => {
    const values = listOf(answer);
    if (!Array.isArray(values) || columns[i]?.[0]?.name === 'cw') return [];
    return values.map((value, k) => [`value ${k + 1} that ${actors[i]} reads`, JSON.stringify(value)]);
  });
  return [...ends, ...read];
}

/** Collects what rounds show in which actors take turns. */
export function serialOf(race: Race, rounds: readonly Round[]): Serial {
  const seen = new Map<string, Set<string>>();
  for (const round of rounds)
    for (const [place, value] of valuesOf(race, round)) seen.set(place, (seen.get(place) ?? new Set()).add(value));
  return seen;
}

const firstValue = ({ v }: Answer): unknown => (Array.isArray(v) ? v[0] : undefined);

/** One side wrote a page, and the other reads something else. An access that is refused says nothing. */
function tornSides({ looks: planned }: Race, { looks }: Round): string | null {
  for (const [i, { what, page, value }] of planned.entries()) {
    if (what !== 'device reads' && what !== 'cpu reads') continue;
    const [wrote, read] = [looks[i - 1], looks[i]];
    if (wrote?.e !== 0 || read?.e !== 0 || refusedWrite(wrote)) continue;
    const got = firstValue(read);
    if (typeof got !== 'number' || got === value) continue;
    const sides = what === 'device reads' ? ['the CPU', 'the device'] : ['the device', 'the CPU'];
    return `afterwards ${sides[0]} writes ${value} to page ${page}, and ${sides[1]} reads ${got}`;
  }
  return null;
}

/** A store that ended in a signal. */
const refusedWrite = (answer: Answer): boolean => typeof firstValue(answer) === 'string' && firstValue(answer) !== 'ok';

/**
 * What is wrong in a round, in a sentence; null if nothing is.
 *
 * @param serial what may be seen. Without the values of a place nothing is said about it: it was refused in every order.
 */
export function wrongIn(race: Race, round: Round, serial: Serial): string | null {
  for (const [place, value] of valuesOf(race, round)) {
    const allowed = serial.get(place);
    if (value === 'null' || allowed === undefined || allowed.has(value)) continue;
    return `${place} is ${value}, and ${[...allowed].join(' or ')} when one actor comes after another`;
  }
  return tornSides(race, round);
}
