/** Rows as curves: one axis runs along x, the values of the others make the series. */
import { INTERVAL_LIMIT } from '../../arena/config.ts';
import { type Axis, type AxisValue, axisNamed, valueName } from './axes.ts';
import type { PlainRow } from './row.ts';

export interface Series {
  /** `policy=backoff`, empty when there is only one. */
  readonly name: string;
  /** In the order of x. */
  readonly rows: readonly PlainRow[];
}

export interface Curves {
  /** Null: nothing varies, or only names do. */
  readonly x: Axis | null;
  readonly series: readonly Series[];
}

/** The axis along x: invalidations if they vary, else the first numeric axis that does. */
function mainAxis(varied: readonly string[]): Axis | null {
  const numeric = varied.map(axisNamed).filter(({ kind }) => kind !== 'choice');
  return numeric.find(({ name }) => name === 'invalidations') ?? numeric[0] ?? null;
}

/** x of a row; the whole address space lies beyond every other size. NaN where the axis means nothing. */
export function xOf(axis: Axis, row: PlainRow): number {
  const value = row.axes[axis.name];
  if (typeof value !== 'number') return Number.NaN;
  return axis.kind === 'size' && value === 0 ? INTERVAL_LIMIT : value;
}

export function seriesName(row: PlainRow, names: readonly string[]): string {
  return names
    .flatMap((name) => {
      const value: AxisValue | null | undefined = row.axes[name];
      return value === null || value === undefined ? [] : [`${name}=${valueName(axisNamed(name), value)}`];
    })
    .join(' ');
}

export function curvesOf(rows: readonly PlainRow[], varied: readonly string[]): Curves {
  const x = mainAxis(varied);
  const names = varied.filter((name) => name !== x?.name);
  const groups = new Map<string, PlainRow[]>();
  for (const row of rows) {
    const name = seriesName(row, names);
    groups.set(name, [...(groups.get(name) ?? []), row]);
  }
  const series = [...groups].map(([name, members]) => ({
    name,
    rows: x === null ? members : [...members].sort((a, b) => xOf(x, a) - xOf(x, b)),
  }));
  return { x, series };
}

/**
 * Where a quantity first reaches a level along x, interpolated on log scales between two rows; null when it never does. Rows
 * without the quantity count as beyond any level.
 */
export function crossing(x: Axis, rows: readonly PlainRow[], level: number, of: (row: PlainRow) => number | null): number | null {
  let before: { readonly x: number; readonly y: number } | null = null;
  for (const row of rows) {
    if (row.verdict !== 'ok') continue;
    const at = xOf(x, row);
    const value = of(row);
    if (value !== null && value < level) {
      before = { x: at, y: value };
      continue;
    }
    if (before === null || value === null || before.x <= 0 || before.y <= 0) return at;
    return before.x * (at / before.x) ** (Math.log(level / before.y) / Math.log(value / before.y));
  }
  return null;
}
