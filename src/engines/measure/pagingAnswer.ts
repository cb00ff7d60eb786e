/** The answer of a sweep where devices have memory of their own: when blocks are evicted, and what that costs where it is worst. */
import { type Axis, valueName } from './axes.ts';
import type { PlainRow } from './row.ts';
import { type Curves, type Series, xOf } from './series.ts';
import { at, label } from './words.ts';

const moved = (row: PlainRow): number => row.paging?.movedPerUsed ?? 0;
const evicts = (row: PlainRow): boolean => (row.paging?.evictionsPerFault ?? 0) > 0;

/** Pages that moved for a page used. */
const price = (value: number): string => (value === 0 ? '0' : value.toPrecision(3));

function onset(x: Axis | null, rows: readonly PlainRow[]): string {
  const evicting = rows.filter(evicts);
  if (evicting.length === 0) return 'Nothing was evicted.';
  const largest = x?.name === 'device-memory' ? Math.max(...evicting.map((row) => xOf(x, row))) : Number.NaN;
  const calm = x === null ? [] : rows.map((row) => xOf(x, row)).filter((value) => value > largest);
  if (x === null || calm.length === 0)
    return `A page used cost ${price(Math.min(...rows.map(moved)))} to ${price(Math.max(...rows.map(moved)))} pages moved.`;
  return `Blocks are evicted with device memory for ${valueName(x, largest)} of the region and less, and none with ${valueName(x, Math.min(...calm))}.`;
}

/** The end of x where it is worst: the least memory, or the most of anything else. */
function worst(x: Axis | null, series: readonly Series[]): string {
  const ends = series.flatMap((one) => {
    const ok = one.rows.filter(({ verdict }) => verdict === 'ok');
    const row = x?.name === 'device-memory' ? ok[0] : ok.at(-1);
    return row === undefined ? [] : [{ one, row }];
  });
  const sorted = [...ends].sort((a, b) => moved(a.row) - moved(b.row));
  const [best, most] = [sorted[0], sorted.at(-1)];
  if (best === undefined || most === undefined) return '';
  const where = x === null ? 'There' : `At ${at(x, xOf(x, most.row))}`;
  const [dear, cheap] = [price(moved(most.row)), price(moved(best.row))];
  const first = `${where} a page used cost ${dear} pages moved`;
  if (ends.length === 1) return `${first}.`;
  return dear === cheap ? `${first}, whatever the rest.` : `${first}${label(most.one)}, ${cheap}${label(best.one)}.`;
}

export function pagingAnswer({ x, series }: Curves): readonly [string, string] {
  const rows = series.flatMap((one) => one.rows).filter(({ verdict }) => verdict === 'ok');
  return [onset(x, rows), worst(x, series)];
}
