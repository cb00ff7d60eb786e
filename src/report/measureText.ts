/** The result of a sweep for people: the answer, then a table with a row for each cell. */
import { axisNamed, valueName } from '../engines/measure/axes.ts';
import type { MeasureResult } from '../engines/measure/result.ts';
import type { PlainRow } from '../engines/measure/row.ts';
import type { Spread } from '../engines/measure/statistics.ts';
import { plainStyle, type Style } from './style.ts';
import { columns, compact, count, duration, percent, plural } from './units.ts';

/** Half the width of the confidence interval, relative to the mean. */
export function halfWidth(spread: Spread | null): string {
  if (spread === null || spread.mean === 0 || spread.min === spread.max) return '';
  const share = (100 * (spread.high - spread.mean)) / spread.mean;
  if (share < 0.005) return '';
  return ` ±${share < 99.5 ? share.toPrecision(2) : share.toFixed(0)}%`;
}

/** A column of the table after those of the axes, for a row that has numbers. */
interface Column {
  readonly title: string;
  readonly of: (row: PlainRow) => string;
}

const stable = ({ timeToStable }: PlainRow): boolean => timeToStable !== null && timeToStable.count > 0;

const always: readonly Column[] = [
  { title: 'inv. done', of: ({ invalidations }) => (invalidations === null ? '-' : `${compact(invalidations.done)}/s`) },
  { title: 'faults', of: ({ n }) => count(n) },
  { title: 'rounds', of: ({ rounds }) => rounds?.toFixed(2) ?? '-' },
  {
    title: 'passes',
    of: (row) => (stable(row) && row.attempts ? `${row.attempts.mean.toFixed(2)}${halfWidth(row.attempts.spread)}` : '-'),
  },
  { title: 'p99', of: (row) => (stable(row) && row.attempts ? row.attempts.p99.toFixed(0) : '-') },
  { title: 'per stable', of: ({ attempts }) => attempts?.perStable?.toPrecision(3) ?? 'none stable' },
  {
    title: 'time to stable',
    of: (row) =>
      stable(row) && row.timeToStable ? `${duration(row.timeToStable.meanNs)}${halfWidth(row.timeToStable.spread)}` : '-',
  },
  { title: 'p99', of: (row) => (stable(row) && row.timeToStable ? duration(row.timeToStable.p99Ns) : '-') },
  { title: 'timeouts', of: ({ timeouts }) => (timeouts === null ? '-' : percent(timeouts.share)) },
  { title: 'wasted', of: ({ wasted }) => (wasted === null ? '-' : percent(wasted.share)) },
];

/** Where devices have memory of their own. */
const ofPaging: readonly Column[] = [
  { title: 'evictions/fault', of: ({ paging }) => (paging ? paging.evictionsPerFault.toFixed(2) : '-') },
  {
    title: 'moved/used',
    of: ({ paging }) => (paging ? `${paging.movedPerUsed.toFixed(3)}${halfWidth(paging.movedSpread)}` : '-'),
  },
  { title: 'remote', of: ({ paging }) => (paging ? percent(paging.remote) : '-') },
  { title: 'held back', of: ({ paging }) => (paging ? percent(paging.naps) : '-') },
  { title: 'request', of: ({ latency }) => (latency ? `${duration(latency.raw.meanNs)}${halfWidth(latency.raw.spread)}` : '-') },
];

/** The columns that these rows need. */
export const measureColumns = (rows: readonly PlainRow[]): readonly Column[] =>
  rows.some(({ paging }) => paging !== null) ? [...always, ...ofPaging] : always;

export const axisCells = (row: PlainRow, varied: readonly string[]): string[] =>
  varied.map((name) => {
    const value = row.axes[name];
    return value === null || value === undefined ? '-' : valueName(axisNamed(name), value);
  });

/** A table that says why where a row has no number. */
function table(result: MeasureResult, style: Style): string[] {
  const names = result.varied.length === 0 ? ['invalidations'] : result.varied;
  const measured = measureColumns(result.rows);
  const head = [...names.map((name) => axisNamed(name).title), ...measured.map(({ title }) => title)];
  const [first = '', ...lines] = columns([
    head,
    ...result.rows.map((row) => [...axisCells(row, names), ...(row.verdict === 'ok' ? measured.map(({ of }) => of(row)) : [])]),
  ]);
  const notes = result.rows.map(({ verdict, why }) => {
    if (verdict === 'ok') return '';
    const word = verdict.toUpperCase();
    return `  ${verdict === 'invalid' ? style.doubtful(word) : style.bad(word)}: ${why}`;
  });
  return [style.bold(first), ...lines.map((line, i) => `${line}${notes[i]}`)];
}

function verdict({ verdict: word, cells, rows }: MeasureResult, style: Style): string {
  const invalid = rows.filter((row) => row.verdict === 'invalid').length;
  switch (word) {
    case 'ok':
      return `${style.good('OK')}: ${plural(cells.done, 'cell')} measured.`;
    case 'invalid':
      return `${style.doubtful('INVALID')}: ${invalid} of ${plural(cells.done, 'cell')} could not be measured.`;
    case 'violation':
      return `${style.bad('VIOLATION')}: a rule of the model was broken.`;
    case 'interrupted':
      return `${style.doubtful('INTERRUPTED')}: ${cells.done} of ${plural(cells.here, 'cell')} measured; the same command goes on.`;
  }
}

/** The summary of a sweep, ending with a line break. */
export function measureText(result: MeasureResult, style: Style = plainStyle): string {
  const lines = [verdict(result, style), ...result.answer, '', ...table(result, style), '', `again  ${result.command}`, ''];
  return lines.join('\n');
}
