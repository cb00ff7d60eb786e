/** A failing execution as a table: a column for each actor, a row for each stretch of steps that one of them made. */
import type { Executor } from '../machine/execution.ts';
import type { Round } from '../machine/failure.ts';
import { aligned, ELLIPSIS } from './columns.ts';
import type { Stretch } from './trace.ts';

/** Rows that are shown of a long table, at its beginning and at its end. */
const ENDS = 100;

/** `cpu[512]=PRES(2; W)`: what, which one, and a value with the first number in it apart. */
const ENTRY = /^(\w+)\[(\d+)\]=(\D*)(\d+)(.*)$/;

interface Entries {
  readonly what: string;
  readonly from: number;
  readonly to: number;
  readonly before: string;
  readonly first: number;
  readonly last: number;
  readonly after: string;
}

const range = (from: number, to: number): string => (from === to ? String(from) : `${from}..${to}`);

const entriesText = ({ what, from, to, before, first, last, after }: Entries): string =>
  `${what}[${range(from, to)}]=${before}${range(first, last)}${after}`;

/** Does `next` go on where `run` ends: the next place, and the same value or the next page? */
function goesOn(run: Entries, next: Entries): boolean {
  if (next.what !== run.what || next.from !== run.to + 1 || next.before !== run.before || next.after !== run.after) return false;
  const step = next.first - run.last;
  return run.from === run.to ? step === 0 || step === 1 : step === (run.last - run.first) / (run.to - run.from);
}

/** A state in which consecutive entries of the same kind are one: `cpu[512..1023]=PRES(2..513; W)`. */
export function folded(state: string): string {
  const parts: (Entries | string)[] = [];
  for (const part of state.split('  ')) {
    const [, what, index, before = '', value, after = ''] = ENTRY.exec(part) ?? [];
    if (what === undefined) {
      parts.push(part);
      continue;
    }
    const [at, page] = [Number(index), Number(value)];
    const next: Entries = { what, from: at, to: at, before, first: page, last: page, after };
    const run = parts.at(-1);
    if (typeof run === 'object' && goesOn(run, next)) parts[parts.length - 1] = { ...run, to: at, last: page };
    else parts.push(next);
  }
  return parts.map((part) => (typeof part === 'string' ? part : entriesText(part))).join('  ');
}

/** What is said in a table beside the stretches. */
export interface TableOptions {
  /** Share of random continuations that fail, by the number of steps made. */
  readonly chances?: ReadonlyMap<number, number>;
  /** The round that the last rows are, and how often it is made. */
  readonly round?: Round & { readonly times: number };
}

/** The table, as lines of at most 130 characters. */
export function table(executor: Executor, stretches: readonly Stretch[], { chances, round }: TableOptions = {}): string[] {
  const isThere = (name: string): boolean => stretches.some(({ actor }) => actor === name);
  const names = Array.from({ length: executor.count }, (_, i) => executor.nameOf(i)).filter(isThere);
  const fails = ({ from, steps }: Stretch): string[] => {
    if (chances === undefined) return [];
    const chance = chances.get(from + steps);
    return [chance === undefined ? '' : `${Math.round(100 * chance)} %`];
  };
  const [head = '', ...rows] = aligned([
    ['step', ...names, 'holds', ...(chances === undefined ? [] : ['fails']), 'afterwards'],
    ...stretches.map((stretch) => [
      String(stretch.from + 1),
      ...names.map((name) => (stretch.actor === name ? `${stretch.steps} to ${stretch.at}` : '')),
      stretch.holds.join(' '),
      ...fails(stretch),
      folded(stretch.state),
    ]),
  ]);
  const before = round === undefined ? rows.length : stretches.findIndex(({ from }) => from >= round.start);
  const ofRound = before === -1 ? [] : rows.slice(before);
  const again = round === undefined || round.times < 2 ? 'and so on' : `and so on: ${round.times} times in this schedule`;
  return [
    head,
    ...shortened(before === -1 ? rows : rows.slice(0, before)),
    ...(ofRound.length === 0 ? [] : ['the round:', ...shortened(ofRound), again]),
  ];
}

/** The beginning and the end of many rows. */
function shortened(rows: readonly string[]): string[] {
  const left = rows.length - 2 * ENDS;
  return left <= 1 ? [...rows] : [...rows.slice(0, ENDS), `${ELLIPSIS} ${left} rows ${ELLIPSIS}`, ...rows.slice(-ENDS)];
}
