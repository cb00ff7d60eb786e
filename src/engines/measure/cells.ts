/** Cells of a sweep, their names and their shares. Needs no model. */
import { type Bounds, boundsText, isWithin } from '../../input/bounds.ts';
import { quote } from '../../input/unknownName.ts';
import { UsageError } from '../../input/usageError.ts';
import type { CellConfig, MeasureEngine } from '../cell/cellTypes.ts';
import { type AxisValue, axes, axisNamed, valueName } from './axes.ts';

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

/** What the numbers of a request may be, on the command line and in a program. */
export const sweepBounds = {
  seconds: { kind: 'number', above: 0, max: 3600 },
  faults: { kind: 'whole', min: 1, max: 100_000_000 },
  repetitions: { kind: 'whole', min: 1, max: 1000 },
  seed: { kind: 'whole', min: 0, max: 2 ** 31 - 1 },
} as const satisfies Partial<Record<keyof SweepRequest, Bounds>>;

/** @throws UsageError, one sentence, for the first number that is not allowed, or an axis that there is not. */
export function checkRequest(request: SweepRequest): void {
  for (const [name, bounds] of Object.entries(sweepBounds) as [keyof typeof sweepBounds, Bounds][]) {
    if (!isWithin(bounds, request[name]))
      throw new UsageError(`${name} is ${quote(String(request[name]))}, allowed is ${boundsText(bounds)}`);
  }
  for (const name of Object.keys(request.axes)) axisNamed(name);
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
  /** So many cells at a time fit into memory. */
  readonly atOnce: number;
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
