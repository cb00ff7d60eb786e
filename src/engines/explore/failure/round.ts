/** A livelock is explained by its round: who makes which steps again and again, who waits for them, and what they look at. */
import { get } from '../../../arena/access.ts';
import { liveObjects } from '../../../arena/pool.ts';
import { Mirror, Mm } from '../../../arena/structures.ts';
import { type WordName, wordName } from '../../../arena/wordName.ts';
import { describePte } from '../../../mm/table/pte.ts';
import { forEachEntry, lookupTable, pteAt } from '../../../mm/table/tables.ts';
import type { Executor } from '../machine/execution.ts';
import type { Failure, Round } from '../machine/failure.ts';
import { DONE } from '../machine/localState.ts';
import { conclude } from '../search/conclude.ts';
import { waitText } from '../search/noProgress.ts';
import type { Budget } from './budget.ts';
import type { Minimal } from './minimise.ts';
import { pointName } from './namedSchedule.ts';
import { type Watched, watchSteps } from './source.ts';

export interface RoundStep {
  readonly actor: string;
  readonly from: string;
  readonly to: string;
  readonly source: string | null;
}

export interface RoundExplained extends Round {
  /** How often it is made in the schedule. */
  readonly times: number;
  /** Who makes it. */
  readonly actors: readonly string[];
  readonly steps: readonly RoundStep[];
  /** Who waits meanwhile, and what for. */
  readonly waiting: readonly string[];
  /** What is looked at in the round and is the same after it: it ends only if something of that changes. Null: there was no time to see. */
  readonly looksAt: readonly string[] | null;
}

/** Of each step: who makes it, and the points it leads from and to. */
function placesOf(executor: Executor, schedule: readonly number[]): number[] {
  executor.reset();
  return schedule.map((actor) => {
    const from = executor.at[actor] as number;
    executor.step(actor);
    return (actor * 0x1000 + (from & 0xfff)) * 0x1000 + ((executor.at[actor] as number) & 0xfff);
  });
}

/** The earliest step from which on all steps are those of the round. */
function firstOf(places: readonly number[], { start, length }: Round): number {
  let first = start;
  while (first > 0 && places[first - 1] === places[first - 1 + length]) first--;
  return first;
}

/** How an execution ends whose steps are `schedule`; the last of them did not fail. */
function ending(executor: Executor, schedule: readonly number[]): Failure | null {
  executor.reset();
  for (const actor of schedule) {
    const failure = executor.step(actor);
    if (failure !== null) return failure;
  }
  return conclude(executor);
}

/** The failure with its round as early as it begins, and made as often as it takes to see it. Anything else is left as it is. */
export function shortestRound<F extends Minimal>(executor: Executor, found: F, budget: Budget): F {
  const { round, rule, kind } = found.failure;
  if (round === undefined || round.length === 0) return found;
  const { length } = round;
  const start = firstOf(placesOf(executor, found.schedule), round);
  for (let times = 1; start + times * length < found.schedule.length && !budget.isOver; times *= 2) {
    const schedule = found.schedule.slice(0, start + times * length);
    const failure = ending(executor, schedule);
    if (failure?.rule === rule && failure.kind === kind) return { ...found, failure, schedule };
  }
  return found;
}

/** The entries of all page tables, by their words, with their values. */
function entriesOf({ arena }: Executor): ReadonlyMap<number, string> {
  const entries = new Map<number, string>();
  const add = (what: string, root: number, describe: (entry: number) => string): void =>
    forEachEntry(arena, root, (vpn, entry) =>
      entries.set(pteAt(arena, lookupTable(arena, root, vpn), vpn), `${what}[${vpn}]=${describe(entry)}`),
    );
  liveObjects(arena, arena.pools.mm).forEach((mm, i) => {
    if (get(arena, mm + Mm.users) !== 0) add(i === 0 ? 'cpu' : `child${i}`, get(arena, mm + Mm.pgd), describePte);
  });
  liveObjects(arena, arena.pools.mirror).forEach((mirror, i) => {
    add(`dev${i + 1}`, get(arena, mirror + Mirror.table), (entry) => String(entry >>> 12));
  });
  return entries;
}

/** Words that nobody would change to end a round: an actor's own, pools, links of lists and trees, locks, and what never changes. */
const isDull = ({ owner, field, protection }: WordName): boolean =>
  protection === 'frozen' ||
  /^(actor|table|table entry|lockOrder|.* pool)$/.test(owner) ||
  /^(handle|link|node\[\d\]|\w*(lock|Lock|Next|Prev|Root)(\[\d\])?)$/.test(field);

const textOf = ({ owner, number, field }: WordName): string =>
  owner === 'header' ? `the machine: ${field}` : `${owner} ${number}: ${field}`;

/** The more telling come first: entries of page tables, then pages, then VMAs. */
const TELLING = [/=/, /^page /, /^vma \d+: flags/];

const rankOf = (text: string): number => {
  const rank = TELLING.findIndex((pattern) => pattern.test(text));
  return rank === -1 ? TELLING.length : rank;
};

/**
 * What was looked at in the last steps and is as it was `before` them. What one actor changes and changes back may be changed by
 * others, too; what several do to each other is between them.
 */
function unchanged(executor: Executor, before: Int32Array, steps: readonly Watched[], isAlone: boolean): string[] {
  const { arena } = executor;
  const changed = new Set(isAlone ? [] : steps.flatMap(({ writes }) => [...writes]));
  const entries = entriesOf(executor);
  const texts = new Set<string>();
  for (const word of new Set(steps.flatMap(({ reads }) => [...reads]))) {
    if (word < 0 || arena.words[word] !== before[word] || changed.has(word)) continue;
    const known = wordName(arena, word);
    const text = entries.get(word) ?? (known === null || isDull(known) ? null : textOf(known));
    if (text !== null) texts.add(text);
  }
  return [...texts].sort((a, b) => rankOf(a) - rankOf(b));
}

/** The round of a livelock, once; null for a failure that is none. The executor is left at the end of it. */
export function roundOf(
  executor: Executor,
  schedule: readonly number[],
  { round }: Failure,
  budget: Budget,
): RoundExplained | null {
  if (round === undefined || round.length === 0) return null;
  const { length } = round;
  const places = placesOf(executor, schedule);
  const start = firstOf(places, round);
  const watched = watchSteps(executor.scenario, schedule, start, length, budget);
  const makers = new Set(schedule.slice(start, start + length));
  executor.reset();
  for (let step = 0; step < start; step++) executor.step(schedule[step] as number);
  const before = executor.arena.words.slice();
  const steps = schedule.slice(start, start + length).map((actor, i) => {
    const from = pointName(executor.at[actor] as number);
    executor.step(actor);
    const to = pointName(executor.at[actor] as number);
    return { actor: executor.nameOf(actor), from, to, source: watched[i]?.source ?? null };
  });
  const all = Array.from({ length: executor.count }, (_, i) => i);
  return {
    start,
    length,
    times: Math.floor((schedule.length - start) / length),
    actors: all.filter((actor) => makers.has(actor)).map((actor) => executor.nameOf(actor)),
    steps,
    waiting: all
      .filter((actor) => !makers.has(actor) && executor.at[actor] !== DONE && executor.waitOf(actor).word !== 0)
      .map((actor) => waitText(executor, actor)),
    looksAt: watched.length < length ? null : unchanged(executor, before, watched, makers.size === 1),
  };
}
