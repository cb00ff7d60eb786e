/** The line that shows how an exploration is doing. It is never silent for long: a search may have hours to go. */
import type { ExploreProgress } from '../engines/explore/threads/parallel.ts';
import type { LiveStream } from './live.ts';
import { type Environment, isLive, styleFor } from './style.ts';
import { compact, seconds } from './units.ts';

/** Where lines are added and not repainted, there is one at least this often. */
const LINE_MS = 1800;

const CLEAR_LINE = '\r\x1b[K';

/** The progress of an exploration as one line. */
export function exploreLine(progress: ExploreProgress, totalSeconds: number): string {
  const { elapsedSeconds, doing, executions, states, guesses, orders } = progress;
  const [low, high] = guesses;
  const pace = elapsedSeconds > 0 ? executions / elapsedSeconds : 0;
  const upTo = high > 0 ? ` to ${compact(high)}` : ' or more';
  const total = low > 0 ? ` of perhaps ${compact(Math.max(low, states))}${upTo}` : '';
  return [
    `${elapsedSeconds.toFixed(1)} of ${seconds(totalSeconds)}`,
    doing,
    `${compact(executions)} schedules (${compact(pace)}/s)`,
    `${compact(states)} states${total}`,
    ...(orders > 0 ? [`${compact(orders)} orders`] : []),
  ].join(' | ');
}

/** Starts the line. `stop` takes it away. */
export function startExploreLive(
  stream: LiveStream,
  totalSeconds: number,
  now: () => number = () => performance.now(),
  environment: Environment = process.env,
): { update(progress: ExploreProgress): void; stop(): void } {
  const repaints = isLive(stream, environment);
  const style = styleFor(stream, environment);
  let next = now() + (repaints ? 0 : LINE_MS);
  let painted = false;
  return {
    update(progress) {
      if (now() < next) return;
      const line = exploreLine(progress, totalSeconds);
      if (!repaints) {
        next = now() + LINE_MS;
        stream.write(`${line}\n`);
        return;
      }
      painted = true;
      stream.write(`${CLEAR_LINE}${style.dim(line.slice(0, (stream.columns || 80) - 1))}`);
    },
    stop() {
      if (painted) stream.write(CLEAR_LINE);
      painted = false;
    },
  };
}
