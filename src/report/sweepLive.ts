/** Progress of a sweep: a line that repaints itself with a sparkline of the retry rate, plain lines, or JSON lines. */

import { cellName } from '../engines/measure/cells.ts';
import type { SweepProgress } from '../engines/measure/runSweep.ts';
import { type Live, type LiveStream, startLine } from './live.ts';
import { duration } from './units.ts';

/** Never silent for more than two seconds. */
const LINE_MS = 1900;
/** Cells a sparkline shows: the latest. */
const SPARKS = 24;
const BARS = '▁▂▃▄▅▆▇█';

/** Share of passes that were thrown away, of each value one bar. */
export const sparkline = (shares: readonly number[]): string =>
  shares.map((share) => BARS[Math.min(BARS.length - 1, Math.floor(share * BARS.length))]).join('');

export type ProgressKind = 'auto' | 'json' | 'none';

/** What the live view keeps of a sweep under way. */
class Pace {
  readonly shares: number[] = [];
  readonly #began: number;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
    this.#began = now();
  }

  take({ row }: SweepProgress): void {
    const perStable = row?.attempts?.perStable;
    if (row?.verdict === 'ok') this.shares.push(perStable === null || perStable === undefined ? 1 : 1 - 1 / perStable);
  }

  /** Milliseconds until the end, null before there is anything to go by. */
  etaMs({ done, skipped, total, repetition, repetitions }: SweepProgress): number | null {
    const cells = done - skipped + (done < total && repetitions > 0 ? repetition / repetitions : 0);
    return cells <= 0 ? null : ((this.#now() - this.#began) / cells) * (total - skipped - cells);
  }
}

export function sweepLine(
  progress: SweepProgress,
  etaMs: number | null,
  shares: readonly number[],
  varied: readonly string[],
): string {
  const { done, total, cell, repetition, repetitions } = progress;
  const parts = [`cell ${Math.min(done + 1, total)} of ${total}`];
  if (cell !== null)
    parts.push(cellName(cell.axes, varied), `repetition ${Math.min(repetition + 1, repetitions)} of ${repetitions}`);
  if (etaMs !== null) parts.push(`${duration(Math.max(0, etaMs) * 1e6)} left`);
  if (shares.length > 0) parts.push(`retries ${sparkline(shares.slice(-SPARKS))}`);
  return parts.join(' | ');
}

/** Starts the live view of a sweep over these axes. */
export function startSweepLive(
  stream: LiveStream,
  kind: ProgressKind,
  varied: readonly string[],
  now: () => number = () => performance.now(),
): Live<SweepProgress> {
  const pace = new Pace(now);
  if (kind === 'none') return { update: () => {}, note: (text) => void stream.write(`${text}\n`), stop: () => {} };
  if (kind === 'json') {
    return {
      update(progress) {
        pace.take(progress);
        if (progress.row === null) return;
        const { done, total, row } = progress;
        const { histograms: _, ...plain } = row;
        const eta = pace.etaMs(progress);
        const etaSeconds = eta === null ? null : Number((eta / 1000).toFixed(1));
        stream.write(`${JSON.stringify({ schema: 'hmm-lab/progress/1', done, total, etaSeconds, row: plain })}\n`);
      },
      note: () => {},
      stop: () => {},
    };
  }
  const line = startLine(
    stream,
    (progress: SweepProgress) => sweepLine(progress, pace.etaMs(progress), pace.shares, varied),
    LINE_MS,
    now,
  );
  return {
    ...line,
    update(progress) {
      pace.take(progress);
      line.update(progress);
    },
  };
}
