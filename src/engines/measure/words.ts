/** Words that the answers of sweeps are made of. */
import { type Axis, valueName } from './axes.ts';
import type { Series } from './series.ts';

export const percent = (share: number): string =>
  share === 0 ? 'none' : `${(100 * share).toPrecision(share >= 0.0995 ? 3 : 2)} %`;
/** To two digits. */
export const time = (ns: number): string => {
  for (const [unit, factor] of [
    ['s', 1e9],
    ['ms', 1e6],
    ['us', 1e3],
  ] as const) {
    if (ns >= factor) return `${Number((ns / factor).toPrecision(2))} ${unit}`;
  }
  return `${ns.toFixed(0)} ns`;
};

/** `with policy=backoff`, after a blank. */
export const label = ({ name }: Series): string => (name === '' ? '' : ` with ${name}`);
/** Where that is on the axis along x. */
export const at = (x: Axis, value: number): string => {
  const rounded = x.whole ? Math.round(value) : Number(value.toPrecision(2));
  return x.name === 'invalidations'
    ? `${valueName(x, rounded).replace('/s', '')} invalidations a second`
    : `${x.name} ${valueName(x, rounded)}`;
};
