/**
 * What the operations of a program may find, whoever goes first: every interleaving of it on ideal memory (ideal.ts), where each
 * operation is done page by page. It is about one access at a time: what two of them find together is not looked at.
 */
import { contentsOf, type Effect, EMPTY, effects, type Ideal, type Outcome, pagesOf } from './ideal.ts';
import { type Operation, type OperationName, textAt } from './operation.ts';
import { byOwners } from './owners.ts';
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

/** An operation that begins when so many operations of other columns are over. */
export interface After {
  readonly column: number;
  readonly place: number;
  readonly over: ReadonlyMap<number, number>;
}

/** Operations of which ideal memory knows nothing. */
export const UNKNOWN: ReadonlySet<OperationName> = new Set(['mresize', 'uffd', 'uregister', 'ucopy', 'oomreap', 'mthp']);

/**
 * What takes away the mapping first, and what is mapped of it afterwards: meanwhile an access that needs no fault is done, and one that
 * does is refused, in any order. In between of the two is what a page of theirs is when the operation has not come to it.
 */
const UNMAPS: ReadonlySet<OperationName> = new Set(['munmap', 'mmap', 'mmapx']);
const ACCESSES: ReadonlySet<OperationName> = new Set(['cr', 'cw', 'dread', 'dunl', 'dwrite', 'datomic', 'pvr', 'pvw']);

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

/** About files, or memory that processes share: there pages have to do with each other by what they are of. */
const OF_FILES: ReadonlySet<OperationName> = new Set(['file', 'ftrunc', 'fpunch', 'fwrite', 'fread']);
const isOfFile = (op: Operation): boolean => OF_FILES.has(op.name) || (/^mmapx?$/.test(op.name) && textAt(op, 3) !== 'anon');

/**
 * Pages in groups that have nothing to do with each other: what one of them may hold does not depend on those of another group. So each
 * group is looked at alone, and a huge page costs as much as its pieces do.
 */
function groupsOf(operations: readonly Operation[], everything: readonly number[]): number[][] {
  if (operations.some(isOfFile)) return [[...everything]];
  const groups = new Map(everything.map((page) => [page, [page]]));
  for (const op of operations.filter(({ name }) => name === 'mremap')) {
    const to = pagesOf({ ...op, args: op.args.slice(2) }, []);
    for (const [i, page] of pagesOf(op, []).entries()) {
      const [one, other] = [groups.get(page) ?? [], groups.get(to[i] as number) ?? []];
      if (one === other) continue;
      const both = [...one, ...other];
      for (const member of both) groups.set(member, both);
    }
  }
  return [...new Set(groups.values())];
}

/** A page of an operation, and the how-manieth it is there. */
type Visit = readonly [page: number, i: number];

/** Where each actor is: which operation, which page of it. */
interface State {
  readonly ideal: Ideal;
  readonly at: readonly (readonly [operation: number, visit: number])[];
}

/**
 * Null if nothing is known: an operation is not, or there are too many interleavings. `gone` are set-up operations that failed. Only
 * interleavings count in which the operation of `after` comes later than those that are over.
 */
export function allowed(program: Program, gone: ReadonlySet<Operation>, mayFail: MayFail, after?: After): Allowed | null {
  const operations = operationsOf(program);
  if (!operations.every(isKnown) || mayLoseUpdates(operations)) return null;
  const everything = everyPage(operations);
  const found = program.columns.map((column) =>
    column.operations.map((op) => pagesOf(op, everything).map(() => new Set<Outcome>())),
  );
  const ends = new Map<string, ReadonlySet<number>>();
  const owned = byOwners(program);
  for (const group of groupsOf(operations, everything)) {
    const visits = (op: Operation): Visit[] => {
      const isThere = (page: number): boolean => isOfFile(op) || group.includes(page);
      return pagesOf(op, everything).flatMap((page, i) => (isThere(page) ? [[page, i] as const] : []));
    };
    const there = allowedIn({ program, gone, mayFail, after, visits, owned }, found);
    if (there === null) return null;
    for (const [place, values] of there) ends.set(place, values);
  }
  return { columns: found, ends };
}

interface Question {
  readonly program: Program;
  readonly gone: ReadonlySet<Operation>;
  readonly mayFail: MayFail;
  readonly after: After | undefined;
  readonly visits: (op: Operation) => Visit[];
  /** See owners.ts. */
  readonly owned: ReadonlyMap<Operation, Operation>;
}

/** Does it have to wait for something that is over before it begins? */
const isTooEarly = ({ column, place, over }: After, at: State['at'], mover: number): boolean =>
  mover === column && at[column]?.[0] === place && at.some(([operation], other) => operation < (over.get(other) ?? 0));

/** The same for the pages that `visits` gives: adds to what is `found`, and returns the ends. */
function allowedIn(
  { program, gone, mayFail, after, visits, owned }: Question,
  found: readonly (readonly (readonly Set<Outcome>[])[])[],
): ReadonlyMap<string, ReadonlySet<number>> | null {
  let begin = EMPTY;
  for (const { operation } of program.given) {
    if (gone.has(operation)) continue;
    for (const [page, i] of visits(operation))
      begin = (effects(begin, owned.get(operation) ?? operation, page, i)[0] as Effect).next;
  }
  const columns = program.columns.map(({ operations: column }) => column.map(visits));
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
    for (const [column, [place, done]] of at.entries()) {
      const op = program.columns[column]?.operations[place];
      if (op === undefined) continue;
      isEnd = false;
      if (after !== undefined && isTooEarly(after, at, column)) continue;
      const left = columns[column]?.[place] as readonly Visit[];
      const go = (next: Ideal, to: readonly [number, number]): void =>
        visit({ ideal: next, at: at.map((one, k) => (k === column ? to : one)) });
      const next = left[done];
      // What fails as a whole may do so before any of its pages.
      if (next === undefined || mayFail(column, place)) go(ideal, [place + 1, 0]);
      if (next === undefined) continue;
      const [page, i] = next;
      const takes = owned.get(op) ?? op;
      const isGoing = ([other]: readonly [number, number], k: number): boolean => {
        const one = program.columns[k]?.operations[other];
        if (k === column || one === undefined || !UNMAPS.has(one.name) || one.worker !== takes.worker) return false;
        return columns[k]?.[other]?.some(([unmapped]) => unmapped === page) === true;
      };
      const isRefused = ACCESSES.has(op.name) && at.some(isGoing);
      const refusals: readonly Effect[] = isRefused ? [{ next: ideal, outcome: 'refused' }] : [];
      for (const { next: later, outcome } of [...effects(ideal, takes, page, i), ...refusals]) {
        if (outcome !== null) found[column]?.[place]?.[i]?.add(outcome);
        go(later, done + 1 === left.length ? [place + 1, 0] : [place, done + 1]);
      }
    }
    if (isEnd) ends.note(ideal);
  }
  return ends.whole;
}

/** What may be at the end, where a process may have a page for itself: pages that are of a file at every end are not looked at. */
class Ends {
  readonly #values = new Map<string, Set<number>>();
  /** What some process has for itself at some end. */
  readonly #own = new Set<string>();
  readonly #places = new Map<string, number>();
  #count = 0;

  note(ideal: Ideal): void {
    this.#count++;
    for (const [key, place] of Object.entries(ideal.places)) {
      const isOwn = place.value !== null && place.file === null;
      if (isOwn) this.#own.add(key);
      const values = this.#values.get(key) ?? new Set<number>();
      this.#values.set(key, values);
      this.#places.set(key, (this.#places.get(key) ?? 0) + 1);
      values.add(contentsOf(ideal, place));
      // A page of a file need not have come up.
      if (place.isFree || !isOwn) values.add(0);
    }
  }

  /** Nothing reads as zero: where it may be that there is nothing, that is one of the values. */
  get whole(): ReadonlyMap<string, ReadonlySet<number>> {
    for (const [key, values] of this.#values) if (this.#places.get(key) !== this.#count) values.add(0);
    return new Map([...this.#values].filter(([key]) => this.#own.has(key)));
  }
}
