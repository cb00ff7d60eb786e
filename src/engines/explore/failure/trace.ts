/** A failing execution as a table: a column for each actor, a row for each stretch of steps that one of them made. */
import { get } from '../../../arena/access.ts';
import { liveObjects } from '../../../arena/pool.ts';
import { Mirror, Mm, Subscriptions } from '../../../arena/structures.ts';
import { describePte } from '../../../mm/pte.ts';
import { forEachEntry } from '../../../mm/tables.ts';
import { heldLocks } from '../../../sync/lockdep.ts';
import type { Task } from '../../../sync/task.ts';
import type { Executor, Outcome } from '../machine/execution.ts';
import { pointName } from './namedSchedule.ts';

/** One stretch. */
export interface Stretch {
  readonly actor: string;
  /** Number of its first step, and how many there are. */
  readonly from: number;
  readonly steps: number;
  /** Where the actor stands afterwards. */
  readonly at: string;
  /** How often it has come to that point in this stretch. */
  readonly visit: number;
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
    parts.push(`seq=${get(arena, subs + Subscriptions.invalidateSeq)} open=${get(arena, subs + Subscriptions.active)}`);
  }
  return parts.join('  ');
}

/** Runs a schedule again and tells what happened. */
export function trace(
  executor: Executor,
  schedule: ArrayLike<number>,
): { readonly stretches: Stretch[]; readonly outcome: Outcome } {
  const stretches: Stretch[] = [];
  let outcome: Outcome = null;
  executor.reset();
  for (let step = 0; step < schedule.length && outcome === null; ) {
    const actor = schedule[step] as number;
    const from = step;
    const visits = new Map<number, number>();
    while (step < schedule.length && schedule[step] === actor && outcome === null) {
      outcome = executor.step(actor);
      const place = executor.at[actor] as number;
      visits.set(place, (visits.get(place) ?? 0) + 1);
      step++;
    }
    const at = executor.at[actor] as number;
    stretches.push({
      actor: executor.nameOf(actor),
      from,
      steps: step - from,
      at: pointName(at),
      visit: visits.get(at) ?? 1,
      holds: heldLocks(executor.arena, (executor.tasks[actor] as Task).actor),
      state: stateOf(executor),
    });
  }
  return { stretches, outcome: outcome ?? executor.conclude() };
}

/** A cell for each column, as wide as the widest. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] as readonly string[]).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const pad = (cell: string, i: number): string =>
    i === 0 ? cell.padStart(widths[i] as number) : cell.padEnd(widths[i] as number);
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}

/** The table, as lines. With `chances`, the share of random continuations that fail, by the number of steps made. */
export function table(
  executor: Executor,
  stretches: readonly Stretch[],
  chances: ReadonlyMap<number, number> | null = null,
): string[] {
  const isThere = (name: string): boolean => stretches.some(({ actor }) => actor === name);
  const names = Array.from({ length: executor.count }, (_, i) => executor.nameOf(i)).filter(isThere);
  const fails = ({ from, steps }: Stretch): string[] => {
    if (chances === null) return [];
    const chance = chances.get(from + steps);
    return [chance === undefined ? '' : `${Math.round(100 * chance)} %`];
  };
  return aligned([
    ['step', ...names, 'holds', ...(chances === null ? [] : ['fails']), 'afterwards'],
    ...stretches.map((stretch) => [
      String(stretch.from + 1),
      ...names.map((name) => (stretch.actor === name ? `${stretch.steps} to ${stretch.at}` : '')),
      stretch.holds.join(' '),
      ...fails(stretch),
      stretch.state,
    ]),
  ]);
}
