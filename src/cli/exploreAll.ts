/** `hmm-lab explore --all`: every scenario that fits a driver. */
import { type ExploreAllRequest, exploreAllUsual, surveyAll } from '../library/exploreAll.ts';
import { chromeTrace } from '../report/chromeTrace.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { surveyText } from '../report/surveyText.ts';
import { interruptible } from './interruptible.ts';
import { exitCodeOf, printReport } from './printReport.ts';

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
  const { scenario, failure, config } = report;
  if (scenario !== null && failure !== null) chrome?.(chromeTrace(failure, scenario));
  printReport(report, () => surveyText({ ...report, violation }, config.driver ?? 'the drivers they have'), json);
  return exitCodeOf(report);
}
