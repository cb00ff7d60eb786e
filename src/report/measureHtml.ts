/** The report of a sweep: one HTML file that needs nothing else, no script either. */

import { INTERVAL_LIMIT } from '../arena/config.ts';
import { restored } from '../engines/cell/repetitionCounts.ts';
import { type Axis, axes, axisNamed, valueName } from '../engines/measure/axes.ts';
import type { MeasureResult } from '../engines/measure/result.ts';
import type { Row } from '../engines/measure/row.ts';
import { seriesName, xOf } from '../engines/measure/series.ts';
import type { Spread } from '../engines/measure/statistics.ts';
import { axisCells, measureColumns } from './measureText.ts';
import { marker, type Plot, type PlotAxis, type PlotCurve, type PlotPoint, plotFigure, escapeHtml as safe } from './plot.ts';
import { reportStyle } from './reportStyle.ts';
import { compact, count, duration, percent } from './units.ts';

/** Curves a plot can hold before nobody can tell them apart. */
const MOST_CURVES = 8;

/** How the varied axes become plots: one along x, one by colour, the rest as a group of plots each. */
interface Arrangement {
  readonly x: Axis | null;
  readonly colour: string | null;
  readonly groups: readonly string[];
}

function arrange(rows: readonly Row[], varied: readonly string[]): Arrangement {
  const numeric = varied.filter((name) => axisNamed(name).kind !== 'choice');
  const x = numeric.includes('invalidations') ? 'invalidations' : numeric[0];
  const names = varied.filter((name) => name !== x);
  const valuesOf = (name: string): number => new Set(rows.map((row) => row.axes[name])).size;
  const fitting = names.filter((name) => valuesOf(name) <= MOST_CURVES);
  const colour = fitting.includes('policy') ? 'policy' : (fitting.at(-1) ?? null);
  return { x: x === undefined ? null : axisNamed(x), colour, groups: names.filter((name) => name !== colour) };
}

interface Quantity {
  readonly title: string;
  readonly y: PlotAxis;
  /** What it can be at least and at most: a confidence band ends there. */
  readonly bounds: readonly [number, number];
  readonly of: (row: Row) => { readonly value: number; readonly spread: Spread | null } | null;
}

/** To three digits. */
const plain = (value: number): string => String(Number(value.toPrecision(3)));

const share: PlotAxis = {
  title: 'share',
  log: false,
  atLeast: 0.01,
  format: (value) => `${Number((100 * value).toPrecision(3))} %`,
};

const quantities: readonly Quantity[] = [
  {
    title: 'Passes for each stable window',
    y: { title: 'passes', log: true, format: (value) => compact(value) },
    bounds: [1, Number.POSITIVE_INFINITY],
    of: ({ attempts }) =>
      attempts === null || attempts.perStable === null ? null : { value: attempts.perStable, spread: attempts.perStableSpread },
  },
  {
    title: 'Time until a window is stable, mean',
    y: { title: 'time', log: true, format: duration },
    bounds: [0, Number.POSITIVE_INFINITY],
    of: ({ timeToStable }) =>
      timeToStable === null || timeToStable.count === 0 ? null : { value: timeToStable.meanNs, spread: timeToStable.spread },
  },
  {
    title: 'Faults that ran out of time',
    y: share,
    bounds: [0, 1],
    of: ({ timeouts }) => (timeouts === null ? null : { value: timeouts.share, spread: timeouts.spread }),
  },
  {
    title: 'Fault time spent in passes that were thrown away',
    y: share,
    bounds: [0, 1],
    of: ({ wasted }) => (wasted === null ? null : { value: wasted.share, spread: wasted.spread }),
  },
];

/** Where devices have memory of their own. */
const pagingQuantities: readonly Quantity[] = [
  {
    title: 'Pages that moved for each page used',
    y: { title: 'pages', log: false, atLeast: 0.01, format: plain },
    bounds: [0, Number.POSITIVE_INFINITY],
    of: ({ paging }) => (paging === null ? null : { value: paging.movedPerUsed, spread: paging.movedSpread }),
  },
  {
    title: 'Blocks evicted for each device fault',
    y: { title: 'blocks', log: false, atLeast: 0.01, format: plain },
    bounds: [0, Number.POSITIVE_INFINITY],
    of: ({ paging }) => (paging === null ? null : { value: paging.evictionsPerFault, spread: paging.evictionsSpread }),
  },
];

const quantitiesFor = (rows: readonly Row[]): readonly Quantity[] =>
  rows.some(({ paging }) => paging !== null) ? [...pagingQuantities, ...quantities] : quantities;

function pointsOf(
  rows: readonly Row[],
  x: Axis,
  { of, bounds: [least, most] }: Quantity,
  format: (value: number) => string,
): PlotPoint[] {
  return rows
    .filter(({ verdict }) => verdict === 'ok')
    .flatMap((row) => {
      const found = of(row);
      if (found === null) return [];
      const at = xOf(x, row);
      const title = `${valueName(x, row.axes[x.name] as number)}: ${format(found.value)}`;
      const { value: y, spread } = found;
      const bounds =
        spread === null || spread.high === spread.low
          ? {}
          : { low: Math.max(least, spread.low), high: Math.min(most, spread.high) };
      return [{ x: at, y, ...bounds, title }];
    })
    .sort((a, b) => a.x - b.x);
}

/** The curves of a group, in the order of the rows. */
function byColour(rows: readonly Row[], colour: string | null): Map<string, Row[]> {
  const curves = new Map<string, Row[]>();
  for (const row of rows) {
    const name = colour === null ? '' : seriesName(row, [colour]);
    curves.set(name, [...(curves.get(name) ?? []), row]);
  }
  return curves;
}

const axisX = (x: Axis): PlotAxis => ({
  title: x.unit === '/s' ? `${x.title} a second` : x.unit === undefined ? x.title : `${x.title} (${x.unit})`,
  log: true,
  format: (value) => {
    if (x.kind === 'size') return valueName(x, value >= INTERVAL_LIMIT ? 0 : value);
    return x.whole || value >= 10 ? compact(value) : plain(value);
  },
});

/** How long faults take, by percentile, where x is largest: corrected for waiting, and as they were. */
function latencyPlot(curves: ReadonlyMap<string, Row[]>, styles: readonly string[], x: Axis | null): Plot {
  const drawn: PlotCurve[] = [];
  for (const [name, rows] of curves) {
    const sorted = x === null ? rows : [...rows].sort((a, b) => xOf(x, a) - xOf(x, b));
    const row = sorted.filter(({ histograms }) => histograms !== null).at(-1);
    if (row === undefined || row.histograms === null || row.n === 0) continue;
    const histogram = restored([row.histograms.corrected]);
    const points: PlotPoint[] = [];
    for (let left = 1; left * row.n >= 1; left /= 1.5) {
      const ns = histogram.quantile(1 - left);
      points.push({ x: 1 / left, y: ns, title: `${name} ${percent(1 - left)}: ${duration(ns)}` });
    }
    drawn.push({ name, style: styles.indexOf(name), points });
  }
  const format = (value: number): string => (value <= 1 ? '0 %' : `${Number((100 * (1 - 1 / value)).toPrecision(6))} %`);
  const where = x === null ? '' : `, at the largest ${x.title}`;
  return {
    title: `Fault latency by percentile, from when it was due${where}`,
    x: { title: 'percentile', log: true, format },
    y: { title: 'time', log: true, format: duration },
    curves: drawn,
  };
}

function legend(styles: readonly string[]): string {
  if (styles.length < 2) return '';
  const entries = styles.map(
    (name, i) =>
      `<li><svg viewBox="0 0 28 12" aria-hidden="true"><path class="l c${i} d${i % 4}" d="M0 6H28"/>${marker(i, 14, 6)}</svg>${safe(name)}</li>`,
  );
  return `<ul class="legend">${entries.join('')}</ul>`;
}

function plots(rows: readonly Row[], varied: readonly string[]): string {
  const { x, colour, groups } = arrange(rows, varied);
  const styles = [...byColour(rows, colour).keys()];
  const grouped = new Map<string, Row[]>();
  for (const row of rows) {
    const name = seriesName(row, groups);
    grouped.set(name, [...(grouped.get(name) ?? []), row]);
  }
  return [...grouped]
    .map(([name, members]) => {
      const curves = byColour(members, colour);
      const figures =
        x === null
          ? []
          : quantitiesFor(rows).map((quantity) =>
              plotFigure({
                title: quantity.title,
                x: axisX(x),
                y: quantity.y,
                curves: [...curves].map(([curve, of]) => ({
                  name: curve,
                  style: styles.indexOf(curve),
                  points: pointsOf(of, x, quantity, (value) => `${curve} ${quantity.y.format(value)}`.trim()),
                })),
              }),
            );
      const latency = plotFigure(latencyPlot(curves, styles, x));
      return `<section>${name === '' ? '' : `<h3>${safe(name)}</h3>`}${legend(styles)}<div class="plots">${figures.join('')}${latency}</div></section>`;
    })
    .join('\n');
}

function table(rows: readonly Row[], varied: readonly string[]): string {
  const names = varied.length === 0 ? ['invalidations'] : varied;
  const columns = measureColumns(rows);
  const head = [...names.map((name) => axisNamed(name).title), ...columns.map(({ title }) => title)]
    .map((title) => `<th scope="col">${safe(title)}</th>`)
    .join('');
  const body = rows
    .map((row) => {
      const axisPart = axisCells(row, names).map((text) => `<td>${safe(text)}</td>`);
      const rest =
        row.verdict === 'ok'
          ? columns.map(({ of }) => `<td class="n">${safe(of(row))}</td>`)
          : [`<td colspan="${columns.length}"><strong>${row.verdict.toUpperCase()}</strong> ${safe(row.why ?? '')}</td>`];
      return `<tr>${axisPart.join('')}${rest.join('')}</tr>`;
    })
    .join('\n');
  return `<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

const pairs = (entries: readonly (readonly [string, string])[]): string =>
  `<dl>${entries.map(([term, text]) => `<dt>${safe(term)}</dt><dd>${safe(text)}</dd>`).join('')}</dl>`;

/** What was asked: every axis, the usual value where none was given. */
function asked({ config, engine }: MeasureResult): string {
  const shown = axes.filter(({ name }) => name !== 'driver' && !(engine === 'race' && ['cpus', 'preset'].includes(name)));
  const costs = Object.entries(config.costs).map(([name, ns]) => `${name}=${ns} ns`);
  return pairs([
    ['driver', config.drivers.join(', ')],
    ...shown.map(({ name, usual }) => [name, config.axes[name] ?? `${usual} (usual)`] as const),
    ...(costs.length === 0 ? [] : [['cost', costs.join(', ')] as const]),
  ]);
}

function environment({ engine, environment: env, config, version, seed }: MeasureResult, rows: readonly Row[]): string {
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const steps = rows.reduce((sum, row) => sum + row.steps, 0);
  const time = `${duration(seconds * 1e9)} ${engine === 'simulate' ? `of virtual time, ${count(steps)} steps` : 'of real time'}`;
  return pairs([
    ['engine', engine === 'simulate' ? 'simulate: virtual time, no noise of the machine' : 'race: real threads'],
    ['hmm-lab', version],
    ['node', `${env.node} on ${env.platform}`],
    ...(env.cpu === undefined ? [] : [['processor', `${env.cores} x ${env.cpu}`] as const]),
    ['seed', String(seed)],
    ['repetitions', `${config.repetitions} a cell, of at most ${config.seconds} s, the first tenth of which does not count`],
    ['measured', time],
  ]);
}

/** The same result gives the same text, byte for byte. */
export function measureHtml(result: MeasureResult, rows: readonly Row[]): string {
  const { answer, varied, cells, command } = result;
  const state =
    cells.done < cells.here ? `<p class="warn">Interrupted: ${cells.done} of ${cells.here} cells are measured.</p>` : '';
  const part =
    cells.here < cells.total ? `<p class="warn">This is one part of a sweep: ${cells.here} of ${cells.total} cells.</p>` : '';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>hmm-lab: ${safe(answer[0])}</title>
<style>${reportStyle}</style>
</head>
<body>
<main>
<h1>The retry loop under invalidations</h1>
<p class="answer">${answer.map(safe).join(' ')}</p>
${state}${part}
<h2>Plots</h2>
<p>Bands are 95 % confidence intervals of the mean over repetitions. A window is the part of a device fault that becomes stable as a whole.</p>
${plots(rows, varied)}
<h2>Table</h2>
<p><em>passes</em> are those of windows that became stable, <em>per stable</em> counts every pass made for each stable window. Spreads are 95 % confidence intervals.</p>
${table(rows, varied)}
<h2>What was asked</h2>
${asked(result)}
<h2>Environment</h2>
${environment(result, rows)}
<h2>How to run it again</h2>
<pre>${safe(command)}</pre>
<p>Beside this file: <code>results.jsonl</code> (a line a cell), <code>cells.jsonl</code> (with histograms), <code>hgrm/</code> (for HdrHistogram's tools).</p>
</main>
</body>
</html>
`;
}
