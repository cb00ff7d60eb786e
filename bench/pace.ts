/** Tables of how fast things go, as ratios to yardsticks timed in the same rounds. */
import { columns, count } from '../src/report/units.ts';

/** `--once`: one round, to see that it works. */
export const once = process.argv.includes('--once');
export const ROUNDS = once ? 1 : 7;

/** Things a second. */
export function pace(things: number, run: () => void): number {
  const began = performance.now();
  run();
  return things / ((performance.now() - began) / 1000);
}

/** A way to time something: things a second, each time it is called. */
export type Probes = Readonly<Record<string, () => number>>;

/** Yardstick of a path, and the least ratio to it. */
export type Budgets = Readonly<Record<string, readonly [yardstick: string, least: number]>>;

export const middle = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] as number;

/** Distance of the outermost value from the middle one, in per cent of it. */
export const spread = (values: readonly number[]): string => {
  const at = middle(values);
  return `${(Math.max(...values.map((value) => Math.abs(value - at) / at)) * 100).toFixed(0)} %`;
};

/** Slow rates are shown with decimals. */
const shown = (rate: number): string => (rate < 10 ? rate.toFixed(2) : count(rate));

/** Times all probes in turn, so that a slow minute of the machine hits yardsticks and paths alike. What has no budget is a yardstick. */
export function paceTable(probes: Probes, budgets: Budgets): string {
  const found = new Map<string, number[]>(Object.keys(probes).map((name) => [name, []]));
  // The first round is the compiler's; one round says nothing of speed anyway.
  for (let round = once ? 1 : 0; round <= ROUNDS; round++) {
    for (const [name, probe] of Object.entries(probes)) {
      const value = probe();
      if (round > 0) found.get(name)?.push(value);
    }
  }
  const rows: string[][] = [['path', 'a second', 'spread', 'of', 'ratio', 'spread', 'at least', '']];
  for (const [name, values] of found) {
    const budget = budgets[name];
    if (budget === undefined) {
      rows.push([`yardstick ${name}`, shown(middle(values)), spread(values), '', '', '', '', '']);
      continue;
    }
    const [yardstick, least] = budget;
    // Round by round: a slow round is slow for the yardstick too.
    const ratios = values.map((value, round) => value / (found.get(yardstick)?.[round] as number));
    const ratio = middle(ratios);
    rows.push([
      name,
      shown(middle(values)),
      spread(values),
      yardstick,
      ratio.toFixed(2),
      spread(ratios),
      least.toFixed(2),
      ratio >= least ? 'ok' : 'UNDER',
    ]);
  }
  return columns(rows).join('\n');
}
