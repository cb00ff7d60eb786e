/** Holds the real explorer against the reference, on one program. */
import { explore } from '../../src/engines/explore/explore.ts';
import { Executor, type ExecutorOptions } from '../../src/engines/explore/machine/execution.ts';
import { forgetEnds } from '../../src/engines/explore/search/conclude.ts';
import type { SearchOptions, SearchResult } from '../../src/engines/explore/search/options.ts';
import { search } from '../../src/engines/explore/search/search.ts';
import type { PlaceCover } from '../../src/scenarios/kit/covers.ts';
import { asScenario, watch } from './asScenario.ts';
import { actorsOf, instructionsOf, masked, type Program } from './program.ts';
import { reference } from './reference.ts';
import type { Truth } from './truth.ts';

/** Most states of a program that is compared. */
const MOST_STATES = 12_000;

/** Most states where each step is made anew, and where it is on all ways: a generator is led to where the step begins every time. */
const MOST_UNRECORDED = 300;
const MOST_ON_ALL_WAYS = 150;

/** Bounds on preemptions that are tried one after another. */
const MOST_PREEMPTIONS = 3;

export interface Compared {
  /** What the two do not agree on, in a sentence; null when they agree. */
  readonly disagreement: string | null;
  /** Both have met all states. */
  readonly exhausted: boolean;
  readonly states: number;
  /** Rules that can be broken, and ways not to get on. */
  readonly found: readonly string[];
}

class Disagreement extends Error {}

function agree(holds: boolean, sentence: () => string): void {
  if (!holds) throw new Disagreement(sentence());
}

const listed = (names: Iterable<string>): string => [...names].sort().join(', ') || 'nothing';

/** Is the failure one that the reference knows, at this bound? */
function known(
  truth: Truth,
  failure: { readonly rule: string; readonly kind?: string; readonly message: string },
  how: string,
): void {
  agree(
    truth.rules.has(failure.rule),
    () => `${how}: ${failure.rule} (${failure.message}), which cannot be: ${listed(truth.rules.keys())} can`,
  );
  if (failure.kind !== undefined) {
    agree(truth.kinds.has(failure.kind), () => `${how}: ${failure.message}; it should be one of: ${listed(truth.kinds)}`);
  }
}

/** Far above what a program of this size needs. A search that needs more has gone astray, or tells too many states apart. */
const MOST = { executions: 200_000, states: 20_000, milliseconds: 60_000 };

/** The search was given up: nothing can be said. */
class GivenUp extends Error {}

function limited(): (executions: number, states: number) => boolean {
  const until = Date.now() + MOST.milliseconds;
  return (executions, states) => {
    if (executions > MOST.executions || states > MOST.states || Date.now() > until) throw new GivenUp();
    return false;
  };
}

/** A program under the explorer. Steps that one search has recorded are followed by the next one. */
class Explored {
  /** Shared words at the ends of executions that the last search has met. */
  readonly finals: Set<string>;
  readonly #executor: Executor;

  constructor(program: Program, { covers, ...options }: ExecutorOptions & { readonly covers?: readonly PlaceCover[] } = {}) {
    const { scenario, finals } = asScenario(program, covers === undefined ? {} : { covers });
    this.finals = finals;
    this.#executor = new Executor(scenario, watch, options);
  }

  search(options: Omit<SearchOptions, 'enough'>): SearchResult {
    this.finals.clear();
    forgetEnds(this.#executor);
    this.#executor.coverage.begin();
    return search(this.#executor, { ...options, enough: limited() });
  }

  /** How many covers the search of all interleavings reaches; null if it finds a failure. */
  reachedBy(leftOut: LeftOut): number | null {
    const { failure } = this.search({ preemptions: Number.POSITIVE_INFINITY, ...leftOut });
    return failure === null ? this.#executor.coverage.reached.length : null;
  }
}

/** With 0, 1, 2... preemptions: nothing below the fewest, and at the fewest a failure; the same ends of executions. */
function boundedSearches(explored: Explored, truth: Truth): void {
  const fewest = Math.min(...truth.rules.values());
  for (let bound = 0; bound <= MOST_PREEMPTIONS; bound++) {
    const how = `search within ${bound} preemptions`;
    const { failure, complete, cut } = explored.search({ preemptions: bound });
    if (failure === null) {
      agree(complete, () => `${how} does not come to its end`);
      // Where nothing was left out, more preemptions lead nowhere else; but a round may need one each time.
      const isAll = cut === 0;
      agree(
        bound < fewest && (!isAll || fewest === Number.POSITIVE_INFINITY),
        () => `${how}: nothing, ${cut} choices left out, and ${listed(truth.rules.keys())} needs ${fewest}`,
      );
      const right = [...truth.finals].filter(([, spent]) => isAll || spent <= bound).map(([memory]) => memory);
      sameFinals(right, explored.finals, how);
      if (isAll) return;
      continue;
    }
    known(truth, failure, how);
    const spent = truth.rules.get(failure.rule) as number;
    agree(
      failure.rule === 'I-PROG' || spent <= bound,
      () => `${how}: ${failure.rule} (${failure.message}), which needs ${spent}`,
    );
    return;
  }
}

function sameFinals(right: readonly string[], found: ReadonlySet<string>, how: string): void {
  const missing = right.filter((memory) => !found.has(memory));
  const foreign = [...found].filter((memory) => !right.includes(memory));
  agree(missing.length === 0, () => `${how}: executions that end with the words ${missing.join(' / ')} are not met`);
  agree(foreign.length === 0, () => `${how}: no execution ends with the words ${foreign.join(' / ')}`);
}

/** What is left out. */
type LeftOut = Omit<SearchOptions, 'preemptions' | 'enough'>;

/** And how steps are made. */
type How = ExecutorOptions & LeftOut;

/** Everything, and each reduction alone, and none of them. */
const ALL: How = {};
const NONE: How = { symmetry: false, quietFirst: false, orders: false };
const ORDERS: How = { ...NONE, orders: true };
const QUIET: How = { ...NONE, quietFirst: true };
const SYMMETRY: How = { ...NONE, symmetry: true };

const howText = ({ symmetry = true, quietFirst = true, orders = true, recorded = true, memory, ways }: How): string => {
  const off = [
    symmetry ? '' : 'every actor told apart',
    quietFirst ? '' : 'quiet steps made like others',
    orders ? '' : 'all orders',
    recorded ? '' : 'steps not recorded',
    memory === 'history' ? 'all that was read is remembered' : '',
    ways === true ? 'steps tried on all ways' : '',
  ];
  return ['search of all interleavings', ...off].filter((part) => part !== '').join(', ');
};

/** All interleavings. Returns the rule that was found. */
function wholeSearch(explored: Explored, truth: Truth, how: How): string | null {
  const { recorded, memory, ways, ...leftOut } = how;
  const { failure, complete, long } = explored.search({ preemptions: Number.POSITIVE_INFINITY, ...leftOut });
  if (failure !== null) {
    known(truth, failure, howText(how));
    return failure.rule;
  }
  agree(complete && long === 0, () => `${howText(how)} does not come to its end`);
  agree(truth.rules.size === 0, () => `${howText(how)}: nothing, and ${listed(truth.rules.keys())} can be broken`);
  sameFinals([...truth.finals.keys()], explored.finals, howText(how));
  return null;
}

/** Pairs of points of actors that are looked for as covers. */
const PLACES = ['setPte', 'call', 'wait', 'done'] as const;

/** What is reached must not depend on what is left out: of two actors each at a point, at the same time. */
function sameCovers(program: Program): void {
  const [one, other] = actorsOf(program);
  if (one === undefined || other === undefined) return;
  for (const [i, point] of PLACES.entries()) {
    const covers = [
      { actor: one.name, point, while: { actor: other.name, point: PLACES[(i * 2 + 1) % PLACES.length] as 'call' } },
    ];
    const explored = new Explored(program, { covers });
    const reached = [NONE, ORDERS, ALL].map((leftOut) => explored.reachedBy(leftOut));
    agree(
      reached.every((some) => some === reached[0]),
      () => `${one.name} at ${point} while ${other.name} is at ${covers[0]?.while.point}: ${reached.join(', ')}`,
    );
  }
}

const exploring = {
  strategy: 'search',
  seconds: 600,
  schedules: 1e9,
  preemptions: Number.POSITIVE_INFINITY,
  seed: 1,
  settings: {},
};

function exploration(truth: Truth, program: Program): void {
  const { verdict, basis, failure } = explore(asScenario(program).scenario, exploring);
  const how = `explore (${verdict}: ${basis})`;
  if (failure !== null) {
    known(truth, { rule: failure.oracle, message: failure.message }, how);
    const fewest = Math.min(...truth.rules.values());
    agree(
      !failure.minimal || failure.oracle === 'I-PROG' || failure.preemptions === fewest,
      () => `${how}: ${failure.oracle} with ${failure.preemptions} preemptions, said to be the fewest, which are ${fewest}`,
    );
  }
  agree((verdict === 'proved') === (truth.rules.size === 0), () => `${how}, and ${listed(truth.rules.keys())} can be broken`);
}

const hasTwins = ({ actors }: Program): boolean => actors.some(({ copies }) => copies > 1);

/** One program, without the checks of those rules that were found before: by searches that follow each other in one executor. */
function compareOnce(program: Program, truth: Truth): string | null {
  const explored = new Explored(program);
  const found = wholeSearch(explored, truth, ALL);
  boundedSearches(explored, truth);
  wholeSearch(explored, truth, ORDERS);
  if (hasTwins(program)) wholeSearch(explored, truth, { symmetry: false });
  return found;
}

/**
 * In every way there is, each time from the beginning: with each reduction alone; where actors remember all that they have read;
 * with steps that are not recorded, with steps that are made on all ways on which their beginning was reached; and by `explore`, which
 * decides what to do by itself.
 */
function compareThoroughly(program: Program, truth: Truth): string | null {
  boundedSearches(new Explored(program), truth);
  const alone = (how: How): string | null => wholeSearch(new Explored(program, how), truth, how);
  const found = alone(ALL);
  for (const how of [ORDERS, NONE, QUIET, SYMMETRY]) alone(how);
  if (hasTwins(program)) alone({ symmetry: false });
  if (truth.rules.size === 0) sameCovers(program);
  alone({ memory: 'history' });
  if (truth.states <= MOST_UNRECORDED) alone({ recorded: false });
  if (truth.states <= MOST_ON_ALL_WAYS) alone({ ways: true });
  const watches = program.actors.some(({ operations }) => operations.flatMap(instructionsOf).some((one) => one.do === 'watch'));
  if (!watches) exploration(truth, program);
  return found;
}

export function compare(program: Program, thorough: boolean): Compared {
  const all = new Set<string>();
  const first = reference(program, MOST_STATES);
  let [truth, exhausted] = [first, first.exhausted];
  let disagreement: string | null = null;
  try {
    for (let rest = program; truth.exhausted; ) {
      for (const name of [...truth.rules.keys(), ...truth.kinds]) all.add(name);
      const found = thorough ? compareThoroughly(rest, truth) : compareOnce(rest, truth);
      if (found === null || !found.startsWith('X-')) break;
      rest = masked(rest, found);
      truth = reference(rest, MOST_STATES);
    }
  } catch (error) {
    if (error instanceof GivenUp) exhausted = false;
    else if (error instanceof Disagreement) disagreement = error.message;
    else disagreement = `the explorer throws ${error instanceof Error ? error.stack : error}`;
  }
  return { disagreement, exhausted, states: first.states, found: [...all] };
}
