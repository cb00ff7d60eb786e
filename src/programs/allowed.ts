/**
 * What the operations of a program may find, whoever goes first: every interleaving of it on ideal memory (ideal.ts), where each
 * operation is done page by page. It is about one access at a time: what two of them find together is not looked at.
 */
import { type Effect, EMPTY, effects, type Ideal, type Outcome, pagesOf } from './ideal.ts';
import type { Operation, OperationName } from './operation.ts';
import type { Program } from './program.ts';

/** What each page of an operation may find. */
export type PageOutcomes = readonly ReadonlySet<Outcome>[];

export interface Allowed {
  /** By column and operation. */
  readonly columns: readonly (readonly PageOutcomes[])[];
  /** What may be at the end: values by `PROCESS PAGE`. */
  readonly ends: ReadonlyMap<string, ReadonlySet<number>>;
}

/** May the operation fail as a whole, and then change nothing or a part? Of the set-up it is known. */
export type MayFail = (column: number, place: number) => boolean;

/** Operations of which ideal memory knows nothing. */
export const UNKNOWN: ReadonlySet<OperationName> = new Set(['mresize', 'uffd', 'oomreap', 'mthp']);

/** States above which it is given up. */
const MOST_STATES = 50_000;

/** What is said of pages that nobody writes about. */
const isKnown = (op: Operation): boolean => !UNKNOWN.has(op.name) && !op.badBuffer;

/**
 * What comes in the middle of an atomic, and is lost then: what is written through a pin, which keeps no device from its atomics; and
 * what the same device does meanwhile, as the model does not have the hardware that puts that in order.
 */
function mayLoseUpdates(operations: readonly Operation[]): boolean {
  const atomics = operations.filter(({ name }) => name === 'datomic').length;
  return atomics > 1 || (atomics > 0 && operations.some(({ name }) => name === 'pvw' || name === 'dwrite'));
}

const operationsOf = ({ given, columns }: Program): Operation[] => [
  ...given.map(({ operation }) => operation),
  ...columns.flatMap(({ operations }) => operations),
];

/** Pages that some operation names. */
function everyPage(operations: readonly Operation[]): number[] {
  const named = operations.filter(({ name }) => name !== 'fork' && name !== 'exit').flatMap((op) => pagesOf(op, []));
  const moved = operations
    .filter(({ name }) => name === 'mremap')
    .flatMap((op) => pagesOf({ ...op, args: op.args.slice(2) }, []));
  return [...new Set([...named, ...moved])].sort((a, b) => a - b);
}

/** Where each actor is: which operation, which page of it. */
interface State {
  readonly ideal: Ideal;
  readonly at: readonly (readonly [operation: number, page: number])[];
}

/** Null if nothing is known: an operation is not, or there are too many interleavings. `gone` are set-up operations that failed. */
export function allowed(program: Program, gone: ReadonlySet<Operation>, mayFail: MayFail): Allowed | null {
  const operations = operationsOf(program);
  if (!operations.every(isKnown) || mayLoseUpdates(operations)) return null;
  const everything = everyPage(operations);
  let begin = EMPTY;
  for (const { operation } of program.given) {
    if (gone.has(operation)) continue;
    for (const [i, page] of pagesOf(operation, everything).entries())
      begin = (effects(begin, operation, page, i)[0] as Effect).next;
  }
  const columns = program.columns.map(({ operations: column }) => column.map((op) => pagesOf(op, everything)));
  // At least so many: each actor may be at each of its pages while the others are at each of theirs.
  const placesOf = (column: readonly (readonly number[])[]): number => column.reduce((sum, { length }) => sum + length, 1);
  if (columns.reduce((product, column) => product * placesOf(column), 1) > MOST_STATES) return null;
  const found = columns.map((column) => column.map((pages) => pages.map(() => new Set<Outcome>())));
  const ends = new Ends();
  const seen = new Set<string>();
  const stack: State[] = [];
  const visit = (state: State): void => {
    const key = JSON.stringify(state);
    if (seen.has(key)) return;
    seen.add(key);
    stack.push(state);
  };
  visit({ ideal: begin, at: columns.map(() => [0, 0]) });
  for (let state = stack.pop(); state !== undefined; state = stack.pop()) {
    if (seen.size > MOST_STATES) return null;
    const { ideal, at } = state;
    let isEnd = true;
    for (const [column, [place, i]] of at.entries()) {
      const op = program.columns[column]?.operations[place];
      if (op === undefined) continue;
      isEnd = false;
      const pages = columns[column]?.[place] as readonly number[];
      const go = (next: Ideal, to: readonly [number, number]): void =>
        visit({ ideal: next, at: at.map((one, k) => (k === column ? to : one)) });
      // What fails as a whole may do so before any of its pages.
      if (i >= pages.length || mayFail(column, place)) go(ideal, [place + 1, 0]);
      if (i >= pages.length) continue;
      for (const { next, outcome } of effects(ideal, op, pages[i] as number, i)) {
        if (outcome !== null) found[column]?.[place]?.[i]?.add(outcome);
        go(next, i + 1 === pages.length ? [place + 1, 0] : [place, i + 1]);
      }
    }
    if (isEnd) ends.note(ideal);
  }
  return { columns: found, ends: ends.whole };
}

/** What may be at the end, as far as processes have it for themselves: pages of files are not looked at. */
class Ends {
  readonly values = new Map<string, Set<number>>();
  readonly #places = new Map<string, number>();
  #count = 0;

  note({ places }: Ideal): void {
    this.#count++;
    for (const [key, { value, isFree, file }] of Object.entries(places)) {
      if (value === null || file !== null) continue;
      const values = this.values.get(key) ?? new Set<number>();
      this.values.set(key, values);
      this.#places.set(key, (this.#places.get(key) ?? 0) + 1);
      values.add(value);
      if (isFree) values.add(0);
    }
  }

  /** Nothing reads as zero: where it may be that there is nothing, that is one of the values. */
  get whole(): ReadonlyMap<string, ReadonlySet<number>> {
    for (const [key, values] of this.values) if (this.#places.get(key) !== this.#count) values.add(0);
    return this.values;
  }
}
