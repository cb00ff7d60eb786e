/**
 * A schedule by named points: `D@lock#2 A@done D@setPte`. Each part is a stretch of steps by one actor: it goes on until it
 * stands at the point, for the second time in the stretch where `#2` is added. Steps that an edit of the model adds or drops in
 * between do not matter, as long as the points are still passed.
 */

import { UsageError } from '../../../input/usageError.ts';
import { points } from '../../../steps/points.ts';
import { DONE, type Executor } from '../machine/execution.ts';

const DONE_NAME = 'done';

export const pointName = (at: number): string => (at === DONE ? DONE_NAME : (points[at]?.name ?? '?'));

/** A stretch of steps by one actor, up to a point. */
export interface Part {
  readonly actor: string;
  /** Where the actor stands afterwards. */
  readonly at: string;
  /** How often it has come to that point in this stretch. */
  readonly visit: number;
}

/** `D@lock#2 A@done ...` */
export const readable = (parts: readonly Part[]): string =>
  parts.map(({ actor, at, visit }) => `${actor}@${at}${visit > 1 ? `#${visit}` : ''}`).join(' ');

/** A part with the number of its actor. */
type Wanted = Omit<Part, 'actor'> & { readonly actor: number };

function parse(executor: Executor, text: string): Wanted[] {
  const names = Array.from({ length: executor.count }, (_, i) => executor.nameOf(i));
  return text
    .trim()
    .split(/\s+/)
    .map((part) => {
      const match = /^(.+)@([A-Za-z]\w*)(?:#([1-9]\d{0,4}))?$/.exec(part);
      if (match === null) throw new UsageError(`'${part}' is no part of a schedule, one looks like D@lock or D@lock#2`);
      const [, name = '', at = '', visit = '1'] = match;
      const actor = names.indexOf(name);
      if (actor === -1)
        throw new UsageError(`'${part}' names no actor of ${executor.scenario.name}, they are ${names.join(', ')}`);
      if (at !== DONE_NAME && !points.some((point) => point.name === at)) {
        throw new UsageError(`'${part}' names no point (hmm-lab windows lists them)`);
      }
      return { actor, at, visit: Number(visit) };
    });
}

/**
 * The schedule that the text describes, from the beginning; it ends early where a rule breaks.
 *
 * @throws UsageError when the text is none, or cannot be followed: it says which part, and why.
 */
export function followNamed(executor: Executor, text: string): number[] {
  const parts = parse(executor, text);
  executor.reset();
  for (const [number, { actor, at, visit }] of parts.entries()) {
    for (let visits = 0; visits < visit; ) {
      if (!executor.canRun(actor) || executor.steps >= executor.limit) {
        const now =
          executor.at[actor] === DONE ? 'it is done' : `it cannot go on from ${pointName(executor.at[actor] as number)}`;
        const wanted = `${executor.nameOf(actor)}@${at}${visit > 1 ? `#${visit}` : ''}`;
        throw new UsageError(`the schedule cannot be followed to ${wanted}, part ${number + 1}: ${now}`);
      }
      if (executor.step(actor) !== null) return [...executor.schedule.subarray(0, executor.steps)];
      if (pointName(executor.at[actor] as number) === at) visits++;
    }
  }
  return [...executor.schedule.subarray(0, executor.steps)];
}
