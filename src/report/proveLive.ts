/** The line that shows how far a proof of many scenarios has come; a line of its own for each that is done. */
import type { ProofRow } from '../engines/explore/plan/proof.ts';
import type { ProveProgress } from '../engines/explore/threads/prove.ts';
import { type LiveStream, startLine } from './live.ts';
import { proofLine } from './proveText.ts';
import type { Environment } from './style.ts';
import { compact, seconds } from './units.ts';

/** Where lines are added and not repainted, there is one at least this often, if no scenario is done meanwhile. */
const LINE_MS = 5000;

/** The progress as one line. */
export function proveLine({ elapsedSeconds, doing, done, proved, total, states, guesses }: ProveProgress): string {
  const [low, high] = guesses;
  const upTo = high > 0 ? ` to ${compact(high)}` : ' or more';
  const most = low > 0 ? ` of perhaps ${compact(Math.max(low, states))}${upTo}` : '';
  return [
    seconds(elapsedSeconds),
    ...(total > 0 ? [`${done} of ${total} scenarios, ${proved} proved`] : []),
    ...(doing === '' ? [] : [doing]),
    ...(states > 0 ? [`${compact(states)} states${most}`] : []),
  ].join(' | ');
}

/** Starts the line. */
export function startProveLive(stream: LiveStream, now?: () => number, environment?: Environment) {
  const live = startLine(stream, proveLine, LINE_MS, now, environment);
  return { update: live.update, row: (row: ProofRow): void => live.note(proofLine(row)), stop: live.stop };
}
