/**
 * How fast the explorer is, as ratios to yardsticks timed in the same run: controlled schedules a second with recording (and
 * with the cheap oracles on the full model), and states a second of a search.
 */
import { scenarioNamed } from '../src/engines/explore/catalogue.ts';
import { Executor } from '../src/engines/explore/execution.ts';
import { executorOf } from '../src/engines/explore/explore.ts';
import { runOnce } from '../src/engines/explore/run.ts';
import { search } from '../src/engines/explore/search.ts';
import { RandomWalk } from '../src/engines/explore/strategies.ts';
import { columns, count } from '../src/report/units.ts';
import { explicitStates, generatorSchedules } from './exploreYardsticks.ts';

const ROUNDS = 7;
/** The smallest scenario of the full model: a device read against munmap. */
const SMALLEST = 'device-fault-vs-munmap';
const [FAULTERS, INVALIDATIONS] = [4, 3];

/** Things a second. */
function pace(things: number, run: () => void): number {
  const began = performance.now();
  run();
  return things / ((performance.now() - began) / 1000);
}

function schedules(executor: Executor, times: number): void {
  const scheduler = new RandomWalk(7);
  const runnable = new Uint8Array(executor.count);
  for (let i = 0; i < times; i++) {
    scheduler.newExecution(executor.count, executor);
    const failure = runOnce(executor, scheduler, runnable);
    if (failure !== null) throw new Error(`${executor.scenario.name}: ${failure.message}`);
  }
}

function states(name: string, symmetry: boolean): number {
  const executor = new Executor(scenarioNamed(name), null);
  const result = search(executor, { preemptions: Number.POSITIVE_INFINITY, enough: () => false, symmetry });
  if (!result.complete || result.failure !== null) throw new Error(`${name} was not proved`);
  return result.states;
}

const small = executorOf(scenarioNamed('mini-hmm'));
const full = executorOf(scenarioNamed(SMALLEST));
const mini = `mini-hmm-${FAULTERS}x${INVALIDATIONS}`;
const expected = explicitStates(FAULTERS, INVALIDATIONS);
const counted = states(mini, false);
if (counted !== expected) throw new Error(`${mini} has ${counted} states, by hand ${expected}`);

const probes: Readonly<Record<string, () => number>> = {
  G: () => pace(40_000, () => generatorSchedules(40_000, 2, 2)),
  S: () => pace(expected, () => explicitStates(FAULTERS, INVALIDATIONS)),
  'mini-hmm, recorded': () => pace(40_000, () => schedules(small, 40_000)),
  [`${SMALLEST}, recorded, cheap oracles`]: () => pace(10_000, () => schedules(full, 10_000)),
  [`${mini} proved`]: () => pace(expected, () => states(mini, false)),
  // As many states a second as if all had been looked at.
  [`${mini} proved by symmetry`]: () => pace(expected, () => states(mini, true)),
};
/** Yardstick and budget of each path. */
const budgets: Readonly<Record<string, readonly [yardstick: string, least: number]>> = {
  'mini-hmm, recorded': ['G', 0.7],
  [`${SMALLEST}, recorded, cheap oracles`]: ['G', 1 / 15],
  [`${mini} proved`]: ['S', 1],
  [`${mini} proved by symmetry`]: ['S', 1],
};

const found = new Map<string, number[]>(Object.keys(probes).map((name) => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  // The first round is the compiler's.
  for (const [name, probe] of Object.entries(probes))
    if (round === 0) probe();
    else found.get(name)?.push(probe());
}
const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;
const spread = (values: readonly number[]): string => {
  const at = middle(values);
  return `${(Math.max(...values.map((value) => Math.abs(value - at) / at)) * 100).toFixed(0)} %`;
};

const rows: string[][] = [['path', 'a second', 'spread', 'of', 'ratio', 'spread', 'at least', '']];
for (const [name, values] of found) {
  const budget = budgets[name];
  if (budget === undefined) {
    rows.push([`yardstick ${name}`, count(middle(values)), spread(values), '', '', '', '', '']);
    continue;
  }
  const [yardstick, least] = budget;
  // Round by round: a slow round is slow for the yardstick too.
  const ratios = values.map((value, round) => value / (found.get(yardstick)?.[round] as number));
  const ratio = middle(ratios);
  const verdict = ratio >= least ? 'ok' : 'UNDER';
  rows.push([
    name,
    count(middle(values)),
    spread(values),
    yardstick,
    ratio.toFixed(2),
    spread(ratios),
    least.toFixed(2),
    verdict,
  ]);
}
process.stdout.write(`${columns(rows).join('\n')}\n`);
process.stdout.write(
  `\nG: schedules of mini-hmm as plain generators, nothing recorded. S: states of ${mini} as a machine written by hand. Middle of\n` +
    `${ROUNDS} rounds, ratios taken round by round; spread is the distance of the outermost round. Node ${process.versions.node}.\n`,
);
