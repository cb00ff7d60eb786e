/**
 * How many schedules each way of sampling needs to come upon bugs of the corpus: `npm run bench:strategies -- [ID | STRATEGY ...]` prints a table of
 * docs/explore.md. Schedules are counted and not seconds, so that it does not matter what else the machine does.
 */
import type { Mutation } from '../src/bugs/bug.ts';
import { bugs } from '../src/bugs/index.ts';
import type * as Machine from '../src/engines/explore/machine/executorOf.ts';
import type * as Import from '../src/engines/explore/plan/importScenario.ts';
import type * as Jobs from '../src/engines/explore/plan/jobs.ts';
import type * as Strategies from '../src/engines/explore/sampling/portfolio.ts';
import type * as Run from '../src/engines/explore/sampling/run.ts';
import { mutatedTree } from '../src/mutation/mutate.ts';
import { cell, line, type Needed, neededBy } from './needed.ts';

/** Bugs that take long to come upon: the portfolio needs some sixty schedules or more for most of them. R73b needs two preemptions, the others one. */
const HARD = ['R05', 'R26', 'R27', 'R34', 'R49', 'R54', 'R72', 'R73b'];

/** Ways of sampling that are compared: those that can find such a bug. */
const NAMES = [
  'random',
  'pct2',
  'pct3',
  'pos',
  'basicPos',
  'urw',
  'bounded1',
  'bounded2',
  'delay2',
  'hints',
  'feedback',
  'portfolio',
];

/** Bugs and ways of sampling; all of either if none of them is named. */
const asked = process.argv.slice(2);
const named = NAMES.filter((name) => asked.includes(name));
const names = named.length === 0 ? NAMES : named;

const SEEDS = 50;
/** Most schedules of a seed; what is not found by then counts as more. */
const MOST = 1000;

async function sampled({ scenario: name, settings = {}, ...mutation }: Mutation): Promise<ReadonlyMap<string, Needed>> {
  const tree = mutatedTree({ scenario: name, settings, ...mutation });
  const load = async <M>(module: string): Promise<M> => import(tree.urlOf(`engines/explore/${module}`).href);
  try {
    const { executorOf } = await load<typeof Machine>('machine/executorOf');
    const { importScenario } = await load<typeof Import>('plan/importScenario');
    const { schedulerNamed } = await load<typeof Jobs>('plan/jobs');
    const { Portfolio } = await load<typeof Strategies>('sampling/portfolio');
    const { runOnce } = await load<typeof Run>('sampling/run');
    const scenario = await importScenario(name, settings);
    /** Each seed begins with a machine that knows nothing. */
    const schedules = (strategy: string, seed: number): number => {
      const executor = executorOf(scenario);
      const scheduler = schedulerNamed(strategy, seed);
      const portfolio = scheduler instanceof Portfolio ? scheduler : null;
      const runnable = new Uint8Array(executor.count);
      for (let n = 1; n <= MOST; n++) {
        scheduler.newExecution(executor.count, executor);
        if (runOnce(executor, scheduler, runnable, portfolio) !== null) return n;
      }
      return Number.POSITIVE_INFINITY;
    };
    const found = names.map((strategy) => {
      const needed = neededBy(SEEDS, (seed) => schedules(strategy, seed));
      process.stderr.write(`${mutation.id} ${strategy}: ${cell(needed, MOST)}\n`);
      return [strategy, needed] as const;
    });
    return new Map(found);
  } finally {
    tree.remove();
  }
}

const chosen = bugs.filter(({ id }) => (asked.some((one) => bugs.some((bug) => bug.id === one)) ? asked : HARD).includes(id));
const rows: [Mutation, ReadonlyMap<string, Needed>][] = [];
for (const bug of chosen) rows.push([bug, await sampled(bug)]);
process.stdout.write(line(['', ...names]) + line(['---', ...names.map(() => '---')]));
for (const [{ id }, found] of rows)
  process.stdout.write(line([id, ...names.map((name) => cell(found.get(name) as Needed, MOST))]));
