/** `hmm-lab explore --format`: a program in its usual form, a line for each of its parts. */
import { programAsked } from '../library/scenarioName.ts';
import { programText } from '../programs/program.ts';
import { quote, UsageError } from './usage.ts';

/**
 * @param others what else was asked for that explores.
 * @throws UsageError when it is no program, or not only to be printed.
 */
export function formatProgram(asked: string | undefined, others: readonly string[]): string {
  const [odd] = others;
  if (odd !== undefined) throw new UsageError(`--format prints a program and explores nothing: it does not go with --${odd}`);
  const program = asked === undefined ? null : programAsked(asked);
  if (program === null)
    throw new UsageError(
      `--format takes a program, which is a file NAME.hmm or columns such as 'A: cw 0 1 8': given was ${asked === undefined ? 'none' : quote(asked)}`,
    );
  return programText(program);
}
