/** Is something wrong in a round? By what memory promises, not by what the model says. */
import type { Answer } from '../programs/answer.ts';
import type { Race, Round } from './race.ts';

/** What operations answer and pages hold when the actors run one after another, in some order: by place, the values seen. */
export type Serial = ReadonlyMap<string, ReadonlySet<number>>;

/** What an operation read, page by page. */
const listOf = ({ v }: Answer = {}): unknown => v;

/** Each value that a round shows, with the place where it is seen. */
function valuesOf({ pages, columns, actors }: Race, { answers, looks }: Round): [place: string, value: number][] {
  const ends = looks.flatMap(({ device, cpu }, i): [string, number][] => [
    ...(device === null ? [] : [[`page ${pages[i]} for the device`, device] as [string, number]]),
    ...(cpu === null ? [] : [[`page ${pages[i]} in the end`, cpu] as [string, number]]),
  ]);
  // Two operations of an actor may have others between them; then what each of them reads is no matter of order alone.
  if (columns.some(({ length }) => length > 1)) return ends;
  const read = answers.flatMap(([answer], i): [string, number][] => {
    const values = listOf(answer);
    if (!Array.isArray(values) || columns[i]?.[0]?.name === 'cw') return [];
    return values.flatMap((value, k): [string, number][] =>
      typeof value === 'number' ? [[`value ${k + 1} that ${actors[i]} reads`, value]] : [],
    );
  });
  return [...ends, ...read];
}

/** What the agent writes on pages that were given back, after a round and before anybody looks (kernel/race.c). */
const FOREIGN = 0x7b00_0000;

/** Collects what rounds show in which actors take turns. */
export function serialOf(race: Race, rounds: readonly Round[]): Serial {
  const seen = new Map<string, Set<number>>();
  for (const round of rounds)
    for (const [place, value] of valuesOf(race, round)) seen.set(place, (seen.get(place) ?? new Set()).add(value));
  return seen;
}

/** One side wrote a page, and the other one reads something else. */
function tornSides({ pages }: Race, { looks }: Round): string | null {
  for (const [i, { marks }] of looks.entries()) {
    const torn = marks.find(([, wrote, read]) => wrote !== read);
    if (torn === undefined) continue;
    const [by, wrote, read] = torn;
    const [writer, reader] = by === 'cpu' ? ['the CPU', 'the device'] : ['the device', 'the CPU'];
    return `afterwards ${writer} writes ${wrote} to page ${pages[i]}, and ${reader} reads ${read}`;
  }
  return null;
}

/**
 * What is wrong in a round, in a sentence; null if nothing is.
 *
 * @param serial what may be seen. Without the values of a place nothing is said about it: it was refused in every order.
 */
export function wrongIn(race: Race, round: Round, serial: Serial): string | null {
  for (const [place, value] of valuesOf(race, round)) {
    const allowed = serial.get(place);
    if (allowed === undefined || allowed.has(value)) continue;
    if (value === FOREIGN) return `${place} is what is on a page that was given back and is another one's now`;
    return `${place} is ${value}, and ${[...allowed].join(' or ')} when one actor comes after another`;
  }
  return tornSides(race, round);
}
