/** The line that shows how a race is doing: one that repaints itself on a terminal, a new one now and then elsewhere. */
import type { RaceProgress } from '../engines/race/types.ts';
import { type Environment, isLive, styleFor } from './style.ts';
import { compact, percent, seconds } from './units.ts';

/** A terminal is repainted at most this often; elsewhere a line is added at most this often. */
const REPAINT_MS = 100;
const LINE_MS = 5000;

const CLEAR_LINE = '\r\x1b[K';

/** What the line is written to: stderr, or a test's. */
export interface LiveStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** A live line that shows progress of some kind. */
export interface Live<P = RaceProgress> {
  update(progress: P): void;
  /** A line of its own, above the live one. */
  note(text: string): void;
  /** Takes the live line away. */
  stop(): void;
}

/** The progress of a race as one line. */
export function progressLine({ elapsedSeconds, counters, checks }: RaceProgress, totalSeconds: number): string {
  const passes = counters.rangeFaultPasses;
  const parts = [
    `${elapsedSeconds.toFixed(1)} of ${seconds(totalSeconds)}`,
    `${compact(counters.operations)} operations (${compact(elapsedSeconds > 0 ? counters.operations / elapsedSeconds : 0)}/s)`,
    `faults ${compact(counters.cpuFaults)} cpu ${compact(counters.deviceFaults)} device`,
    `retries ${percent(passes === 0 ? 0 : (counters.readRetries + counters.rangeBusy) / passes)}`,
    `invalidations ${compact(counters.invalidations)}`,
    `migrated ${compact(counters.migratedToDevice)} out ${compact(counters.migratedToSystem)} back`,
    `checks ${compact(checks)}`,
  ];
  return parts.join(' | ');
}

/** Starts a live line for a race of so many seconds. `now` is in milliseconds. */
export function startLive(
  stream: LiveStream,
  totalSeconds: number,
  now: () => number = () => performance.now(),
  environment: Environment = process.env,
): Live {
  return startLine(stream, (progress: RaceProgress) => progressLine(progress, totalSeconds), LINE_MS, now, environment);
}

/** Starts a live line; where it cannot repaint itself, a new line comes at most each `lineMs`. */
export function startLine<P>(
  stream: LiveStream,
  render: (progress: P) => string,
  lineMs: number,
  now: () => number = () => performance.now(),
  environment: Environment = process.env,
): Live<P> {
  const repaints = isLive(stream, environment);
  const style = styleFor(stream, environment);
  const interval = repaints ? REPAINT_MS : lineMs;
  let next: number | undefined;
  let painted = '';

  return {
    update(progress) {
      // On a terminal the first sample shows at once; elsewhere a short race stays silent, however long it takes to start.
      next ??= now() + (repaints ? 0 : interval);
      if (now() < next) return;
      next = now() + interval;
      const line = render(progress);
      if (!repaints) {
        stream.write(`${line}\n`);
        return;
      }
      // A line that wraps cannot be taken back; the last column stays free, as some terminals wrap there. A terminal that
      // does not know its width says 0.
      painted = `${CLEAR_LINE}${style.dim(line.slice(0, (stream.columns || 80) - 1))}`;
      stream.write(painted);
    },
    note(text) {
      stream.write(`${painted === '' ? '' : CLEAR_LINE}${text}\n${painted}`);
    },
    stop() {
      if (painted !== '') stream.write(CLEAR_LINE);
      painted = '';
    },
  };
}
