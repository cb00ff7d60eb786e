/** What came of a sweep: text, JSON, an exit code. */
import { join } from 'node:path';
import type { MeasureResult, MeasureVerdict } from '../engines/measure/result.ts';
import { measureText } from '../report/measureText.ts';
import { styleFor } from '../report/style.ts';
import { EXIT_INTERRUPTED, EXIT_INVALID, EXIT_VIOLATION } from './exitCodes.ts';

const exitCodes: Readonly<Record<MeasureVerdict, number>> = {
  ok: 0,
  violation: EXIT_VIOLATION,
  invalid: EXIT_INVALID,
  interrupted: EXIT_INTERRUPTED,
};

/** `out` is the directory that has the report, and `print` what writes to stdout. */
export function reportSweep(
  result: MeasureResult,
  out: string,
  json: boolean,
  print = (text: string): void => void process.stdout.write(text),
): number {
  const prose = json ? process.stderr : process.stdout;
  prose.write(`${measureText(result, styleFor(prose))}report ${join(out, 'report.html')}\n`);
  if (json) print(`${JSON.stringify(result)}\n`);
  return exitCodes[result.verdict];
}
