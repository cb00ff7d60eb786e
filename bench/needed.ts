/** How many schedules a way of sampling needs until one fails, over many seeds: as cells of a table. */

/** Schedules up to and with the one that fails, for each seed in ascending order; Infinity where none has failed. */
export type Needed = readonly number[];

/** For seeds from 1 on. */
export const neededBy = (seeds: number, schedules: (seed: number) => number): Needed =>
  Array.from({ length: seeds }, (_, i) => schedules(i + 1)).sort((a, b) => a - b);

const at = (needed: Needed, share: number): number => needed[Math.ceil(share * needed.length) - 1] as number;

/** The median, and between which numbers the middle half lies; what is not found within `most` counts as more. */
export function cell(needed: Needed, most: number): string {
  const shown = (schedules: number): string => (schedules === Number.POSITIVE_INFINITY ? `>${most}` : `${schedules}`);
  const [low, middle, high] = [at(needed, 0.25), at(needed, 0.5), at(needed, 0.75)].map(shown);
  return `${middle} (${low}–${high})`;
}

/** A line of a table in Markdown. */
export const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |\n`;
