/** A program as a race on a kernel: what the agent is told, and what it answers round by round. */
import { UsageError } from '../input/usageError.ts';
import type { Answer } from '../programs/answer.ts';
import { addressAt, numberAt, type Operation, pageOf, parseOperation } from '../programs/operation.ts';
import type { Program } from '../programs/program.ts';
import type { Session } from './session.ts';
import { type Stage, stageOrder } from './stages.ts';
import type { Way } from './ways.ts';
import { demandAskable, orderOf } from './wire.ts';

export interface Race {
  readonly actors: readonly string[];
  readonly given: readonly Operation[];
  readonly columns: readonly (readonly Operation[])[];
  /** Pages that are looked at after a round. */
  readonly pages: readonly number[];
  /** The device that looks, too; undefined where there is none. */
  readonly slot: number | undefined;
}

/** A page when all are done. */
export interface PageLook {
  /** What both sides find; null where the access is refused. */
  readonly device: number | null;
  readonly cpu: number | null;
  /** What one side writes then, and what the other one reads after that. */
  readonly marks: readonly (readonly [by: 'cpu' | 'device', wrote: number, read: number])[];
}

/** One round, as the agent tells it. */
export interface Round {
  /** Every stage was reached, in order, and none gave up. */
  readonly taken: boolean;
  /** After the last stop one that was to come first waited for one that was held, which then went on. */
  readonly waited: boolean;
  /** Of each stage: was it reached? */
  readonly reached: readonly boolean[];
  /** Answers of each actor. */
  readonly answers: readonly (readonly Answer[])[];
  /** Of each page. */
  readonly looks: readonly PageLook[];
}

/** The process of the round ended before its time. */
export interface BrokenRound {
  readonly status: number;
}

export const isBroken = (round: Round | BrokenRound): round is BrokenRound => 'status' in round;

const MOST_ACTORS = 4;
/** Pages that are looked at. */
const MOST_PAGES = 8;

/** Operations whose second and third words are a range of pages; of the others it is the first two. */
const AFTER_SLOT: ReadonlySet<string> = new Set(['dread', 'dwrite', 'dmig', 'dsys', 'excl', 'chk', 'dunl', 'pin']);
const WITH_RANGE = /^(mmapx?|munmap|mprotect|madvise|cr|cw|pvr|pvw|mlock|munlock)$/;

function pagesOf(operation: Operation): number[] {
  const place = AFTER_SLOT.has(operation.name) ? 1 : WITH_RANGE.test(operation.name) ? 0 : null;
  if (place === null) return [];
  const first = pageOf(addressAt(operation, place));
  return Array.from({ length: Math.min(numberAt(operation, place + 1), MOST_PAGES) }, (_, i) => first + i);
}

/**
 * The race of a program.
 *
 * @throws UsageError for what the agent cannot do in one process with threads.
 */
export function raceOf({ given, columns }: Program): Race {
  if (columns.length < 2) throw new UsageError('a race needs at least two columns');
  if (columns.length > MOST_ACTORS)
    throw new UsageError(`the program has ${columns.length} columns, on a kernel at most ${MOST_ACTORS} are possible`);
  const before = given.map(({ operation }) => operation);
  const all = [...before, ...columns.flatMap(({ operations }) => operations)];
  demandAskable(all);
  const odd = all.find(({ worker, name }) => worker !== 0 || name === 'fork' || name === 'exit');
  if (odd !== undefined) throw new UsageError(`operation '${odd.text}': a race on a kernel is one of threads of one process`);
  const pages = [...new Set(columns.flatMap(({ operations }) => operations.flatMap(pagesOf)))].sort((a, b) => a - b);
  const closed = new Set(all.flatMap((operation) => (operation.name === 'close' ? [numberAt(operation, 0)] : [])));
  const slot = before.find((operation) => operation.name === 'open' && !closed.has(numberAt(operation, 0)));
  return {
    actors: columns.map(({ actor }) => actor),
    given: before,
    columns: columns.map(({ operations }) => operations),
    pages: pages.slice(0, MOST_PAGES),
    slot: slot === undefined ? undefined : numberAt(slot, 0),
  };
}

const words = (operation: Operation): string => orderOf(operation).replace(/^\d+ /, '');

/** Tells the agent all of a race but its stages. */
export function sendRace({ send }: Session, race: Race): void {
  for (const line of raceLines(race)) send(line);
}

/** The lines that tell the agent all of a race but its stages. */
export const raceLines = ({ given, columns, pages, slot }: Race): string[] => [
  'race',
  ...given.map((operation) => `given ${words(operation)}`),
  ...columns.flatMap((column, i) => column.map((operation) => `actor ${i} ${words(operation)}`)),
  // Written as an operation, for its address.
  ...pages.map((page) => `look ${slot ?? '-'} ${words(parseOperation(`cr ${page} 1`)).split(' ')[1]}`),
];

/** Longest time for a round, and for what comes before the first. */
const ROUND_SECONDS = 60;

interface Line {
  readonly refused?: string;
  readonly probed?: readonly string[];
  readonly rounds?: number;
  readonly round?: number;
  readonly status?: number;
  readonly taken?: number;
  readonly waited?: number;
  readonly reached?: readonly number[];
  readonly answers?: readonly (readonly Answer[])[];
  readonly looks?: readonly PageLook[];
}

/** What rounds are run: along stages, freely, or with one actor after another by a lock. */
export type Mode = 'aimed' | 'free' | 'serial';

/** Rounds that are asked for. */
export interface Asked {
  readonly mode: Mode;
  readonly stages: readonly Stage[];
  readonly count: number;
  readonly way?: Way | undefined;
}

/**
 * Runs rounds and tells each. The race was sent before. Returns how each stage was probed; '' where it was not.
 *
 * @throws UsageError where the kernel does not have what a stage names, AgentLost where it crashes.
 */
export async function runRounds(
  { send, next }: Session,
  { actors }: Race,
  { mode, stages, count, way = 'auto' }: Asked,
  onRound: (round: Round | BrokenRound) => void,
): Promise<readonly string[]> {
  let probed: readonly string[] = [];
  send(`probes ${way}`);
  send('stages');
  for (const stage of mode === 'aimed' ? stages : []) send(stageOrder(stage, actors));
  send(`rounds ${mode} ${count}`);
  for (;;) {
    const line = JSON.parse(await next(ROUND_SECONDS)) as Line;
    if (line.refused !== undefined) throw new UsageError(`the schedule cannot be taken on this kernel: ${line.refused}`);
    if (line.rounds !== undefined) return probed;
    if (line.probed !== undefined) probed = line.probed;
    else onRound(line.round === 1 ? roundOf(line) : { status: line.status ?? 0 });
  }
}

const roundOf = ({ taken, waited, reached = [], answers = [], looks = [] }: Line): Round => ({
  taken: taken === 1,
  waited: waited === 1,
  reached: reached.map((one) => one === 1),
  answers,
  looks,
});
