/** Where in the sources a step is made, and what it looks at. */
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Prepared, Scenario, Script } from '../../../scenarios/kit/scenario.ts';
import { Executor } from '../machine/execution.ts';
import type { Budget } from './budget.ts';

/** Where the tree lies that runs: this module is in `src/engines/explore/failure` of it. */
const tree = fileURLToPath(new URL('../../../../', import.meta.url));

/** Parts of the tree that do what they do for somebody else. The scenarios are not among them: their operations have accesses too. */
const MACHINERY = /^(workers|node_modules|src\/(arena|sync|steps|engines|cli|userModules))\b/;

/** `at name (file:///path/src/mm/zap.ts:31:5)` */
const FRAME = /^at (?:(.*) \()?(?:file:\/\/)?(\/.*?):(\d+):\d+\)?$/;

/**
 * The file of a frame: for one of the tree its source, whose line numbers a built module has, from `src` on; from the current
 * directory for another.
 */
function shownFile(file: string): string {
  if (file.startsWith(tree)) return file.slice(tree.length).replace(/\.js$/, '.ts');
  const way = relative(process.cwd(), file);
  return way.startsWith('..') ? file : way;
}

/** `*A.next`, `Object.invalidate [as x]`: what the function is called; nothing for one without a name. */
function shownFunction(name: string | undefined): string {
  const bare = name
    ?.replace(/^(async |new )/, '')
    .replace(/ \[as .*\]$/, '')
    .replace(/\.next$/, '')
    .replace(/^(Object\.|\*)/, '');
  return bare === undefined || bare === '' || bare.includes('<anonymous>') ? '' : ` (${bare})`;
}

/** The innermost frames that are no machinery: file, line and function of at most so many. */
export function placesIn(stack: string, most: number, machinery = MACHINERY): string[] {
  const places: string[] = [];
  for (const line of stack.split('\n')) {
    const [, name, file, number] = FRAME.exec(line.trim()) ?? [];
    if (file === undefined || places.length === most) continue;
    const shown = shownFile(decodeURI(file));
    if (!machinery.test(shown)) places.push(`${shown}:${number}${shownFunction(name)}`);
  }
  return places;
}

/** What a step has touched. */
export interface Watched {
  /**
   * File, line and function of its first write, or of its first read if it writes nothing. Null for a step that touches nothing shared.
   */
  readonly source: string | null;
  readonly reads: ReadonlySet<number>;
  readonly writes: ReadonlySet<number>;
}

/**
 * Watches `count` steps of a schedule, from number `from` on, as the generators make them. Fewer if a rule breaks, or the budget is
 * over.
 */
export function watchSteps(
  scenario: Scenario,
  schedule: readonly number[],
  from: number,
  count: number,
  budget: Budget | null = null,
): Watched[] {
  let armed = false;
  let [read, written]: (string | null)[] = [null, null];
  let [reads, writes] = [new Set<number>(), new Set<number>()];
  const limit = Error.stackTraceLimit;
  const witness = (isWrite: boolean, word: number): void => {
    if (!armed) return;
    const touched = isWrite ? writes : reads;
    touched.add(word);
    if (written !== null || (!isWrite && read !== null)) return;
    const found = placesIn(new Error('here').stack ?? '', 1)[0] ?? null;
    if (isWrite) written = found;
    else read = found;
  };
  const watched: Watched[] = [];
  Error.stackTraceLimit = 50;
  try {
    const executor = new Executor(scenario, null, { recorded: false, witness });
    executor.reset();
    for (let step = 0; step < Math.min(from + count, schedule.length); step++) {
      if (step % 64 === 0 && budget?.isOver) break;
      armed = step >= from;
      [read, written] = [null, null];
      [reads, writes] = [new Set(), new Set()];
      const failure = executor.step(schedule[step] as number);
      if (armed) watched.push({ source: written ?? read, reads, writes });
      if (failure !== null) break;
    }
  } finally {
    Error.stackTraceLimit = limit;
  }
  return watched;
}

/**
 * Does the schedule fail by what an operation of the scenario itself demands, and not by a check of the model's? That shows in the
 * place where the error is thrown.
 */
export function isOwnDemand(scenario: Scenario, schedule: readonly number[]): boolean {
  let thrown: unknown;
  const watched = (operation: Script['operations'][number]): Script['operations'][number] =>
    function* (task) {
      try {
        return yield* operation(task);
      } catch (error) {
        thrown = error;
        throw error;
      }
    };
  const prepare = (): Prepared => {
    const prepared = scenario.prepare();
    const actors = prepared.actors.map((actor) => ({ ...actor, operations: actor.operations.map(watched) }));
    return { ...prepared, actors };
  };
  const executor = new Executor({ ...scenario, prepare }, null, { recorded: false });
  executor.reset();
  for (const actor of schedule) if (executor.step(actor) !== null) break;
  const file = thrown instanceof Error ? thrownIn(thrown.stack ?? '') : null;
  return file !== null && (file.startsWith('src/scenarios/') || !file.startsWith('src/'));
}

/** The file whose code has thrown an error. */
function thrownIn(stack: string): string | null {
  for (const line of stack.split('\n')) {
    const file = FRAME.exec(line.trim())?.[2];
    const shown = file === undefined ? null : shownFile(decodeURI(file));
    if (shown !== null && !/^src\/arena\/violation\b/.test(shown)) return shown;
  }
  return null;
}
