/** What the user's code does wrong, in a sentence. */
import { Violation } from '../../../arena/violation.ts';

/** An error in a sentence. */
export function reason(error: unknown): string {
  if (error instanceof Violation) return `rule ${error.rule} is broken: ${error.detail}`;
  const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return why;
}
