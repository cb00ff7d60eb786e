/** What came of an exploration or of a schedule: text, JSON, a file of trace events, an exit code. */
import type { ExploreReport } from '../library/explore.ts';
import type { ReplayReport } from '../library/replay.ts';
import { chromeTrace } from '../report/chromeTrace.ts';
import { exploreText } from '../report/exploreText.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { printReport } from './printReport.ts';

export const chromeFlag = {
  name: 'chrome',
  kind: 'text',
  value: 'FILE',
  help: 'write a failure as Chrome trace events, for chrome://tracing or Perfetto',
  example: 'trace.json',
} as const;

/** `chrome` stores the failure as a trace. */
export function reportExploration(result: ExploreReport | ReplayReport, json: boolean, chrome?: (text: string) => void): number {
  if (result.failure !== null) chrome?.(chromeTrace(result.failure, result.scenario));
  printReport(result, exploreText, json);
  if (result.failure !== null || result.verdict === 'vacuous') return EXIT_VIOLATION;
  return result.interrupted ? EXIT_INTERRUPTED : 0;
}
