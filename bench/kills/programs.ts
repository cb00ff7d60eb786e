/** The programs that a change of the model is tried in, and which functions of the model each of them runs. */
import { builtinDriver } from '../../src/drivers/registry.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { longScenarios, scenarioNamed, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { abilitiesOf } from '../../src/programs/matrix/abilities.ts';
import { cellsOf } from '../../src/programs/matrix/cells.ts';
import { bothIdle, type Coverage, type Stretch } from './coverage.ts';

/** A program, or a scenario, with what it runs. */
export interface Ran {
  readonly name: string;
  /** How long it took, with at most one preemption. */
  readonly ms: number;
  /** It breaks a rule as it is, and shows nothing of a change. */
  readonly breaks: boolean;
  /** Numbers of functions. */
  readonly functions: readonly number[];
}

export interface RanAll {
  /** Hash of the code that was run. */
  readonly code: string;
  /** Functions by their numbers: `MODULE NAME`. */
  readonly functions: readonly string[];
  readonly programs: readonly Ran[];
  /** Of each module that something runs: the stretches of its code that nothing does, by their offsets. */
  readonly idle: Readonly<Record<string, readonly Stretch[]>>;
}

/** Cells of the matrix with a driver, or the scenarios of the lab. */
export function namesOf(what: 'cells' | 'scenarios', driver: string): string[] {
  if (what === 'scenarios') return [...scenarios(), ...longScenarios()].map(({ name }) => name);
  const known = builtinDriver(driver);
  if (known === undefined) throw new Error(`there is no driver '${driver}'`);
  const programs = cellsOf({ actors: 2, can: abilitiesOf(known) }).map(({ program }) => program);
  return driver === 'dmirror' ? programs : programs.map((program) => `${program}@${driver}`);
}

/** Longest search of one program: what it runs shows at once. */
const MOST_MS = 80;

/** Searches with at most one preemption. Does it break a rule? */
function tried(name: string, begin: () => void): boolean {
  const executor = executorOf(scenarioNamed(name));
  begin();
  return [0, 1].some((preemptions) => {
    const until = Date.now() + MOST_MS;
    return search(executor, { preemptions, enough: () => Date.now() > until }).failure !== null;
  });
}

/** Runs `names`, with at most one preemption, in addition to what was run before. What sets them up does not count. */
export function moreRan(before: RanAll, names: readonly string[], coverage: Coverage): RanAll {
  const numbers = new Map(before.functions.map((name, number) => [name, number]));
  const numberOf = (name: string): number => {
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    return number;
  };
  const programs = names.map((name): Ran => {
    const began = Date.now();
    const breaks = tried(name, () => coverage.forget());
    const ms = Date.now() - began;
    return { name, ms, breaks, functions: [...new Set(coverage.functionsRun().map(numberOf))] };
  });
  const idle: Record<string, readonly Stretch[]> = coverage.idle();
  for (const [module, stretches] of Object.entries(before.idle))
    idle[module] = idle[module] === undefined ? stretches : bothIdle(idle[module], stretches);
  return { ...before, functions: [...numbers.keys()], programs: [...before.programs, ...programs], idle };
}

/** A program without its set-up: two actors, whatever they begin from. */
const pairOf = (name: string): string => name.replace(/^given [^;]*;/, '').replace(/@\S*$/, '');

/** What helps to find something. */
export interface Hints {
  /** How often each program has found something. */
  readonly found: ReadonlyMap<string, number>;
  /** Programs that have found this very thing before. */
  readonly first: readonly string[];
}

/**
 * Programs that have found it before, and then those that run something that was changed, of which `wanted` has the functions by change. Likely ones first: those that run most
 * of the changes, then those that have found something before, then each pair of operations from one state before any comes again from
 * another one; the quickest first.
 */
export function inOrder(
  { functions, programs }: Omit<RanAll, 'idle'>,
  wanted: readonly ReadonlySet<string>[],
  { found, first }: Hints,
): string[] {
  const changes = wanted.map((names) => new Set(functions.flatMap((name, i) => (names.has(name) ? [i] : []))));
  const hits = programs
    .map((program) => ({
      ...program,
      run: changes.filter((numbers) => program.functions.some((one) => numbers.has(one))).length,
    }))
    .filter(({ breaks, run }) => !breaks && run > 0)
    .sort((a, b) => a.ms - b.ms);
  const times = new Map<string, number>();
  const ranked = hits.map(({ name, run }) => {
    const pair = pairOf(name);
    const before = times.get(pair) ?? 0;
    times.set(pair, before + 1);
    return { name, run, rank: before - 1000 * (found.get(name) ?? 0) };
  });
  const likely = ranked.sort((a, b) => b.run - a.run || a.rank - b.rank);
  const before = programs.filter(({ name }) => first.includes(name));
  return [...new Set([...before, ...likely].map(({ name }) => name))];
}
