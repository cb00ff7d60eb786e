/**
 * How fast the explorer is, as ratios to yardsticks timed in the same run: controlled schedules a second with recording (and
 * with the cheap oracles on the full model), and states a second of a search.
 */

import { executorOf } from '../src/engines/explore/explore.ts';
import { Executor } from '../src/engines/explore/machine/execution.ts';
import { scenarioNamed } from '../src/engines/explore/plan/catalogue.ts';
import { runOnce } from '../src/engines/explore/sampling/run.ts';
import { RandomWalk } from '../src/engines/explore/sampling/strategies.ts';
import { search } from '../src/engines/explore/search/search.ts';
import { explicitStates, generatorSchedules } from './exploreYardsticks.ts';
import { pace, paceTable, ROUNDS } from './pace.ts';

/** The smallest scenario of the full model: a device read against munmap. */
const SMALLEST = 'device-fault-vs-munmap';
const [FAULTERS, INVALIDATIONS] = [4, 3];

function schedules(executor: Executor, times: number): void {
  const scheduler = new RandomWalk(7);
  const runnable = new Uint8Array(executor.count);
  for (let i = 0; i < times; i++) {
    scheduler.newExecution(executor.count, executor);
    const failure = runOnce(executor, scheduler, runnable);
    if (failure !== null) throw new Error(`${executor.scenario.name}: ${failure.message}`);
  }
}

/** As many as there are: no order is left out. */
function states(name: string, symmetry: boolean): void {
  const executor = new Executor(scenarioNamed(name), null);
  const result = search(executor, { preemptions: Number.POSITIVE_INFINITY, enough: () => false, symmetry, orders: false });
  if (!result.complete || result.failure !== null) throw new Error(`${name} was not proved`);
  if (!symmetry && result.states !== expected) throw new Error(`${name} has ${result.states} states, by hand ${expected}`);
}

const small = executorOf(scenarioNamed('mini-hmm'));
const full = executorOf(scenarioNamed(SMALLEST));
const mini = `mini-hmm-${FAULTERS}x${INVALIDATIONS}`;
const expected = explicitStates(FAULTERS, INVALIDATIONS);

const probes = {
  G: () => pace(40_000, () => generatorSchedules(40_000, 2, 2)),
  S: () => pace(expected, () => explicitStates(FAULTERS, INVALIDATIONS)),
  'mini-hmm, recorded': () => pace(40_000, () => schedules(small, 40_000)),
  [`${SMALLEST}, recorded, cheap oracles`]: () => pace(10_000, () => schedules(full, 10_000)),
  [`${mini} proved`]: () => pace(expected, () => states(mini, false)),
  // As many states a second as if all had been looked at.
  [`${mini} proved by symmetry`]: () => pace(expected, () => states(mini, true)),
};
const table = paceTable(probes, {
  'mini-hmm, recorded': ['G', 0.7],
  [`${SMALLEST}, recorded, cheap oracles`]: ['G', 1 / 15],
  [`${mini} proved`]: ['S', 1],
  [`${mini} proved by symmetry`]: ['S', 1],
});
process.stdout.write(
  `${table}\n\nG: schedules of mini-hmm as plain generators, nothing recorded. S: states of ${mini} as a machine written by hand. Middle of\n` +
    `${ROUNDS} rounds, ratios taken round by round; spread is the distance of the outermost round. Node ${process.versions.node}.\n`,
);
