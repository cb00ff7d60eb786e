/** Makes a program that breaks a rule smaller, for as long as it breaks the same one. */
import type { ExploreFailure } from '../engines/explore/failure/report.ts';
import { isUsageError } from '../input/usageError.ts';
import { parseProgram, programName } from '../programs/program.ts';
import { smaller } from '../programs/random/smaller.ts';
import { explore } from './explore.ts';
import type { DriverRequest } from './subject.ts';

/** Searches for each smaller program; and programs that are tried. */
const SMALLER_SECONDS = 3;
const MOST_SMALLER = 200;

/** Does it break the rule? Null if not, or if it cannot be set up. */
async function broken(
  program: string,
  rule: string,
  request: DriverRequest,
  signal?: AbortSignal,
): Promise<ExploreFailure | null> {
  try {
    const { failure } = await explore(
      { ...request, scenario: program, seconds: SMALLER_SECONDS },
      signal === undefined ? {} : { signal },
    );
    return failure?.oracle === rule ? failure : null;
  } catch (error) {
    if (isUsageError(error)) return null;
    throw error;
  }
}

export const isStopped = (signal: AbortSignal | undefined): boolean => signal?.aborted === true;

/** The smallest program that breaks the same rule, and how. */
export async function shrunk(
  text: string,
  rule: string,
  request: DriverRequest,
  signal?: AbortSignal,
): Promise<{ readonly smallest: string; readonly failure: ExploreFailure | null }> {
  let best = parseProgram(text);
  let failure: ExploreFailure | null = null;
  let tries = 0;
  for (let again = true; again && !isStopped(signal); ) {
    again = false;
    for (const one of smaller(best)) {
      if (++tries > MOST_SMALLER || isStopped(signal)) break;
      const found = await broken(programName(one), rule, request, signal);
      if (found === null) continue;
      [best, failure, again] = [one, found, true];
      break;
    }
  }
  failure ??= await broken(text, rule, request, signal);
  return { smallest: programName(best), failure };
}
