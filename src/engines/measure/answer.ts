/** The answer of a sweep in two sentences: where retries set in, and what becomes of the faults where it is worst. */
import { pagingAnswer } from './pagingAnswer.ts';
import type { PlainRow } from './row.ts';
import { type Curves, crossing, curvesOf, type Series, xOf } from './series.ts';
import { at, label, percent, time } from './words.ts';

/** Passes a stable window costs from which on one speaks of a storm. */
export const STORM = 2;

const perStable = (row: PlainRow): number | null => row.attempts?.perStable ?? null;

function onset({ x, series }: Curves): string {
  if (x === null) {
    const costs = series.flatMap(({ rows }) => rows).map(perStable);
    const known = costs.filter((cost) => cost !== null);
    if (known.length === 0) return 'No window became stable.';
    return `A stable window took ${Math.min(...known).toPrecision(3)} to ${Math.max(...known).toPrecision(3)} passes.`;
  }
  const onsets = series.map((one) => ({ one, x: crossing(x, one.rows, STORM, perStable) }));
  const reached = onsets.filter((each): each is { one: Series; x: number } => each.x !== null).sort((a, b) => a.x - b.x);
  const [first] = reached;
  const last = reached.at(-1);
  if (first === undefined || last === undefined) return `Nowhere did a stable window take ${STORM} passes or more.`;
  const start = `A window takes ${STORM} passes from about ${at(x, first.x)} on${label(first.one)}`;
  const free = onsets.find((each) => each.x === null);
  if (free !== undefined) return `${start}, and nowhere${label(free.one)}.`;
  return last.x / first.x < 1.05
    ? `${start.replace(label(first.one), '')}${series.length > 1 ? ', whatever the rest' : ''}.`
    : `${start}, and only from ${at(x, last.x)} on${label(last.one)}.`;
}

const timeoutShare = (row: PlainRow): number => row.timeouts?.share ?? 0;

function atWorst({ x, series }: Curves): string {
  const worst = series.flatMap((one) => {
    const row = one.rows.filter(({ verdict }) => verdict === 'ok').at(-1);
    return row === undefined ? [] : [{ one, row }];
  });
  if (worst.length === 0) return 'No cell could be measured.';
  const where = x === null ? '' : `At ${at(x, Math.max(...worst.map(({ row }) => xOf(x, row))))} `;
  const begin = (text: string): string => (where === '' ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : `${where}${text}`);
  const byTimeouts = [...worst].sort((a, b) => timeoutShare(a.row) - timeoutShare(b.row));
  const [best] = byTimeouts;
  const most = byTimeouts.at(-1);
  if (best === undefined || most === undefined) return '';
  if (timeoutShare(most.row) === 0) {
    const slowest = [...worst].sort((a, b) => (b.row.timeToStable?.p99Ns ?? 0) - (a.row.timeToStable?.p99Ns ?? 0))[0] ?? best;
    const ns = slowest.row.timeToStable?.p99Ns ?? 0;
    return begin(
      `no fault ran out of time; one window in a hundred took longer than ${time(ns)} to become stable${label(slowest.one)}.`,
    );
  }
  const single = `${percent(timeoutShare(most.row))} of all faults ran out of time${label(most.one)}`;
  if (worst.length === 1) return begin(`${single}, and ${percent(most.row.wasted?.share ?? 0)} of their time was wasted.`);
  return begin(`${single}, ${percent(timeoutShare(best.row))}${label(best.one)}.`);
}

/** Two sentences, from valid rows only. */
export function answerOf(rows: readonly PlainRow[], varied: readonly string[]): readonly [string, string] {
  const curves = curvesOf(rows, varied);
  if (rows.some(({ paging }) => paging !== null)) return pagingAnswer(curves);
  return rows.some(({ verdict }) => verdict === 'ok')
    ? [onset(curves), atWorst(curves)]
    : ['There is no answer.', 'No cell could be measured; the table says why.'];
}
