/** Which operations of a trace were under way at the same time, on the same pages; and what was done before. */
import { isDevice, PAGE, type Range } from './operations.ts';
import type { Done } from './threads.ts';

/** Pages of a program: more would make it large for nothing. */
const MOST_PAGES = 8;

export interface Race {
  /** In the order in which they began, those of each thread together. */
  readonly columns: readonly (readonly Done[])[];
  /** All operations before of the same process, in their order. */
  readonly before: readonly Done[];
  /** Addresses of the pages that matter, ascending. */
  readonly pages: readonly number[];
  /** Operations that were under way together elsewhere in the trace. */
  readonly others: number;
  /** Nothing in the trace was under way together: two operations came one after the other. */
  readonly isSerial: boolean;
}

/** What an access did that found its page with the device, or exclusive to one. */
export const isAboutDevice = ({ steps }: Done): boolean =>
  steps.some(({ symbol }) =>
    /^(dmirror_devmem_fault|migrate_vma_setup|remove_device_exclusive_entry|restore_exclusive_pte)$/.test(symbol),
  );

const isAccess = ({ name }: Done): boolean => name === 'cr' || name === 'cw';

/** It is about all pages of a process. */
const isAboutAll = ({ name }: Done): boolean => name !== null && /^(exit|oomreap|fork|swapoff|rel)$/.test(name);

const isSameProcess = (one: Done, other: Done): boolean => one.tgid === null || other.tgid === null || one.tgid === other.tgid;

const share = (one: Range | null, other: Range | null): boolean =>
  one !== null && other !== null && one.start < other.end && other.start < one.end;

const isTogether = (one: Done, other: Done): boolean => one.from.at <= other.until.at && other.from.at <= one.until.at;

/** Are they of two threads, about the same pages? */
function concern(one: Done, other: Done): boolean {
  if (one.pid === other.pid || !isSameProcess(one, other)) return false;
  if (share(one.range, other.range) || (one.to !== null && share(one.to, other.range))) return true;
  return (isAboutAll(one) && isDevice(other.name)) || (isAboutAll(other) && isDevice(one.name));
}

/** A race of a device is what the lab is for; one of two accesses of CPUs happens all the time. */
const weight = (one: Done, other: Done): number => {
  if ([one, other].some((done) => isDevice(done.name) || isAboutDevice(done))) return 2;
  return isAccess(one) && isAccess(other) ? 0 : 1;
};

/**
 * Commands of a device whose pages the trace does not say get those that the device was asked about last, or will be next. Whose pages
 * cannot be guessed so gets those of the system call of another thread that it meets.
 */
function withPages(all: readonly Done[]): Done[] {
  const known = all.filter((done) => done.range !== null && (isDevice(done.name) || isAboutDevice(done)));
  const guess = (done: Done): Done | undefined =>
    known.findLast((other) => isSameProcess(done, other) && other.from.at < done.from.at) ??
    known.find((other) => isSameProcess(done, other)) ??
    all.find(
      (other) =>
        other.range !== null &&
        !isAccess(other) &&
        other.pid !== done.pid &&
        isSameProcess(done, other) &&
        other.until.at > done.from.at,
    );
  return all.map((done) => {
    if (done.range !== null || !(isDevice(done.name) || /^pv[rw]$/.test(done.name ?? ''))) return done;
    const like = guess(done);
    if (like === undefined) return done;
    const choice = `its pages are not in the trace: those of ${like.name} in line ${like.from.line}`;
    return { ...done, range: like.range, choice: done.choice === null ? choice : `${done.choice}; ${choice}` };
  });
}

/** Pairs that meet, each with the one that began first. */
function pairsIn(all: readonly Done[]): (readonly [Done, Done])[] {
  const pairs: (readonly [Done, Done])[] = [];
  let open: Done[] = [];
  for (const done of all) {
    open = open.filter(({ until }) => until.at >= done.from.at);
    for (const other of open) if (isTogether(other, done) && concern(other, done)) pairs.push([other, done]);
    open.push(done);
  }
  return pairs;
}

/** Operations before that are looked at. */
const MOST_BEFORE = 100;

/** Of operations that came one after the other, those that did so most closely, if there are by threads that have not mapped pages. */
function closestIn(all: readonly Done[]): (readonly [Done, Done])[] {
  const pairs = all.flatMap((done, i) => {
    const other = all.slice(Math.max(0, i - MOST_BEFORE), i).findLast((one) => concern(one, done));
    return other === undefined ? [] : [[other, done] as const];
  });
  // Who has mapped the pages has made ready what the others do.
  const mappers = new Set(all.flatMap(({ name, pid }) => (name === 'mmap' || name === 'mmapx' ? [pid] : [])));
  const telling = (pair: readonly [Done, Done]): number =>
    2 * weight(...pair) + (pair.some(({ pid }) => mappers.has(pid)) ? 0 : 1);
  const gap = ([one, other]: readonly [Done, Done]): number => other.from.at - one.until.at;
  const most = Math.max(...pairs.map(telling));
  const first = pairs.filter((pair) => telling(pair) === most).sort((one, other) => gap(one) - gap(other))[0];
  return first === undefined ? [] : [first];
}

const pagesOf = (range: Range): number[] => {
  const first = range.start - (range.start % PAGE);
  const count = Math.min(Math.ceil((range.end - first) / PAGE), MOST_PAGES + 1);
  return Array.from({ length: count }, (_, i) => first + i * PAGE);
};

/** All pages of the operations if they are few; else those that two of them share. */
function pagesThatMatter(members: readonly Done[]): number[] {
  const ranges = members.flatMap(({ range, to }) => [range, to].filter((one) => one !== null));
  const all = new Set(ranges.flatMap(pagesOf));
  const shared = (): number[] =>
    ranges.flatMap((one, i) =>
      ranges.slice(i + 1).flatMap((other) => {
        const both = { start: Math.max(one.start, other.start), end: Math.min(one.end, other.end) };
        return both.start < both.end ? pagesOf(both) : [];
      }),
    );
  const pages = all.size <= MOST_PAGES ? all : new Set(shared());
  return [...pages].sort((one, other) => one - other).slice(0, MOST_PAGES);
}

/**
 * The first operations that meet, of the most telling kind; all that meet one of these; and what was before. Where nothing meets, two that
 * come one after the other. Null where no two threads are about the same pages.
 */
export function raceIn(told: readonly Done[]): Race | null {
  const all = withPages([...told].sort((one, other) => one.from.at - other.from.at));
  const met = pairsIn(all);
  const pairs = met.length > 0 ? met : closestIn(all);
  const most = Math.max(...pairs.map(([one, other]) => weight(one, other)));
  const alike = pairs.filter(([one, other]) => weight(one, other) === most);
  const first = alike[0];
  if (first === undefined) return null;
  const members = new Set(first);
  for (let before = 0; before < members.size; ) {
    before = members.size;
    for (const pair of alike) if (pair.some((done) => members.has(done))) for (const done of pair) members.add(done);
  }
  const inOrder = all.filter((done) => members.has(done));
  const threads = [...new Set(inOrder.map(({ pid }) => pid))];
  const begins = Math.min(...inOrder.map(({ from }) => from.at));
  return {
    columns: threads.map((pid) => inOrder.filter((done) => done.pid === pid)),
    before: all.filter((done) => done.until.at < begins && isSameProcess(done, first[0])),
    pages: pagesThatMatter(inOrder),
    others: alike.filter(([one]) => !members.has(one)).length,
    isSerial: met.length === 0,
  };
}
