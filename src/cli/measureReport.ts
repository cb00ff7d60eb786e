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

/** `out` is the directory that has the report, and `print` what writes to stdout. */
export function reportSweep(result: MeasureResult, out: string, json: boolean, print?: (text: string) => void): number {
  printReport(result, (_, style) => `${measureText(result, style)}report ${join(out, 'report.html')}\n`, json, print);
  return exitCodes[result.verdict];
}
