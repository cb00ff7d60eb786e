/** What came of a sweep: text, JSON, an exit code. */
import { join } from 'node:path';
import type { MeasureResult, MeasureVerdict } from '../engines/measure/result.ts';
import { measureText } from '../report/measureText.ts';
import { EXIT_INTERRUPTED, EXIT_INVALID, EXIT_VIOLATION } from './exitCodes.ts';
import { printReport } from './printReport.ts';

const exitCodes: Readonly<Record<MeasureVerdict, number>> = {
  ok: 0,
  violation: EXIT_VIOLATION,
  invalid: EXIT_INVALID,
  interrupted: EXIT_INTERRUPTED,
};

/** `out` is the directory that has the report, if there is one, and `print` what writes to stdout. */
export function reportSweep(
  result: MeasureResult,
  out: string | undefined,
  json: boolean,
  print?: (text: string) => void,
): number {
  const page = out === undefined ? '' : `report ${join(out, 'report.html')}\n`;
  printReport(result, (_, style) => `${measureText(result, style)}${page}`, json, print);
  return exitCodes[result.verdict];
}
