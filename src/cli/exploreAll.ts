/** `hmm-lab explore --all`: every scenario that fits a driver. */
import { type ExploreAllRequest, exploreAllUsual, surveyAll } from '../library/exploreAll.ts';
import { chromeTrace } from '../report/chromeTrace.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { surveyText } from '../report/surveyText.ts';
import { EXIT_INTERRUPTED, EXIT_VIOLATION } from './exitCodes.ts';
import { interruptible } from './interruptible.ts';

export interface AllOutput {
  readonly json: boolean;
  /** Stores a failure as a trace. */
  readonly chrome: ((text: string) => void) | undefined;
}

/** Runs it, prints what came of it, and returns the exit code. */
export async function exploreAll(request: ExploreAllRequest, { json, chrome }: AllOutput): Promise<number> {
  const live = startExploreLive(process.stderr, request.seconds ?? exploreAllUsual.seconds);
  const { report, violation } = await interruptible((signal) => surveyAll(request, { onProgress: live.update, signal })).finally(
    live.stop,
  );
  const { scenario, failure, verdict, interrupted, config } = report;
  if (scenario !== null && failure !== null) chrome?.(chromeTrace(failure, scenario));
  const text = surveyText({ ...report, violation }, config.driver ?? 'the drivers they have');
  (json ? process.stderr : process.stdout).write(text);
  if (json) process.stdout.write(`${JSON.stringify(report)}\n`);
  if (verdict === 'violation' || verdict === 'vacuous') return EXIT_VIOLATION;
  return interrupted ? EXIT_INTERRUPTED : 0;
}
