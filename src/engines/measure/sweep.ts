/** A sweep: every combination of the values of its axes, each a cell. Everything that can be wrong is found here, before a run. */
import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import { ACTOR_LIMIT, checkConfig, POOL_LIMIT } from '../../arena/config.ts';
import { plan } from '../../arena/places.ts';
import type { Driver } from '../../drivers/driver.ts';
import { type DriverSettings, optionWords } from '../../drivers/options.ts';
import { actorCount, retrySizes } from '../../scenarios/retry.ts';
import { version } from '../../version.ts';
import { costsOf, presets } from '../simulate/costs.ts';
import { type Axis, type AxisValue, axes, axisValues, OWN, valueName } from './axes.ts';
import { cellSettings, driverAxes, retryOptionsOf } from './driverOf.ts';
import type { CellConfig, MeasureEngine } from './types.ts';

/** One driver of the driver axis, loaded. */
export interface DriverChoice {
  /** As the user wrote it. */
  readonly label: string;
  readonly location: string;
  readonly settings: DriverSettings;
  readonly driver: Driver;
}

/** What the user asked for. */
export interface SweepRequest {
  readonly engine: MeasureEngine;
  /** Values by axis name, as written; what is absent has its usual value. The driver axis is in `drivers`. */
  readonly axes: Readonly<Record<string, string>>;
  readonly costs: Readonly<Record<string, number>>;
  readonly seconds: number;
  readonly faults: number;
  readonly repetitions: number;
  readonly seed: number;
}

export interface Cell {
  readonly index: number;
  readonly config: CellConfig;
  /** The value of every axis, null where the driver has no such option. */
  readonly axes: Readonly<Record<string, AxisValue | null>>;
}

export interface Sweep {
  readonly request: SweepRequest;
  /** Axes with more than one value. */
  readonly varied: readonly string[];
  readonly cells: readonly Cell[];
  /** Equal for two sweeps exactly if every cell is. */
  readonly fingerprint: string;
}

const MOST_CELLS = 10_000;
/** Actors of a race are threads. */
const MOST_THREADS = 32;
const MEMORY_SHARE = 0.6;

type Values = Readonly<Record<string, AxisValue>>;

/** Every combination, the last axis fastest. */
function combinations(lists: readonly (readonly [Axis, readonly AxisValue[]])[]): Values[] {
  return lists.reduce<Values[]>(
    (all, [axis, values]) => all.flatMap((combination) => values.map((value) => ({ ...combination, [axis.name]: value }))),
    [{}],
  );
}

/** The cell of a combination. */
function cellOf(
  request: SweepRequest,
  values: Values,
  drivers: readonly DriverChoice[],
): Omit<Cell, 'index'> & { driver: Driver } {
  const { driver: given } = values;
  const choice = drivers.find(({ label }) => label === given) as DriverChoice;
  const { driver } = choice;
  const shown: Record<string, AxisValue | null> = { ...values };
  const fields: Record<string, unknown> = {};
  for (const axis of axes) {
    const value = values[axis.name] as AxisValue;
    if (!(driverAxes as readonly string[]).includes(axis.field)) {
      fields[axis.field] = value;
      continue;
    }
    // What the driver does not have, or the user has set among its own options, is no axis.
    const isFixed = !(axis.field in driver.options) || axis.field in choice.settings;
    if (isFixed) shown[axis.name] = null;
    fields[axis.field] = isFixed || value === OWN ? null : value;
  }
  const { engine, costs, seconds, faults, repetitions, seed } = request;
  const config = {
    ...fields,
    engine,
    driver: choice.location,
    settings: choice.settings,
    costs,
    seconds,
    faults,
    repetitions,
    seed,
  } as unknown as CellConfig;
  return { config, axes: shown, driver };
}

const byteText = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;

/** What makes a cell impossible, null when nothing does. */
function objection(config: CellConfig, driver: Driver): string | null {
  const { pages, range, span, devices, faulters, disturbers, invalidations, threads, accesses, event, access } = config;
  if (range > pages) return `a range of ${range} pages does not fit a region of ${pages}`;
  if (span > pages) return `an invalidation of ${span} pages does not fit a region of ${pages}`;
  if (faulters < devices) return `${faulters} fault handlers cannot serve ${devices} devices, at least one each is needed`;
  if (invalidations > 0 && disturbers === 0) return 'invalidations are asked for, but no disturbers to make them';
  if (accesses > 0 && threads === 0) return 'accesses are asked for, but no CPU threads to make them';
  if (event === 'mprotect' && access === 'write') return 'mprotect takes write permission away, so device writes would fail';
  const actors = actorCount(config, driver);
  const most = config.engine === 'race' ? MOST_THREADS : ACTOR_LIMIT - 1;
  if (actors > most) return `${actors} actors, at most ${most} are possible`;
  try {
    optionWords(driver, cellSettings(config));
    costsOf(config.preset, config.costs);
    const sizes = retrySizes(retryOptionsOf(config, driver));
    if (event === 'mprotect' && sizes.vmas === POOL_LIMIT) return `a mapping for each ${span} pages of ${pages} are too many`;
    checkConfig(sizes);
    const bytes = 4 * (plan(sizes).words + sizes.frameWords * (sizes.systemPages + sizes.devicePages * devices));
    const limit = MEMORY_SHARE * totalmem();
    if (bytes > limit) return `it needs ${byteText(bytes)} of memory, allowed are ${byteText(limit)} on this machine`;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
  return null;
}

/** Names of the axes whose values differ between cells. */
function variedAxes(cells: readonly Cell[]): string[] {
  return axes.map(({ name }) => name).filter((name) => new Set(cells.map((cell) => cell.axes[name])).size > 1);
}

function knownChoices(axis: Axis, drivers: readonly DriverChoice[]): readonly string[] {
  if (axis.name === 'driver') return drivers.map(({ label }) => label);
  return axis.name === 'preset' ? Object.keys(presets) : [];
}

/**
 * Plans a sweep.
 *
 * @throws RangeError with one sentence for the first thing that is wrong: an axis, or a cell that is not possible.
 */
export function planSweep(request: SweepRequest, drivers: readonly DriverChoice[]): Sweep {
  const lists = axes.map((axis) => {
    const text = axis.name === 'driver' ? 'all' : (request.axes[axis.name] ?? axis.usual);
    return [axis, axisValues(axis, text, knownChoices(axis, drivers))] as const;
  });
  for (const [axis] of lists) {
    if (!(axis.name in request.axes) || !(driverAxes as readonly string[]).includes(axis.field)) continue;
    if (!drivers.some(({ driver }) => axis.field in driver.options))
      throw new RangeError(`--${axis.name}: no driver of the sweep has that option`);
  }
  const size = lists.reduce((product, [, values]) => product * values.length, 1);
  if (size > MOST_CELLS) throw new RangeError(`the sweep has ${size} cells, allowed are at most ${MOST_CELLS}`);
  const cells: Cell[] = [];
  const seen = new Set<string>();
  for (const values of combinations(lists)) {
    const { config, axes: shown, driver } = cellOf(request, values, drivers);
    // Values that mean nothing to a driver would make the same cell again.
    const { driver: label } = shown;
    const key = JSON.stringify([label, config]);
    if (seen.has(key)) continue;
    seen.add(key);
    const why = objection(config, driver);
    if (why !== null) throw new RangeError(`the cell ${cellName(shown, Object.keys(request.axes))} is not possible: ${why}`);
    cells.push({ index: cells.length, config, axes: shown });
  }
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([version, cells]))
    .digest('hex')
    .slice(0, 16);
  return { request, varied: variedAxes(cells), cells, fingerprint };
}

/** `policy=backoff invalidations=10k/s`, of the given axes. */
export function cellName(values: Cell['axes'], names: readonly string[]): string {
  const parts = axes
    .filter(({ name }) => names.includes(name) || names.length === 0)
    .flatMap((axis) => {
      const value = values[axis.name];
      return value === undefined || value === null ? [] : [`${axis.name}=${valueName(axis, value)}`];
    });
  return parts.length === 0 ? 'there is' : parts.join(' ');
}

/** Cells of shard `i` of `n`, from 1: every n-th, so that the slow ones are spread. */
export const shardOf = (cells: readonly Cell[], [i, n]: readonly [number, number]): Cell[] =>
  cells.filter(({ index }) => index % n === i - 1);
