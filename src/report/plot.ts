/** A line plot as SVG text: curves with confidence bands and markers. Colours come from the style sheet, shapes tell in print. */
import { linearScale, logScale, type Scale } from './scales.ts';

export interface PlotPoint {
  readonly x: number;
  readonly y: number;
  /** 95 % confidence bounds of y. */
  readonly low?: number;
  readonly high?: number;
  /** What the point is, for a pointer that rests on it. */
  readonly title?: string;
}

export interface PlotCurve {
  readonly name: string;
  /** Number of its colour, marker and dash. */
  readonly style: number;
  readonly points: readonly PlotPoint[];
}

export interface PlotAxis {
  readonly title: string;
  readonly log: boolean;
  readonly format: (value: number) => string;
  /** A linear axis reaches at least so far. */
  readonly atLeast?: number;
}

export interface Plot {
  readonly title: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly curves: readonly PlotCurve[];
}

const WIDTH = 460;
const HEIGHT = 300;
const LEFT = 64;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 46;
/** Colours of the style sheet; more curves than that begin again, with another dash. */
export const STYLES = 8;

export const escapeHtml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const fixed = (value: number): string => value.toFixed(1);

const shapes: readonly ((x: number, y: number) => string)[] = [
  (x, y) => `M${fixed(x - 3)} ${fixed(y)}a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z`,
  (x, y) => `M${fixed(x - 3)} ${fixed(y - 3)}h6v6h-6z`,
  (x, y) => `M${fixed(x)} ${fixed(y - 4)}l4 7h-8z`,
  (x, y) => `M${fixed(x)} ${fixed(y - 4)}l4 4l-4 4l-4 -4z`,
  (x, y) => `M${fixed(x)} ${fixed(y + 4)}l4 -7h-8z`,
  (x, y) => `M${fixed(x - 4)} ${fixed(y - 1)}h8v2h-8zM${fixed(x - 1)} ${fixed(y - 4)}h2v8h-2z`,
];

/** A marker of a curve, also for the legend. */
export const marker = (style: number, x: number, y: number, title = ''): string => {
  const shape = shapes[style % shapes.length] as (typeof shapes)[number];
  return `<path class="m c${style % STYLES}" d="${shape(x, y)}">${title === '' ? '' : `<title>${escapeHtml(title)}</title>`}</path>`;
};

interface Frame {
  readonly x: (value: number) => number;
  readonly y: (value: number) => number;
}

function curve({ style, points, name }: PlotCurve, { x, y }: Frame): string {
  const place = (px: number, py: number): string => `${fixed(x(px))} ${fixed(y(py))}`;
  const banded = points.filter((point) => point.low !== undefined && point.high !== undefined);
  const upper = banded.map((point) => place(point.x, point.high as number));
  const lower = banded.map((point) => place(point.x, point.low as number)).reverse();
  const band = banded.length < 2 ? '' : `<path class="b c${style % STYLES}" d="M${[...upper, ...lower].join('L')}z"/>`;
  const line = `<path class="l c${style % STYLES} d${style % 4}" d="M${points.map((point) => place(point.x, point.y)).join('L')}"/>`;
  const marks =
    points.length > 40 ? '' : points.map((point) => marker(style, x(point.x), y(point.y), point.title ?? name)).join('');
  return `${band}${points.length > 1 ? line : ''}${marks}`;
}

/** Lines and labels; labels that would touch each other are left out. */
function grid(scale: Scale, axis: PlotAxis, place: (value: number) => number, isX: boolean): string {
  let last = Number.NEGATIVE_INFINITY;
  return scale.ticks
    .map((tick) => {
      const at = place(tick);
      const line = isX
        ? `<path class="g" d="M${fixed(at)} ${TOP}V${HEIGHT - BOTTOM}"/>`
        : `<path class="g" d="M${LEFT} ${fixed(at)}H${WIDTH - RIGHT}"/>`;
      if (Math.abs(at - last) < (isX ? 42 : 14)) return line;
      last = at;
      const label = escapeHtml(axis.format(tick));
      return isX
        ? `${line}<text x="${fixed(at)}" y="${HEIGHT - BOTTOM + 16}" text-anchor="middle">${label}</text>`
        : `${line}<text x="${LEFT - 6}" y="${fixed(at + 4)}" text-anchor="end">${label}</text>`;
    })
    .join('');
}

/** The plot as a figure; a sentence instead where there is nothing to draw. */
export function plotFigure({ title, x, y, curves }: Plot): string {
  const drawn = curves
    .map((each) => ({ ...each, points: each.points.filter((p) => (!x.log || p.x > 0) && (!y.log || p.y > 0)) }))
    .filter(({ points }) => points.length > 0);
  const caption = `<figcaption>${escapeHtml(title)}</figcaption>`;
  if (drawn.length === 0) return `<figure>${caption}<p class="none">There is no number to draw.</p></figure>`;
  const all = drawn.flatMap(({ points }) => points);
  const xs = all.map((point) => point.x);
  const ys = all.flatMap((point) => [
    point.y,
    point.high ?? point.y,
    ...(y.log && (point.low ?? 0) > 0 ? [point.low as number] : []),
  ]);
  const scaleX = x.log ? logScale(xs) : linearScale(xs);
  const scaleY = y.log ? logScale(ys) : linearScale([...ys, y.atLeast ?? 0]);
  const frame: Frame = {
    x: (value) => LEFT + scaleX.at(value) * (WIDTH - LEFT - RIGHT),
    y: (value) => HEIGHT - BOTTOM - scaleY.at(value) * (HEIGHT - TOP - BOTTOM),
  };
  const names = `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 8}" text-anchor="middle">${escapeHtml(x.title)}</text><text transform="translate(12 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${escapeHtml(y.title)}</text>`;
  const summary = drawn
    .map(({ name }) => name)
    .filter((name) => name !== '')
    .join(', ');
  const label = escapeHtml(`${title}${summary === '' ? '' : `: ${summary}`}`);
  return [
    `<figure>${caption}<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${label}">`,
    grid(scaleX, x, frame.x, true),
    grid(scaleY, y, frame.y, false),
    ...drawn.map((each) => curve(each, frame)),
    names,
    '</svg></figure>',
  ].join('');
}
