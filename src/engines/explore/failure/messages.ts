/** Messages of the model, which knows actors by number and one place only, with names and both places. */
import { LOCK_CLASSES } from '../../../arena/config.ts';
import { lockClasses } from '../../../sync/lockClass.ts';
import type { Executor } from '../machine/execution.ts';
import type { Failure } from '../machine/failure.ts';
import { watchSteps } from './source.ts';

/** `actor 0` is what the model says. The one that sets up has the number after the last. */
const withNames = (executor: Executor, message: string): string =>
  message.replace(/\bactor (\d+)\b/g, (text, digits: string) => {
    const actor = Number(digits);
    if (actor === executor.count) return 'the set-up';
    return actor < executor.count ? executor.nameOf(actor) : text;
  });

/** A lock class was taken while one of another was held, for the first time. */
interface Edge {
  readonly takes: number;
  readonly holds: number;
  /** Steps made before; -1 in the set-up. */
  readonly step: number;
}

/** Lock orders as they come up in a schedule, the set-up's first. */
function edgesOf(executor: Executor, schedule: readonly number[]): Edge[] {
  const { arena } = executor;
  const edges: Edge[] = [];
  const known = new Int32Array(LOCK_CLASSES);
  const look = (step: number): void => {
    for (let takes = 0; takes < LOCK_CLASSES; takes++) {
      const mask = arena.words[arena.lockOrder + takes] as number;
      for (let fresh = mask & ~(known[takes] as number); fresh !== 0; fresh &= fresh - 1)
        edges.push({ takes, holds: 31 - Math.clz32(fresh & -fresh), step });
      known[takes] = mask;
    }
  };
  executor.reset();
  look(-1);
  for (const [step, actor] of schedule.entries()) {
    const failure = executor.step(actor);
    look(step);
    if (failure !== null) break;
  }
  return edges;
}

/** The orders that lead from `holds` back to `takes`, each with the next; empty if none do. */
function wayBack(edges: readonly Edge[], { takes, holds }: Edge): Edge[] {
  const came = new Map<number, Edge>();
  const pending = [holds];
  for (const at of pending) {
    for (const edge of edges) {
      if (edge.takes !== at || came.has(edge.holds) || edge.holds === holds) continue;
      came.set(edge.holds, edge);
      pending.push(edge.holds);
    }
  }
  const way: Edge[] = [];
  for (let at = takes; at !== holds; ) {
    const edge = came.get(at);
    if (edge === undefined) return [];
    way.unshift(edge);
    at = edge.takes;
  }
  return way;
}

/** A circle of lock orders that the last step closes: who takes what while holding what, and where. Null if there is none. */
function lockOrder(executor: Executor, schedule: readonly number[]): string | null {
  const edges = edgesOf(executor, schedule);
  const last = edges.filter(({ step }) => step === schedule.length - 1);
  const earlier = edges.filter((edge) => !last.includes(edge));
  const closing = last.find((edge) => wayBack(earlier, edge).length > 0);
  if (closing === undefined) return null;
  const className = (cls: number): string => lockClasses[cls]?.name ?? `class ${cls}`;
  const [now, ...others] = [closing, ...wayBack(earlier, closing)].map(({ takes, holds, step }, i) => {
    const [takesText, holdsText] = [className(takes), className(holds)];
    if (step === -1) return `the set-up took ${takesText} while it held ${holdsText}`;
    const name = executor.nameOf(schedule[step] as number);
    const source = watchSteps(executor.scenario, schedule, step, 1)[0]?.source;
    const where = `(step ${step + 1}${source == null ? '' : `, ${source}`})`;
    return i === 0
      ? `${name} takes ${takesText} while it holds ${holdsText} ${where}`
      : `${name} took ${takesText} while it held ${holdsText} ${where}`;
  });
  return `lock order: ${now}; ${others.join(', and ')}`;
}

/** The message of a failure, with names; of a lock order with both places. `schedule` leads to it. */
export function messageOf(executor: Executor, { message, rule }: Failure, schedule: readonly number[]): string {
  const both = rule === 'I-LOCK' && message.startsWith('lock order') ? lockOrder(executor, schedule) : null;
  return both ?? withNames(executor, message);
}
