/** `hmm-lab explore --all`: every scenario that fits a driver. */
import type { Bug } from '../bugs/bug.ts';
import type { SurveyResult } from '../engines/explore/plan/surveyResult.ts';
import type { SurveyOptions } from '../engines/explore/threads/survey.ts';
import { version } from '../package/version.ts';
import { chromeTrace } from '../report/chromeTrace.ts';
import { startExploreLive } from '../report/exploreLive.ts';
import { surveyText } from '../report/surveyText.ts';
import { importSurvey } from './explored.ts';

const EXIT_INTERRUPTED = 130;

/** How long to look when nothing is said. */
export const ALL_SECONDS = 60;

export interface AllOptions extends Omit<SurveyOptions, 'like'> {
  readonly bug?: Bug | undefined;
  readonly workers: number;
  readonly json: boolean;
  readonly chrome?: ((text: string) => void) | undefined;
}

function exitCode({ verdict, interrupted }: SurveyResult): number {
  if (verdict === 'violation' || verdict === 'vacuous') return 1;
  return interrupted ? EXIT_INTERRUPTED : 0;
}

/** Runs it, prints what came of it, and returns the exit code. The first Ctrl-C stops it, a second leaves at once. */
export async function exploreAll({ bug, workers, json, chrome, ...options }: AllOptions): Promise<number> {
  const { survey } = await importSurvey(bug);
  const { driver, settings, seconds, preemptions } = options;
  const stop = new AbortController();
  const live = startExploreLive(process.stderr, seconds);
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(EXIT_INTERRUPTED);
    stop.abort();
  };
  process.on('SIGINT', interrupt);
  let result: SurveyResult;
  try {
    result = await survey({ ...options, like: bug?.scenario }, workers, { onProgress: live.update, signal: stop.signal });
  } finally {
    live.stop();
    process.off('SIGINT', interrupt);
  }
  const { violation, ...rest } = result;
  if (violation !== null) chrome?.(chromeTrace(violation.failure as NonNullable<typeof violation.failure>, violation.scenario));
  (json ? process.stderr : process.stdout).write(surveyText(result, driver ?? 'the drivers they have'));
  if (json) {
    const config = {
      driver: driver ?? null,
      settings,
      bug: bug?.id ?? null,
      seconds,
      preemptions: preemptions === Number.POSITIVE_INFINITY ? null : preemptions,
    };
    const said = { scenario: violation?.scenario ?? null, failure: violation?.failure ?? null };
    process.stdout.write(`${JSON.stringify({ schema: 'hmm-lab/explore-all/1', version, config, ...rest, ...said })}\n`);
  }
  return exitCode(result);
}
