/** A sweep: every combination of the values of its axes, each a cell. Everything that can be wrong is found here, before a run. */
import { createHash } from 'node:crypto';
import { totalmem } from 'node:os';
import type { Driver } from '../../drivers/base/driver.ts';
import type { DriverSettings } from '../../drivers/base/options.ts';
import { isUsageError, UsageError } from '../../input/usageError.ts';
import { version } from '../../package/version.ts';
import { driverAxes } from '../cell/cellDriver.ts';
import type { CellConfig } from '../cell/cellTypes.ts';
import { presets } from '../cell/costs.ts';
import { type Axis, type AxisValue, axes, axisValues, OWN } from './axes.ts';
import { type Cell, cellName, checkRequest, type Sweep, type SweepRequest } from './cells.ts';
import { bytesOf } from './possible.ts';

/** One driver of the driver axis, loaded. */
export interface DriverChoice {
  /** As the user wrote it. */
  readonly label: string;
  readonly location: string;
  readonly settings: DriverSettings;
  readonly driver: Driver;
}

const MOST_CELLS = 10_000;
/** Part of the machine's memory that the cells under way may take. */
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

/** Names of the axes whose values differ between cells. */
function variedAxes(cells: readonly Cell[]): string[] {
  return axes.map(({ name }) => name).filter((name) => new Set(cells.map((cell) => cell.axes[name])).size > 1);
}

function knownChoices(axis: Axis, drivers: readonly DriverChoice[]): readonly string[] {
  if (axis.name === 'driver') return drivers.map(({ label }) => label);
  return axis.name === 'preset' ? Object.keys(presets) : [];
}

/**
 * Plans a sweep whose cells may take so many bytes of memory.
 *
 * @throws UsageError with one sentence for the first thing that is wrong: an axis, or a cell that is not possible.
 */
export function planSweep(
  request: SweepRequest,
  drivers: readonly DriverChoice[],
  memory: number = MEMORY_SHARE * totalmem(),
): Sweep {
  checkRequest(request);
  const lists = axes.map((axis) => {
    const text = axis.name === 'driver' ? 'all' : (request.axes[axis.name] ?? axis.usual);
    return [axis, axisValues(axis, text, knownChoices(axis, drivers))] as const;
  });
  for (const [axis] of lists) {
    if (!(axis.name in request.axes) || !(driverAxes as readonly string[]).includes(axis.field)) continue;
    if (!drivers.some(({ driver }) => axis.field in driver.options))
      throw new UsageError(`${axis.name}: no driver of the sweep has that option`);
  }
  const size = lists.reduce((product, [, values]) => product * values.length, 1);
  if (size > MOST_CELLS) throw new UsageError(`the sweep has ${size} cells, allowed are at most ${MOST_CELLS}`);
  const cells: Cell[] = [];
  const seen = new Set<string>();
  let largest = 0;
  for (const values of combinations(lists)) {
    const { config, axes: shown, driver } = cellOf(request, values, drivers);
    // Values that mean nothing to a driver would make the same cell again.
    const { driver: label } = shown;
    const key = JSON.stringify([label, config]);
    if (seen.has(key)) continue;
    seen.add(key);
    try {
      largest = Math.max(largest, bytesOf(config, driver, memory));
    } catch (error) {
      if (!isUsageError(error)) throw error;
      const name = cellName(shown, Object.keys(request.axes));
      throw new UsageError(`the cell ${name} is not possible: ${error.message}`, { cause: error });
    }
    cells.push({ index: cells.length, config, axes: shown });
  }
  const fingerprint = createHash('sha256')
    .update(JSON.stringify([version, cells]))
    .digest('hex')
    .slice(0, 16);
  const atOnce = Math.max(1, Math.floor(memory / largest));
  return { request, varied: variedAxes(cells), cells, fingerprint, atOnce };
}
