/** The result of a sweep for people: the answer, then a table with a row for each cell. */
import { axisNamed, valueName } from '../engines/measure/axes.ts';
import type { MeasureResult, PlainRow } from '../engines/measure/result.ts';
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

/** Titles of the columns after those of the axes. */
export const measureTitles = [
  'inv. done',
  'faults',
  'rounds',
  'passes',
  'p99',
  'per stable',
  'time to stable',
  'p99',
  'timeouts',
  'wasted',
] as const;

/** The cells of a row for {@link measureTitles}: empty where a row has no number. */
export function measureCells(row: PlainRow): string[] {
  const { attempts, timeToStable, timeouts, wasted, n } = row;
  const stable = timeToStable !== null && timeToStable.count > 0;
  return [
    row.invalidations === null ? '-' : `${compact(row.invalidations.done)}/s`,
    count(n),
    row.rounds === null ? '-' : row.rounds.toFixed(2),
    stable && attempts !== null ? `${attempts.mean.toFixed(2)}${halfWidth(attempts.spread)}` : '-',
    stable && attempts !== null ? attempts.p99.toFixed(0) : '-',
    attempts?.perStable == null ? 'none stable' : attempts.perStable.toPrecision(3),
    stable ? `${duration(timeToStable.meanNs)}${halfWidth(timeToStable.spread)}` : '-',
    stable ? duration(timeToStable.p99Ns) : '-',
    timeouts === null ? '-' : percent(timeouts.share),
    wasted === null ? '-' : percent(wasted.share),
  ];
}

export const axisCells = (row: PlainRow, varied: readonly string[]): string[] =>
  varied.map((name) => {
    const value = row.axes[name];
    return value === null || value === undefined ? '-' : valueName(axisNamed(name), value);
  });

/** A table that says why where a row has no number. */
function table(result: MeasureResult, style: Style): string[] {
  const names = result.varied.length === 0 ? ['invalidations'] : result.varied;
  const head = [...names.map((name) => axisNamed(name).title), ...measureTitles];
  const [first = '', ...lines] = columns([
    head,
    ...result.rows.map((row) => [...axisCells(row, names), ...(row.verdict === 'ok' ? measureCells(row) : [])]),
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
