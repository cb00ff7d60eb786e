/** A race of a trace as a program, with what the trace does not say in its remarks. */
import { parseProgram } from '../programs/program.ts';
import { who } from './events.ts';
import { isDevice, PAGE, type Range, writes } from './operations.ts';
import { isAboutDevice, type Race } from './race.ts';
import type { Done, Opened } from './threads.ts';

export interface Skeleton {
  /** The program, a line each, with remarks. */
  readonly text: string;
  /** What was chosen where the trace leaves it open, a sentence each. */
  readonly choices: readonly string[];
  /** Names of the actors by their threads. */
  readonly actors: ReadonlyMap<number, string>;
}

/** Operations before the race that are kept: the last ones. */
const MOST_GIVEN = 16;

/** Makes the words of operations: pages by their numbers, files by their slots, values that nobody else writes. */
class Words {
  /** Files of commands, in the order in which they are named. */
  readonly slots: number[];
  readonly choices: string[] = [];
  readonly #pages: readonly number[];
  #value = 1;

  constructor({ pages, before, columns }: Race) {
    this.#pages = pages;
    this.slots = [
      ...new Set([...before, ...columns.flat()].flatMap(({ name, fd }) => (isDevice(name) && fd !== null ? [fd] : []))),
    ];
  }

  /** The pages of a range that have numbers; null where it has none of them. */
  pages(range: Range): { readonly first: number; readonly count: number } | null {
    const inside = this.#pages.flatMap((page, i) => (page + PAGE > range.start && page < range.end ? [i] : []));
    const [first] = inside;
    return first === undefined ? null : { first, count: inside.length };
  }

  /** A value is never in a trace. */
  value(count: number): number {
    const value = this.#value;
    this.#value += count;
    return value;
  }

  get hasValues(): boolean {
    return this.#value > 1;
  }

  /** A file that no command names is the first one. */
  slot(fd: number | null): number {
    const wanted = fd ?? this.slots[0] ?? -1;
    if (!this.slots.includes(wanted)) this.slots.push(wanted);
    return this.slots.indexOf(wanted);
  }

  /** The operation; null if it is about no page that matters. */
  text({ name, range, to, fd, words, choice, from }: Done): string | null {
    if (name === null) return null;
    if (name === 'exit' || name === 'oomreap' || name === 'swapoff') return name;
    if (name === 'fork') return 'fork 1';
    const at = range === null ? null : this.pages(range);
    if (at === null || range === null) return null;
    const where = to === null ? null : this.pages(to);
    if (to !== null && where === null) return null;
    const parts = [
      ...[name, ...(isDevice(name) ? [this.slot(fd)] : []), at.first, at.count],
      ...(where === null ? [] : [where.first, where.count]),
      ...(writes(name) ? [this.value(at.count)] : []),
      ...words,
    ];
    const text = parts.join(' ');
    const length = Math.ceil((range.end - range.start) / PAGE);
    if (choice !== null) this.choices.push(`line ${from.line}, ${text}: ${choice}`);
    if (length > at.count)
      this.choices.push(`line ${from.line}, ${text}: it is about ${length} pages, ${at.count} of which matter to others`);
    return text;
  }
}

/** The state that the first access of a page finds, where nothing before says it. */
function found({ steps }: Done): 'device' | 'exclusive' | 'nothing' | 'memory' {
  const has = (name: RegExp): boolean => steps.some(({ symbol }) => name.test(symbol));
  if (has(/^(remove_device_exclusive_entry|restore_exclusive_pte)$/)) return 'exclusive';
  if (has(/^dmirror_devmem_fault$/)) return 'device';
  return has(/^do_anonymous_page$/) ? 'nothing' : 'memory';
}

/** How a page comes to be as it is found. */
function before(words: Words, race: Race): string[] {
  const all = race.columns.flat();
  const count = race.pages.length;
  const fault = all.find(({ name, steps }) => (name === 'cr' || name === 'cw') && steps.length > 0);
  const state = fault === undefined ? 'memory' : found(fault);
  const why = fault === undefined ? 'how pages are before' : `what was before line ${fault.from.line}`;
  if (state === 'nothing') return [];
  const written = `cw 0 ${count} ${words.value(count)}`;
  const rest =
    state === 'device'
      ? [`dmig ${words.slot(null)} 0 ${count}`]
      : state === 'exclusive'
        ? [`excl ${words.slot(null)} 0 ${count}`]
        : [];
  const operations = [written, ...rest];
  words.choices.push(`${why} is not in the trace: ${operations.join(' | ')}`);
  return operations;
}

/** What was done to these pages since they were mapped last, by the actors or by others. */
function givenOf(words: Words, race: Race, actors: ReadonlyMap<number, string>): string[] {
  const [first = 0] = race.pages;
  const last = race.before.findLastIndex(
    ({ name, range }) => /^mmapx?$/.test(name ?? '') && range !== null && range.start <= first && range.end > first,
  );
  const since = race.before.slice(Math.max(last, 0));
  const texts = since.flatMap((done) => {
    if (done.name === 'exit' || done.name === 'fork') return [];
    const text = words.text(done);
    const actor = done.name === 'cr' || done.name === 'cw' ? actors.get(done.pid) : undefined;
    return text === null ? [] : [actor === undefined ? text : `${actor}: ${text}`];
  });
  const kept = last >= 0 ? [...texts.slice(0, 1), ...texts.slice(1).slice(-MOST_GIVEN)] : texts.slice(-MOST_GIVEN);
  if (kept.length < texts.length) words.choices.push(`of ${texts.length} operations before, the last ${kept.length} are given`);
  const touched = texts.some((text) => !/^(mmapx?|munmap|mprotect|madvise|ml?ock|munlock) /.test(text));
  // Where page faults are traced, a page that nobody has touched is one.
  const isKnown = touched || race.before.some(({ name }) => name === 'cr' || name === 'cw');
  if (last >= 0) return isKnown ? kept : [...kept, ...before(words, race)];
  const mapped = `mmap 0 ${race.pages.length} rw anon`;
  words.choices.push(`how the pages are mapped is not in the trace: ${mapped}`);
  return [mapped, ...(touched ? kept : [...before(words, race), ...kept])];
}

/** The files of the commands. */
function openedOf(words: Words, { columns }: Race, opened: readonly Opened[]): string[] {
  const process = columns[0]?.[0]?.tgid ?? null;
  // A file that the process has not opened itself is one of who has forked it.
  const last = (fd: number): Opened | undefined =>
    opened.findLast((one) => one.fd === fd && one.tgid === process) ?? opened.findLast((one) => one.fd === fd);
  return words.slots.map((fd, slot) => {
    const device = last(fd)?.device;
    if (device === undefined) words.choices.push(`which device file ${slot} is of is not in the trace: open ${slot} 0`);
    return `open ${slot} ${device ?? 0}`;
  });
}

/** A, B, C, in the order in which they began. */
const actorName = (i: number): string => String.fromCharCode('A'.charCodeAt(0) + (i % 26));

const hex = (address: number): string => `0x${address.toString(16)}`;

/** Null where less than two threads have an operation on the pages. */
export function skeletonOf(race: Race, opened: readonly Opened[], name: string): Skeleton | null {
  const words = new Words(race);
  const actors = new Map(race.columns.map(([done], i) => [(done as Done).pid, actorName(i)]));
  if (race.isSerial)
    words.choices.push('no two operations were under way at the same time: these came one after the other most closely');
  if (race.others > 0) words.choices.push(`operations meet in ${race.others} more places: these are the first that do`);
  const given = givenOf(words, race, actors);
  const columns = race.columns.flatMap((column) => {
    const texts = column.flatMap((done) => words.text(done) ?? []);
    const [first] = column as [Done];
    const lines = `${who(first)}, lines ${first.from.line} to ${(column.at(-1) as Done).until.line}`;
    return texts.length === 0 ? [] : [{ text: `${actors.get(first.pid)}: ${texts.join(' | ')}`, lines }];
  });
  if (columns.length < 2) return null;
  if (words.hasValues) words.choices.push('values that are written');
  // Whoever brings a page home from a device has one.
  if (words.slots.length === 0 && race.columns.flat().some(isAboutDevice)) words.slot(null);
  const all = [...openedOf(words, race, opened), ...given];
  const [first = 0] = race.pages;
  const pages = race.pages.map((page, i) => `${i} is ${hex(page)}`);
  const text = [
    `# From ${name}; page ${race.pages.length === 1 ? `0 is ${hex(first)}` : pages.join(', ')}.`,
    ...(words.choices.length === 0
      ? []
      : ['# Chosen, because the trace leaves it open:', ...words.choices.map((choice) => `#   ${choice}`)]),
    ...(all.length === 0 ? [] : [`given ${all.join(' | ')}`]),
    ...columns.map(({ text, lines }) => `${text}  # ${lines}`),
  ];
  const program = `${text.join('\n')}\n`;
  // What does not parse would be a mistake of this file.
  parseProgram(program);
  return { text: program, choices: words.choices, actors };
}
