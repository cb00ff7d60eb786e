/** From the stops of a schedule of the model to stages on a kernel: for each stop the places that may do, the best one first. */
import type { Stop, Stops, StretchStops } from '../engines/explore/failure/stops.ts';
import { UsageError } from '../input/usageError.ts';
import { calledOnEntering, callersOf, placesOf } from '../kernels/modelPlaces.ts';
import { isEnd, type Stage } from './stages.ts';

/** What an actor does until its next stop. */
export interface Segment {
  readonly actor: string;
  /** Stages that come to the same in the model; one, `done`, for an actor that has nothing more to do. */
  readonly choices: readonly Stage[];
  /** Where the actor stops in the model. */
  readonly where: string;
}

/** Tries of a kernel cost time. */
const MOST_CHOICES = 8;

/** `src/sync/spinlock.ts:40 (lock)` is `lock`; a function without a name has none. */
const namesOf = ({ calls }: Stop): string[] => calls.map((call) => /\(([^)]*)\)$/.exec(call)?.[1] ?? '');

/** The stages that a stop is, as an actor comes to it for the first time. */
function stagesAt(actor: string, stop: Stop): Stage[] {
  const names = namesOf(stop);
  return placesOf(stop.point, names).flatMap(({ place, symbol, isFromCaller }): Stage[] =>
    isFromCaller
      ? callersOf(names).map((from) => ({ actor, place, symbol, from, times: 1 }))
      : [{ actor, place, symbol, times: 1 }],
  );
}

const isAt = (one: Stage, other: Stage): boolean =>
  one.place === other.place && one.symbol === other.symbol && one.from === other.from;

/** How often an actor comes into a function of the model on its way to a stop. */
function entered(stops: readonly Stop[], name: string | undefined): number {
  if (name === undefined) return 0;
  const isIn = stops.map((stop) => namesOf(stop).includes(name));
  return isIn.filter((is, i) => is && i > 0 && !isIn[i - 1]).length;
}

/**
 * How often an actor passes a place. Two points in a row that are at the same one, such as where a function has ended and where its caller
 * takes a lock, are passed together.
 */
function passes(stops: readonly Stop[], passed: readonly (readonly Stage[])[], stage: Stage): number {
  const isThere = passed.map((stages) => stages.some((one) => isAt(one, stage)));
  const isTogether = (i: number): boolean => isThere[i - 1] === true && stops[i - 1]?.point !== stops[i]?.point;
  return isThere.filter((is, i) => is && !isTogether(i)).length;
}

/** A place that is passed before has to be counted, and then it matters that the kernel does what the model does. */
const COUNTED = 8;
/** Who stands under a spin lock keeps a CPU busy and its interrupts waiting. */
const SPINNING = 2;
/** To stop later takes locks that the others may want. */
const LATER = 0.5;

const SPIN_LOCKS = /\b(ptl|pageTableLock|subscriptions|devicePages)\b/;

/** All stages that come to the same as the stop of a stretch. */
function choicesOf({ actor, stops, length }: StretchStops): Stage[] {
  const passed = stops.map((stop) => stagesAt(actor, stop));
  const rated = stops.flatMap(({ isSame, holds }, i) => {
    if (!isSame) return [];
    const away =
      Math.abs(i + 1 - length) + (i + 1 > length ? LATER : 0) + (holds.some((name) => SPIN_LOCKS.test(name)) ? SPINNING : 0);
    return (passed[i] as Stage[]).map((stage, rank) => {
      const until = i + 1;
      const times =
        passes(stops.slice(0, until), passed.slice(0, until), stage) +
        entered(stops.slice(0, until), calledOnEntering[stage.symbol ?? '']);
      return { stage: { ...stage, times }, cost: away + (times > 1 ? COUNTED : 0) + rank / 100 };
    });
  });
  return rated.sort((one, other) => one.cost - other.cost).map(({ stage }) => stage);
}

const MOST_NAMES = 4;

function whereText(stop: Stop): string {
  const names = namesOf(stop).filter((name) => name !== '');
  return names.length === 0 ? `at ${stop.point}` : `at ${stop.point}, in ${names.slice(0, MOST_NAMES).join(' < ')}`;
}

/**
 * The segments of a schedule: each stretch but the last, at whose end the rule breaks; then each actor goes on to its end, that of the
 * last stretch first. What it does after the rule is broken may take a lock that another one holds, who then goes on, too.
 *
 * @throws UsageError, one sentence, for a stop that no place of a kernel comes to.
 */
export function planOf({ stretches }: Stops): Segment[] {
  const last = stretches.at(-1);
  const segments = stretches.slice(0, -1).map((stretch): Segment => {
    const { actor, stops, length } = stretch;
    const stop = stops[length - 1] as Stop;
    const where = whereText(stop);
    const choices = stop.point === 'done' ? [{ actor, place: 'done', times: 1 } as const] : choicesOf(stretch);
    if (choices.length === 0)
      throw new UsageError(
        `the schedule cannot be taken to a kernel: no function begins or ends where ${actor} stops ${where}, nor nearby`,
      );
    return { actor, choices, where };
  });
  const done = new Set(segments.filter(({ choices }) => choices[0]?.place === 'done').map(({ actor }) => actor));
  const actors = [...new Set([...(last === undefined ? [] : [last.actor]), ...stretches.map(({ actor }) => actor)])];
  const ends = actors.filter((actor) => !done.has(actor));
  return [
    ...segments,
    ...ends.map((actor): Segment => ({ actor, choices: [{ actor, place: 'ends', times: 1 }], where: 'at done' })),
  ];
}

/**
 * The segments with the choices that a kernel has.
 *
 * @param how how it is probed, for the sentence that says that it has none.
 * @throws UsageError when it has none for one of them.
 */
export async function possible(
  segments: readonly Segment[],
  has: (stage: Stage) => Promise<boolean>,
  how = '',
): Promise<Segment[]> {
  const found: Segment[] = [];
  for (const segment of segments) {
    const choices: Stage[] = [];
    for (const stage of segment.choices) {
      if (choices.length === MOST_CHOICES) break;
      if (isEnd(stage) || (await has(stage))) choices.push(stage);
    }
    if (choices.length === 0) {
      const named = [...new Set(segment.choices.map(({ symbol }) => symbol))].slice(0, 3).join(', ');
      throw new UsageError(
        `${segment.actor} stops ${segment.where}, and this kernel has no such place that can be probed${how}: it would be ${named}`,
      );
    }
    found.push({ ...segment, choices });
  }
  return found;
}
