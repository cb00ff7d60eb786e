/** What a command has come to: prose, JSON, an exit code. */
import { type Style, styleFor } from '../report/style.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';

/**
 * Prints a report as text. With `json` the report itself goes to stdout, one JSON object, and the text to stderr.
 *
 * @param print what writes to stdout, where that was claimed (stdout.ts).
 */
export function printReport<Report extends object>(
  report: Report,
  textOf: (report: Report, style: Style) => string,
  json: boolean,
  print = (text: string): void => void process.stdout.write(text),
): void {
  const prose = json ? process.stderr : process.stdout;
  prose.write(textOf(report, styleFor(prose)));
  if (json) print(`${JSON.stringify(report)}\n`);
}

/** What a search for broken rules ends with: one that broke counts for more than that it was stopped. */
export function exitCodeOf({ verdict, interrupted }: { readonly verdict: string; readonly interrupted: boolean }): number {
  if (verdict === 'violation' || verdict === 'vacuous') return EXIT_VIOLATION;
  return interrupted ? EXIT_INTERRUPTED : 0;
}
