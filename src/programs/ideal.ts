/**
 * Memory as a program may expect it: what a page holds, without page tables, devices or locks. Every operation is done page by page,
 * each at one moment. Which values an access may find is computed from it (allowed.ts), so nobody has to write it down.
 */
import { initialWord } from './fileOps.ts';
import { addressAt, numberAt, type Operation, pageOf, textAt } from './operation.ts';

/** What a page of a process is mapped to, and holds. */
export interface Place {
  readonly read: boolean;
  readonly write: boolean;
  readonly shared: boolean;
  /** Contents of its own; null where they are those of the file, or of shared memory. */
  readonly value: number | null;
  /** MADV_FREE: it may read as zero until it is written. */
  readonly isFree: boolean;
  readonly isGuard: boolean;
  readonly isKept: boolean;
  readonly isWiped: boolean;
  /** The file, or the shared memory: `f0` for the one in slot 0, and the page in it. */
  readonly file: string | null;
  readonly index: number;
}

/** State of the ideal machine: places by `PROCESS PAGE`, words of files by `FILE PAGE`, sizes of files. Plain data. */
export interface Ideal {
  readonly places: Readonly<Record<string, Place>>;
  readonly words: Readonly<Record<string, number>>;
  readonly sizes: Readonly<Record<string, number>>;
}

export const EMPTY: Ideal = { places: {}, words: {}, sizes: {} };

/** What a page may answer to an access: a value, `ok` for a write, or the signal or errno that tells why not. */
export type Outcome = number | 'ok' | 'refused';

/** One page's part of an operation: the states it may lead to, each with what the access finds there. */
export interface Effect {
  readonly next: Ideal;
  readonly outcome: Outcome | null;
}

const keyOf = (worker: number, page: number): string => `${worker} ${page}`;

const placeAt = ({ places }: Ideal, worker: number, page: number): Place | undefined => places[keyOf(worker, page)];

const withPlace = (ideal: Ideal, worker: number, page: number, place: Place | undefined): Ideal => {
  const { [keyOf(worker, page)]: _, ...others } = ideal.places;
  return { ...ideal, places: place === undefined ? others : { ...others, [keyOf(worker, page)]: place } };
};

const withWord = (ideal: Ideal, file: string, index: number, word: number): Ideal => ({
  ...ideal,
  words: { ...ideal.words, [`${file} ${index}`]: word },
});

const wordOf = ({ words }: Ideal, file: string, index: number): number => words[`${file} ${index}`] ?? 0;

/** Is the page of its file there? Memory that is shared by processes has no end. */
const isThere = ({ sizes }: Ideal, { file, index }: Place): boolean => file === null || index < (sizes[file] ?? 0);

/** What the page holds. */
export const contentsOf = (ideal: Ideal, place: Place): number =>
  place.value ?? (place.file === null ? 0 : wordOf(ideal, place.file, place.index));

/** What a read may find. */
function reads(ideal: Ideal, worker: number, page: number, ignores = false): Effect[] {
  const place = placeAt(ideal, worker, page);
  const isRefused =
    place === undefined || place.isGuard || !(place.read || ignores) || (place.value === null && !isThere(ideal, place));
  if (isRefused) return [{ next: ideal, outcome: 'refused' }];
  const found = [{ next: ideal, outcome: contentsOf(ideal, place) }];
  return place.isFree ? [...found, { next: ideal, outcome: 0 }] : found;
}

/** What a write leads to: of `change` from what was there. */
function writes(ideal: Ideal, worker: number, page: number, change: (old: number) => number): Effect[] {
  const place = placeAt(ideal, worker, page);
  if (place === undefined || place.isGuard || !place.write || (place.value === null && !isThere(ideal, place)))
    return [{ next: ideal, outcome: 'refused' }];
  const values = place.isFree ? [contentsOf(ideal, place), 0] : [contentsOf(ideal, place)];
  return values.map((old) => ({ next: stored(ideal, worker, page, place, change(old)), outcome: 'ok' }));
}

function stored(ideal: Ideal, worker: number, page: number, place: Place, word: number): Ideal {
  if (place.shared && place.file !== null) return withWord(ideal, place.file, place.index, word);
  return withPlace(ideal, worker, page, { ...place, value: word, isFree: false });
}

const quiet = (next: Ideal): Effect[] => [{ next, outcome: null }];

const fresh = (access: string, shared: boolean, file: string | null, index: number): Place => ({
  read: /[rwx]/.test(access),
  write: access.includes('w'),
  shared,
  value: file === null ? 0 : null,
  isFree: false,
  isGuard: false,
  isKept: true,
  isWiped: false,
  file,
  index,
});

const mappings = new WeakMap<Operation, string>();
let named = 0;

/** A name for memory that is shared and has no file: each mmap makes its own. */
function sharedName(op: Operation): string {
  const name = mappings.get(op) ?? `s${named++}`;
  mappings.set(op, name);
  return name;
}

function mapped(ideal: Ideal, op: Operation, page: number, i: number): Effect[] {
  const access = textAt(op, 2);
  switch (textAt(op, 3)) {
    case 'sanon': {
      const name = sharedName(op);
      const next = { ...ideal, sizes: { ...ideal.sizes, [name]: numberAt(op, 1) } };
      return quiet(withPlace(withWord(next, name, i, 0), op.worker, page, fresh(access, true, name, i)));
    }
    case 'fpriv':
    case 'fshared': {
      const file = fileName(op.worker, numberAt(op, 4));
      if (ideal.sizes[file] === undefined) return quiet(ideal);
      const place = fresh(access, textAt(op, 3) === 'fshared', file, numberAt(op, 5) + i);
      return quiet(withPlace(ideal, op.worker, page, place));
    }
    default:
      return quiet(withPlace(ideal, op.worker, page, fresh(access, false, null, 0)));
  }
}

/** Files are named by their slots: a child has those of its parent. */
const fileName = (_worker: number, slot: number): string => `f${slot}`;

/** `i` counts pages; a guard region goes over all of its pages twice. */
function advised(ideal: Ideal, op: Operation, page: number, i: number): Effect[] {
  const place = placeAt(ideal, op.worker, page);
  if (place === undefined) return quiet(ideal);
  const change = (what: Partial<Place>): Effect[] => quiet(withPlace(ideal, op.worker, page, { ...place, ...what }));
  const empty = place.file === null ? 0 : null;
  switch (textAt(op, 2)) {
    case 'dontneed':
      return place.isGuard ? quiet(ideal) : change({ value: empty, isFree: false });
    case 'free':
      return place.file === null && !place.shared ? change({ isFree: true }) : quiet(ideal);
    case 'remove':
      return place.shared && place.file !== null ? quiet(withWord(ideal, place.file, place.index, 0)) : quiet(ideal);
    case 'dontfork':
      return change({ isKept: false });
    case 'dofork':
      return change({ isKept: true });
    case 'wipeonfork':
      return place.shared || place.file !== null ? quiet(ideal) : change({ isWiped: true });
    case 'keeponfork':
      return change({ isWiped: false });
    // What is there goes first, and somebody may touch the page before the guard is there.
    case '102':
      return change({ isGuard: place.isGuard || i >= numberAt(op, 1), value: empty, isFree: false });
    case '103':
      return change({ isGuard: false });
    default:
      return quiet(ideal);
  }
}

/** Moves what is at one page to another one. */
function moved(ideal: Ideal, worker: number, from: number, to: number, keep: boolean): Effect[] {
  const place = placeAt(ideal, worker, from);
  if (place === undefined || from === to) return quiet(ideal);
  const old = keep ? { ...place, value: place.file === null ? 0 : null, isFree: false } : undefined;
  return quiet(withPlace(withPlace(ideal, worker, to, place), worker, from, old));
}

/** What a child finds at the page. */
function forked(ideal: Ideal, op: Operation, page: number): Effect[] {
  const place = placeAt(ideal, op.worker, page);
  if (place === undefined || !place.isKept) return quiet(ideal);
  const child = place.isWiped ? { ...place, value: 0, isFree: false } : place;
  return quiet(withPlace(ideal, numberAt(op, 0), page, child));
}

/** Pages an operation goes over, in its order. */
export function pagesOf(op: Operation, everything: readonly number[]): readonly number[] {
  const range = (place: number, stride = 1): number[] => {
    const first = pageOf(addressAt(op, place));
    return Array.from({ length: numberAt(op, place + 1) }, (_, i) => first + i * stride);
  };
  switch (op.name) {
    case 'cr':
      return range(0, numberAt(op, 2, 1));
    case 'cw':
      return range(0, numberAt(op, 3, 1));
    case 'dread':
    case 'dunl':
    case 'dwrite':
    case 'datomic':
      return range(1);
    case 'mmap':
    case 'mmapx':
    case 'munmap':
    case 'mprotect':
    case 'pvr':
    case 'pvw':
    case 'uffd':
    case 'uregister':
    case 'ucopy':
      return range(0);
    case 'madvise':
      return textAt(op, 2) === '102' ? [...range(0), ...range(0)] : range(0);
    case 'mremap':
      return range(0);
    case 'fork':
    case 'exit':
      return everything;
    case 'file':
      return Array.from({ length: Math.max(1, numberAt(op, 1)) }, (_, i) => i);
    case 'fpunch':
    case 'fread':
      return Array.from({ length: numberAt(op, 2) }, (_, i) => numberAt(op, 1) + i);
    case 'fwrite':
    case 'ftrunc':
      return [numberAt(op, 1)];
    default:
      return [];
  }
}

/** What the `i`-th page of an operation, `page`, does. Without an outcome nobody looks at it. */
export function effects(ideal: Ideal, op: Operation, page: number, i: number): Effect[] {
  const { worker } = op;
  switch (op.name) {
    case 'cr':
    case 'dread':
    case 'dunl':
      return reads(ideal, worker, page);
    case 'pvr':
      return reads(ideal, worker, page);
    case 'cw':
    case 'pvw':
      return writes(ideal, worker, page, () => numberAt(op, 2) + i);
    case 'dwrite':
      return writes(ideal, worker, page, () => numberAt(op, 3) + i);
    case 'datomic':
      return writes(ideal, worker, page, (old) => (old + 1) >>> 0);
    case 'mmap':
    case 'mmapx':
      return mapped(ideal, op, page, i);
    case 'munmap':
      return quiet(withPlace(ideal, worker, page, undefined));
    case 'mprotect': {
      const place = placeAt(ideal, worker, page);
      const access = textAt(op, 2);
      const next = place && { ...place, read: /[rwx]/.test(access), write: access.includes('w') };
      return quiet(next === undefined ? ideal : withPlace(ideal, worker, page, next));
    }
    case 'madvise':
      return advised(ideal, op, page, i);
    case 'mremap':
      if (i >= numberAt(op, 3)) return quiet(withPlace(ideal, worker, page, undefined));
      return moved(ideal, worker, page, pageOf(addressAt(op, 2)) + i, textAt(op, 4) === 'keep');
    case 'fork':
      return forked(ideal, op, page);
    case 'exit':
      return quiet(withPlace(ideal, worker, page, undefined));
    case 'file':
      return created(ideal, fileName(worker, numberAt(op, 0)), numberAt(op, 0), numberAt(op, 1), page);
    case 'fwrite':
      return quiet(written(ideal, fileName(worker, numberAt(op, 0)), page, numberAt(op, 2)));
    case 'fpunch':
      return quiet(withWord(ideal, fileName(worker, numberAt(op, 0)), page, 0));
    case 'fread': {
      const file = fileName(worker, numberAt(op, 0));
      return [{ next: ideal, outcome: page < (ideal.sizes[file] ?? 0) ? wordOf(ideal, file, page) : 'refused' }];
    }
    case 'ftrunc':
      return quiet(truncated(ideal, fileName(worker, numberAt(op, 0)), page));
    default:
      return quiet(ideal);
  }
}

function created(ideal: Ideal, file: string, slot: number, pages: number, page: number): Effect[] {
  const next = { ...ideal, sizes: { ...ideal.sizes, [file]: pages } };
  return quiet(page < pages ? withWord(next, file, page, initialWord(slot, page)) : next);
}

/** A write to a file beyond its end makes it longer. */
function written(ideal: Ideal, file: string, page: number, word: number): Ideal {
  const size = Math.max(ideal.sizes[file] ?? 0, page + 1);
  return withWord({ ...ideal, sizes: { ...ideal.sizes, [file]: size } }, file, page, word);
}

/** A file of another size: what is beyond it is gone, private copies of it, too. */
function truncated(ideal: Ideal, file: string, pages: number): Ideal {
  const words = Object.fromEntries(
    Object.entries(ideal.words).filter(([key]) => !(key.startsWith(`${file} `) && Number(key.slice(file.length + 1)) >= pages)),
  );
  const places = Object.fromEntries(
    Object.entries(ideal.places).map(([key, place]) => [
      key,
      place.file === file && place.index >= pages ? { ...place, value: null } : place,
    ]),
  );
  return { places, words, sizes: { ...ideal.sizes, [file]: pages } };
}
