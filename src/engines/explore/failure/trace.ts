/** What happens in an execution, stretch by stretch: steps that one actor makes in a row. */

import { get } from '../../../arena/access.ts';
import { liveObjects } from '../../../arena/pool.ts';
import { serialGet, serialText } from '../../../arena/serials.ts';
import { Mirror, Mm, Subscriptions } from '../../../arena/structures.ts';
import { describePte } from '../../../mm/table/pte.ts';
import { forEachEntry } from '../../../mm/table/tables.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import type { Task } from '../../../sync/task.ts';
import type { Executor } from '../machine/execution.ts';
import type { Outcome, Round } from '../machine/failure.ts';
import { conclude } from '../search/conclude.ts';
import { type Part, pointName } from './namedSchedule.ts';

/** What has happened in one stretch. */
export interface Stretch extends Part {
  /** Number of its first step, and how many there are. */
  readonly from: number;
  readonly steps: number;
  /** Locks the actor holds then, outermost first. */
  readonly holds: readonly string[];
  /** The machine then: CPU entries, device entries, sequences. */
  readonly state: string;
}

/** CPU entries, device entries and the sequence, in a line. */
function stateOf({ arena }: Executor): string {
  const parts: string[] = [];
  liveObjects(arena, arena.pools.mm).forEach((mm, i) => {
    if (get(arena, mm + Mm.users) === 0) return;
    forEachEntry(arena, get(arena, mm + Mm.pgd), (vpn, pte) =>
      parts.push(`${i === 0 ? 'cpu' : `child${i}`}[${vpn}]=${describePte(pte)}`),
    );
  });
  liveObjects(arena, arena.pools.mirror).forEach((mirror, i) => {
    forEachEntry(arena, get(arena, mirror + Mirror.table), (vpn, entry) => {
      const rights = (entry & 4) !== 0 ? ' atomic' : (entry & 2) !== 0 ? ' W' : '';
      parts.push(`dev${i + 1}[${vpn}]=${entry >>> 12}${rights}`);
    });
  });
  for (const subs of liveObjects(arena, arena.pools.subscriptions)) {
    parts.push(
      `seq=${serialText(serialGet(arena, subs + Subscriptions.invalidateSeq))} open=${get(arena, subs + Subscriptions.active)}`,
    );
  }
  return parts.join('  ');
}

export interface Trace {
  /** Of all steps; with a round, of those before it and of the round once. */
  readonly stretches: Stretch[];
  /** The whole of the schedule. */
  readonly parts: Part[];
  readonly outcome: Outcome;
}

/** Runs a schedule again and tells what happened. */
export function trace(executor: Executor, schedule: ArrayLike<number>, round?: Round): Trace {
  const [start, end] = round === undefined ? [-1, schedule.length] : [round.start, round.start + round.length];
  const stretches: Stretch[] = [];
  const parts: Part[] = [];
  let outcome: Outcome = null;
  executor.reset();
  for (let step = 0; step < schedule.length && outcome === null; ) {
    const actor = schedule[step] as number;
    const visits = new Map<number, number>();
    let from = step;
    const stretch = (): void => {
      const at = executor.at[actor] as number;
      const part = { actor: executor.nameOf(actor), at: pointName(at), visit: visits.get(at) ?? 1 };
      if (step > end || step === from) return;
      const holds = heldLocks(executor.arena, (executor.tasks[actor] as Task).actor);
      stretches.push({ ...part, from, steps: step - from, holds, state: stateOf(executor) });
      from = step;
    };
    while (step < schedule.length && schedule[step] === actor && outcome === null) {
      outcome = executor.step(actor);
      const place = executor.at[actor] as number;
      visits.set(place, (visits.get(place) ?? 0) + 1);
      step++;
      if (step === start || step === end) stretch();
    }
    stretch();
    const at = executor.at[actor] as number;
    parts.push({ actor: executor.nameOf(actor), at: pointName(at), visit: visits.get(at) ?? 1 });
  }
  return { stretches, parts, outcome: outcome ?? conclude(executor) };
}
