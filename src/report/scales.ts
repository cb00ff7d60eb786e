/** Scales and ticks of a plot: linear and logarithmic. */

export interface Scale {
  readonly kind: 'log' | 'linear';
  readonly low: number;
  readonly high: number;
  /** Where a value lies, from 0 to 1. */
  readonly at: (value: number) => number;
  readonly ticks: readonly number[];
}

/** A scale from one decade, or half of one, to another. Values must be above 0. */
export function logScale(values: readonly number[]): Scale {
  const low = Math.min(...values);
  const high = Math.max(...values, low * 1.0001);
  const wide = Math.log10(high / low) > 0.9;
  const from = wide ? 10 ** Math.floor(Math.log10(low) + 1e-9) : low / 1.5;
  const to = wide ? 10 ** Math.ceil(Math.log10(high) - 1e-9) : high * 1.5;
  const span = Math.log(to / from);
  const steps = Math.log10(to / from) > 1.5 ? [1] : [1, 2, 5];
  const ticks: number[] = [];
  for (let decade = 10 ** Math.floor(Math.log10(from) + 1e-9); decade <= to * 1.001; decade *= 10) {
    for (const step of steps) if (decade * step >= from * 0.999 && decade * step <= to * 1.001) ticks.push(decade * step);
  }
  return { kind: 'log', low: from, high: to, at: (value) => Math.log(Math.max(value, from) / from) / span, ticks };
}

/** A scale from 0 to a round number not below the values. */
export function linearScale(values: readonly number[]): Scale {
  const most = Math.max(...values, 1e-9);
  const raw = most / 4;
  const decade = 10 ** Math.floor(Math.log10(raw));
  const step = decade * ([1, 2, 2.5, 5, 10].find((factor) => factor * decade >= raw * 0.999) ?? 10);
  const high = step * Math.ceil(most / step - 1e-9);
  const ticks = Array.from({ length: Math.round(high / step) + 1 }, (_, i) => i * step);
  return { kind: 'linear', low: 0, high, at: (value) => value / high, ticks };
}
