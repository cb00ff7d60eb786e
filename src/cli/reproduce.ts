/** After a race that broke a rule: the search for the interleaving behind it, and what came of it. */
import type { RaceResult } from '../engines/race/types.ts';
import type { Reproduced } from '../engines/reproduce/reproduce.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { failureText } from '../report/exploreText.ts';
import { plural, seconds } from '../report/units.ts';
import { bugNamed } from './bugNamed.ts';
import { importReproducer } from './explored.ts';

const EXIT_VIOLATION = 1;

/** Rules about the threads of a race, that no interleaving of the model breaks. */
const ofThreads = (message: string): boolean => /^the worker of /.test(message);

/**
 * Null when there is nothing to look for: no violation, or `budget` 0. A first Ctrl-C ends the search; at a
 * second one the program leaves at once, after `leave`, and with the exit code of the violation that is known.
 */
export async function reproduceRace(
  { violations, log, config }: RaceResult,
  budget: number,
  leave: () => void = () => {},
): Promise<Reproduced | null> {
  const [violation] = violations;
  if (violation === undefined || budget === 0 || ofThreads(violation.message)) return null;
  process.stderr.write(
    `Looking for it under a controlled scheduler, for ${seconds(budget)} at most; Ctrl-C ends that, --trace 0 leaves it out.\n`,
  );
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) {
      leave();
      process.exit(EXIT_VIOLATION);
    }
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  const live = startExploreLive(process.stderr, budget);
  try {
    const bug = config.bug === undefined ? undefined : await bugNamed(config.bug);
    const { fittingScenarios, reproduce } = await importReproducer(bug);
    const { rule, actor } = violation;
    const scenarios = await fittingScenarios({ rule, actor, log }, { driver: config.driver, swap: config.swap > 0 });
    const options = { rule, scenarios, settings: config.driverSettings, seconds: budget };
    return await reproduce(options, { onProgress: live.update, signal: stop.signal });
  } finally {
    live.stop();
    process.off('SIGINT', interrupt);
  }
}

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
