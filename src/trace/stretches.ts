/** The order in which the threads of a race went on: stretches of what was seen of one, until another one was seen. */
import type { Race } from './race.ts';
import type { Moment, Step } from './threads.ts';

/** What is seen of a thread: a function, or an operation of its column that begins or ends. */
export type Sight = Moment &
  ({ readonly kind: 'step'; readonly step: Step } | { readonly kind: 'begin' | 'end'; readonly operation: number });

export interface Stretch {
  readonly actor: string;
  readonly sights: readonly Sight[];
  /** The actor has done all at its end. */
  readonly isLast: boolean;
}

/** All that is seen of a column, in order. */
const sightsOf = (column: Race['columns'][number]): Sight[] =>
  column.flatMap(({ from, until, steps }, operation): Sight[] => [
    { ...from, kind: 'begin', operation },
    ...steps.map((step): Sight => ({ at: step.at, line: step.line, kind: 'step', step })),
    { ...until, kind: 'end', operation },
  ]);

/** The stretches of a race, in the order of the trace. */
export function stretchesOf(race: Race, actors: ReadonlyMap<number, string>): Stretch[] {
  const all = race.columns.flatMap((column) => {
    const actor = actors.get(column[0]?.pid ?? 0);
    return actor === undefined ? [] : sightsOf(column).map((sight) => ({ actor, sight }));
  });
  // What one event tells of a thread stays in its order.
  all.sort((one, other) => one.sight.at - other.sight.at);
  const stretches: { actor: string; sights: Sight[] }[] = [];
  for (const { actor, sight } of all) {
    const last = stretches.at(-1);
    if (last?.actor === actor) last.sights.push(sight);
    else stretches.push({ actor, sights: [sight] });
  }
  return stretches.map((stretch, i) => ({
    ...stretch,
    isLast: !stretches.slice(i + 1).some(({ actor }) => actor === stretch.actor),
  }));
}
