/** What `measure()` is asked for, checked and made into a sweep. */
import { availableParallelism } from 'node:os';
import type { MeasureEngine } from '../engines/cell/cellTypes.ts';
import { axes as allAxes, axisNamed } from '../engines/measure/axes.ts';
import { type Sweep, type SweepRequest, sweepBounds } from '../engines/measure/cells.ts';
import type { DriverChoice } from '../engines/measure/sweep.ts';
import { byName, checkOptions, givenOptions, type Naming, shown } from '../input/options.ts';
import { checkShard, type Shard } from '../input/shard.ts';
import { shellWord } from '../input/shellWord.ts';
import { unknown } from '../input/unknownName.ts';
import { UsageError } from '../input/usageError.ts';
import type { MeasureRequest } from './measureRequest.ts';

export const MOST_WORKERS = 64;

export const engines: readonly MeasureEngine[] = ['simulate', 'race'];

/**
 * What is measured when nothing is said, by engine. A race costs its time, and its A/A check wants three against three. A simulation
 * costs its steps: so long, and so many faults, make a sweep of fifty cells a matter of half a minute on two cores.
 */
export const measureUsual = {
  simulate: { seconds: 0.2, faults: 500, repetitions: 5, seed: 1 },
  race: { seconds: 1, faults: 500, repetitions: 6, seed: 1 },
} as const;

const table = {
  numbers: { ...sweepBounds, workers: { kind: 'whole', min: 1, max: MOST_WORKERS } },
  others: {
    engine: 'string',
    drivers: 'list with at least one string',
    axes: 'object',
    costs: 'object',
    out: 'string',
    fresh: 'boolean',
    shard: 'list',
  },
} as const;

/** A sweep that is ready to begin: all of it checked, no cell has run. */
export interface ReadySweep {
  readonly sweep: Sweep;
  /** Driver drivers as given. */
  readonly drivers: readonly string[];
  readonly shard: Shard;
  readonly out: string | undefined;
  readonly fresh: boolean;
  readonly workers: number;
  /** The command that measures the same again. */
  readonly command: string;
}

async function driverChoices(specs: readonly string[], name: Naming): Promise<DriverChoice[]> {
  // Loaded only now, as the plan below: wrong options need no model.
  const [{ chosenDriver }, { builtinDrivers }, { hasRetryLoop }] = await Promise.all([
    import('./chosenDriver.ts'),
    import('../drivers/registry.ts'),
    import('../drivers/base/driver.ts'),
  ]);
  const all = builtinDrivers.filter(hasRetryLoop).map((driver) => driver.name);
  const labels = specs.flatMap((spec) => (spec === 'all' ? all : [spec]));
  const choices: DriverChoice[] = [];
  for (const label of new Set(labels)) {
    if (label === '') throw new UsageError(`${name('drivers')} is empty, allowed is a name of hmm-lab drivers, a module, or all`);
    choices.push({ label, ...(await chosenDriver(label)) });
  }
  return choices;
}

/** The values of an axis as a person writes them. */
function axisText(axis: string, value: unknown): string {
  const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (axisNamed(axis).name === 'driver') throw new UsageError('the drivers of a sweep are no axis, they are its option drivers');
  if (parts.some((part) => typeof part !== 'string' && typeof part !== 'number'))
    throw new UsageError(`${axis} is ${shown(value)}, allowed is text or a number or a list of these`);
  return parts.join(',');
}

function commandOf(request: SweepRequest, drivers: readonly string[]): string {
  const { engine, axes: given, costs, seconds, faults, repetitions, seed } = request;
  const flags = [
    `--engine ${engine}`,
    ...drivers.map((driver) => `--driver ${shellWord(driver)}`),
    ...Object.entries(given).map(([axis, text]) => `--${axis} ${shellWord(text)}`),
    ...Object.entries(costs).map(([cost, ns]) => `--cost ${cost}=${ns}`),
    `--seconds ${seconds}`,
    ...(engine === 'simulate' ? [`--faults ${faults}`] : []),
    `--repetitions ${repetitions}`,
    `--seed ${seed}`,
  ];
  return `npx hmm-lab measure ${flags.join(' ')}`;
}

/** @throws UsageError, one sentence, for the first thing that is not allowed; `name` is what it calls the options. */
export async function readySweep(request: MeasureRequest, name: Naming = byName): Promise<ReadySweep> {
  const given = givenOptions('a sweep', request);
  checkOptions('a sweep', given, table, name);
  const {
    engine = 'simulate',
    axes = {},
    costs = {},
    shard = [1, 1],
    drivers = ['dmirror'],
    out,
    fresh = false,
    workers,
  } = given;
  if (!engines.includes(engine)) throw unknown(name('engine'), engine, engines, `allowed are ${engines.join(', ')}`);
  checkShard(shard, name);
  const choices = await driverChoices(drivers, name);
  const { seconds, faults, repetitions, seed } = { ...measureUsual[engine], ...given };
  const texts = new Map(Object.entries(axes).map(([axis, value]) => [axis, axisText(axis, value)]));
  // In the order of the command line, however they were given.
  const ordered = allAxes.flatMap(({ name: axis }) => (texts.has(axis) ? [[axis, texts.get(axis) as string]] : []));
  const asked: SweepRequest = { engine, axes: Object.fromEntries(ordered), costs, seconds, faults, repetitions, seed };
  const { planSweep } = await import('../engines/measure/sweep.ts');
  const sweep = planSweep(asked, choices);
  if (shard[1] > sweep.cells.length)
    throw new UsageError(
      `${name('shard')} ${shard.join('/')} splits ${sweep.cells.length} cells, allowed are at most as many parts as cells`,
    );
  return {
    sweep,
    drivers,
    shard,
    out,
    fresh,
    workers: workers ?? Math.min(MOST_WORKERS, availableParallelism()),
    command: commandOf(asked, drivers),
  };
}
