/** The line that shows how far a race matrix has come; a line of its own for each cell that is not proved. */
import type { ProveProgress } from '../engines/explore/threads/prove.ts';
import type { MatrixCell } from '../engines/matrix/matrixResult.ts';
import { type LiveStream, startLine } from './live.ts';
import type { Environment } from './style.ts';
import { compact, count, seconds } from './units.ts';

/** Where lines are added and not repainted, there is one this often. */
const LINE_MS = 5000;

export const matrixLine = ({ elapsedSeconds, done, proved, total, states }: ProveProgress): string =>
  [
    seconds(elapsedSeconds),
    ...(total > 0 ? [`${count(done)} of ${count(total)} cells, ${count(proved)} proved`] : ['setting up']),
    ...(done > 0 && total > done ? [`about ${seconds((elapsedSeconds / done) * (total - done))} left`] : []),
    ...(states > 0 ? [`${compact(states)} states`] : []),
  ].join(' | ');

export function startMatrixLive(stream: LiveStream, now?: () => number, environment?: Environment) {
  const live = startLine(stream, matrixLine, LINE_MS, now, environment);
  const cell = ({ state, operations, verdict, failure, basis }: MatrixCell): void => {
    if (verdict !== 'proved') live.note(`${verdict}: ${operations.join(' x ')} from ${state}: ${failure?.message ?? basis}`);
  };
  return { update: live.update, cell, stop: live.stop };
}
