/** The line that shows how an exploration is doing. It is never silent for long: a search may have hours to go. */
import type { ExploreProgress } from '../engines/explore/threads/supervised.ts';
import { type Live, type LiveStream, startLine } from './live.ts';
import type { Environment } from './style.ts';
import { compact, seconds } from './units.ts';

/** Where lines are added and not repainted, there is one at least this often. */
const LINE_MS = 1800;

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

/** Starts the line. */
export const startExploreLive = (
  stream: LiveStream,
  totalSeconds: number,
  now?: () => number,
  environment?: Environment,
): Live<ExploreProgress> => startLine(stream, (progress) => exploreLine(progress, totalSeconds), LINE_MS, now, environment);
