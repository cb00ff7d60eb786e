/** What came of looking for the interleaving behind the violation of a race, for people. */
import type { RaceResult } from '../engines/race/types.ts';
import type { Reproduced } from '../engines/reproduce/reproduce.ts';
import { failureText } from './exploreText.ts';
import { plural, seconds } from './units.ts';

/** Preemptions within which all scenarios that were looked at were covered. */
function reached(explored: Reproduced['explored']): string {
  const bound = Math.min(...explored.map((one) => one.bound));
  return bound < 0 || explored.length === 0 ? 'the time there was' : plural(bound, 'preemption');
}

/** What the search has found; or that it has not, and what every actor was at. */
export function reproducedText(
  { explored, found, seconds: took, interrupted }: Reproduced,
  { violations, log }: RaceResult,
): string {
  const [violation] = violations;
  const rule = violation?.rule ?? '';
  const looked = `${plural(explored.length, 'scenario')} in ${seconds(took)}`;
  const lines: string[] = [];
  if (found === null) {
    lines.push(
      `${interrupted ? 'Stopped. ' : ''}No trace found: ${looked}, within ${reached(explored)} each, and no rule was broken. What the actors passed last (log in the JSON result):`,
    );
  } else {
    const { scenario, sameRule, failure } = found;
    const which = sameRule ? `The same rule, ${rule}, is broken` : `Not ${rule}, but rule ${failure.oracle} is broken`;
    lines.push(`Trace found (${looked}). ${which} in ${scenario}: ${failure.message}`, '', ...failureText(failure));
  }
  if (found === null)
    lines.push(
      ...log.map(({ actor, operation, points }) => `  ${actor}, in ${operation}: ${points.join(' > ') || 'nothing yet'}`),
    );
  return `\n${lines.join('\n')}\n`;
}
