/** Rows of cells as lines of columns. */

/** Most characters of a line. */
export const WIDTH = 130;

/** Narrowest column that a line may be made to fit with. */
const LEAST = 8;

export const ELLIPSIS = '…';

const cut = (cell: string, width: number): string =>
  cell.length <= width ? cell : `${cell.slice(0, Math.max(0, width - 1))}${ELLIPSIS}`;

/** The widths of columns that are wanted, made to fit a line: the widest give way. */
function fitting(wanted: readonly number[]): number[] {
  const room = WIDTH - 2 * (wanted.length - 1);
  const sum = (most: number): number => wanted.reduce((all, width) => all + Math.min(width, most), 0);
  let most = Math.max(...wanted);
  while (most > LEAST && sum(most) > room) most--;
  let spare = Math.max(0, room - sum(most));
  return wanted
    .toReversed()
    .map((width) => {
      const given = Math.min(width, most + spare);
      spare -= Math.max(0, given - most);
      return given;
    })
    .toReversed();
}

/** A cell for each column, as wide as the widest if they fit a line; the first is set to the right. Long cells are cut. */
export function aligned(rows: readonly (readonly string[])[]): string[] {
  const wanted = (rows[0] as readonly string[]).map((_, i) => Math.max(...rows.map((row) => (row[i] as string).length)));
  const widths = fitting(wanted);
  const pad = (cell: string, i: number): string => {
    const width = widths[i] as number;
    return i === 0 ? cut(cell, width).padStart(width) : cut(cell, width).padEnd(width);
  };
  return rows.map((row) => row.map(pad).join('  ').trimEnd());
}
