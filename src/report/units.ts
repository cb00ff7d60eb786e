/** Numbers for people: durations, counts, shares, and columns of them. */

/** Two digits are what a histogram knows; more would pretend. */
const short = (value: number): string => (value < 9.95 ? value.toFixed(1) : value.toFixed(0));

/** Rounds to the first unit in which fewer than 1000 are needed. */
function scaled(value: number, units: readonly string[], plain: (value: number) => string): string {
  let rest = value;
  for (const [i, unit] of units.entries()) {
    const isLast = i === units.length - 1;
    if (isLast || rest < 999.5) return `${i === 0 ? plain(rest) : short(rest)}${unit}`;
    rest /= 1000;
  }
  return plain(value);
}

/** `850 ns`, `1.2 us`, `34 ms`, `2.5 s`. */
export const duration = (ns: number): string => scaled(ns, [' ns', ' us', ' ms', ' s'], (value) => value.toFixed(0));

/** `850`, `1.2k`, `34M`: for a line that has to be short. */
export const compact = (value: number): string => scaled(value, ['', 'k', 'M', 'G', 'T'], (rest) => rest.toFixed(0));

/** `1,234,567`: every digit, for a number somebody may want to compare. */
export const count = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3})+$)/g, ',');

/** `8.0 s`. */
export const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** A share as `12.3 %`, `3.1 %`, `0.042 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value === 0) return '0 %';
  if (value < 0.001) return 'below 0.001 %';
  return `${value >= 9.95 ? value.toFixed(1) : Number(value.toPrecision(2))} %`;
}

/** `1 device`, `2 devices`, `no devices`. */
export function plural(amount: number, noun: string): string {
  return `${amount === 0 ? 'no' : count(amount)} ${noun}${amount === 1 ? '' : 's'}`;
}

/** `readRetries` as `read retries`. */
export const words = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

/** Lines of aligned columns, two blanks apart: the first to the left, the others, being numbers, to the right. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length);
  }
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
