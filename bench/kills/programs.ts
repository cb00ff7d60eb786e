/** The programs that a change of the model is tried in, and which functions of the model each of them runs. */
import { Session } from 'node:inspector';
import { builtinDriver } from '../../src/drivers/registry.ts';
import { executorOf } from '../../src/engines/explore/machine/executorOf.ts';
import { scenarioNamed, scenarios } from '../../src/engines/explore/plan/catalogue.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import { abilitiesOf } from '../../src/programs/matrix/abilities.ts';
import { cellsOf } from '../../src/programs/matrix/cells.ts';

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
  /** Functions by their numbers: `MODULE NAME`. */
  readonly functions: readonly string[];
  readonly programs: readonly Ran[];
  /** Lines of each module that something runs. */
  readonly lines: Readonly<Record<string, readonly number[]>>;
}

/** Cells of the matrix with a driver, or the scenarios of the lab. */
export function namesOf(what: 'cells' | 'scenarios', driver: string): string[] {
  if (what === 'scenarios') return scenarios().map(({ name }) => name);
  const known = builtinDriver(driver);
  if (known === undefined) throw new Error(`there is no driver '${driver}'`);
  const programs = cellsOf({ actors: 2, can: abilitiesOf(known) }).map(({ program }) => program);
  return driver === 'dmirror' ? programs : programs.map((program) => `${program}@${driver}`);
}

/** Longest search of one program: what it runs shows at once. */
const MOST_MS = 80;

interface Range {
  readonly startOffset: number;
  readonly endOffset: number;
  readonly count: number;
}

interface Covered {
  readonly url: string;
  readonly functions: readonly { readonly functionName: string; readonly ranges: readonly Range[] }[];
}

/** V8's coverage, from one call to the next. */
class Coverage {
  readonly #session = new Session();

  constructor(detailed: boolean) {
    this.#session.connect();
    this.#post('Profiler.enable');
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed });
  }

  take(): readonly Covered[] {
    return (this.#post('Profiler.takePreciseCoverage') as { readonly result: readonly Covered[] }).result;
  }

  end(): void {
    this.#session.disconnect();
  }

  #post(method: string, params: object = {}): unknown {
    let answer: unknown;
    this.#session.post(method, params, (error, result) => {
      if (error !== null) throw error;
      answer = result;
    });
    return answer;
  }
}

/** Module of the model that a URL is of; null for what only uses it. */
function moduleOf(url: string): string | null {
  const [, module] = /\/dist\/stepped\/src\/(.*)\.js$/.exec(url) ?? [];
  return module === undefined || /^(engines|programs|scenarios|cli|library|report)\//.test(module) ? null : module;
}

/** Searches with at most one preemption. Does it break a rule? */
function tried(name: string, begin: () => void): boolean {
  const executor = executorOf(scenarioNamed(name));
  begin();
  return [0, 1].some((preemptions) => {
    const until = Date.now() + MOST_MS;
    return search(executor, { preemptions, enough: () => Date.now() > until }).failure !== null;
  });
}

/** Runs all of them, with at most one preemption. What sets them up does not count. */
export function ranBy(names: readonly string[]): Omit<RanAll, 'lines'> {
  const numbers = new Map<string, number>();
  const coverage = new Coverage(false);
  const programs = names.map((name): Ran => {
    const began = Date.now();
    const breaks = tried(name, () => coverage.take());
    const ms = Date.now() - began;
    const functions = coverage.take().flatMap(({ url, functions: all }) => {
      const module = moduleOf(url);
      if (module === null) return [];
      return all.flatMap(({ functionName, ranges: [whole] }) => {
        if (whole === undefined || whole.count === 0 || functionName === '') return [];
        const key = `${module} ${functionName}`;
        if (!numbers.has(key)) numbers.set(key, numbers.size);
        return [numbers.get(key) as number];
      });
    });
    return { name, ms, breaks, functions: [...new Set(functions)] };
  });
  coverage.end();
  return { functions: [...numbers.keys()], programs };
}

/** Lines of a text that were run: where the first letter of the line is in no range that was not. */
function linesRun(text: string, { functions }: Covered): number[] {
  const run = new Uint8Array(text.length);
  const ranges = functions.flatMap((one) => one.ranges);
  for (const { startOffset, endOffset, count } of ranges.sort(
    (a, b) => a.startOffset - b.startOffset || b.endOffset - a.endOffset,
  ))
    run.fill(count > 0 ? 1 : 0, startOffset, endOffset);
  let at = 0;
  return text.split('\n').flatMap((line, i) => {
    const first = at + line.search(/\S/);
    at += line.length + 1;
    return line.trim() !== '' && run[first] === 1 ? [i + 1] : [];
  });
}

/** Lines of the model that some of them run; `textOf` gives the text of a module as it was loaded. */
export function linesRunBy(names: readonly string[], textOf: (module: string) => string): RanAll['lines'] {
  const coverage = new Coverage(true);
  for (const name of names) tried(name, () => {});
  const lines = coverage.take().flatMap((one) => {
    const module = moduleOf(one.url);
    return module === null ? [] : [[module, linesRun(textOf(module), one)] as const];
  });
  coverage.end();
  return Object.fromEntries(lines);
}

/** A program without its set-up: two actors, whatever they begin from. */
const pairOf = (name: string): string => name.replace(/^given [^;]*;/, '').replace(/@\S*$/, '');

/**
 * Programs that run something that was changed, of which `wanted` has the functions by change. Likely ones first: those that run most
 * of the changes, then those that have found something before, then each pair of operations from one state before any comes again from
 * another one; the quickest first.
 */
export function inOrder(
  { functions, programs }: Omit<RanAll, 'lines'>,
  wanted: readonly ReadonlySet<string>[],
  found: ReadonlyMap<string, number>,
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
  return ranked.sort((a, b) => b.run - a.run || a.rank - b.rank).map(({ name }) => name);
}
