/** `exploreAll()`: every scenario that fits a driver. */
import type { DriverSettings } from '../drivers/base/options.ts';
import type { ExploreResult } from '../engines/explore/explore.ts';
import type { SurveyResult } from '../engines/explore/plan/surveyResult.ts';
import type { ExploreProgress } from '../engines/explore/threads/supervised.ts';
import type * as Survey from '../engines/explore/threads/survey.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { bounded, exploreBounds } from './explore.ts';
import { inStepped } from './model.ts';
import { askedDriver, type DriverRequest, driverOptions } from './subject.ts';

export interface ExploreAllRequest extends DriverRequest {
  /** How long to look, in seconds, over all scenarios: above 0, at most 86,400. Default 60. */
  readonly seconds?: number | undefined;
  /** Most preemptions: 0 to 100, or Infinity, the default, for all interleavings. */
  readonly preemptions?: number | undefined;
  /** Threads: 1 to 64. Default 1. */
  readonly workers?: number | undefined;
}

export const exploreAllUsual = { seconds: 60, workers: 1 } as const;

/** `--json` of `hmm-lab explore --all`. */
export type ExploreAllReport = Result<
  'hmm-lab/explore-all/1',
  {
    readonly config: {
      readonly driver: string | null;
      readonly settings: DriverSettings;
      readonly bug: string | null;
      readonly seconds: number;
      /** null for all interleavings. */
      readonly preemptions: number | null;
    };
  } & Omit<SurveyResult, 'violation'> & {
      /** The scenario that failed, null when none did. */
      readonly scenario: string | null;
      readonly failure: ExploreResult['failure'];
    }
>;

const { seconds, preemptions, workers } = exploreBounds;

/** The report, and the exploration of the scenario that failed, as {@link explore} would give it. @throws as {@link exploreAll}. */
export async function surveyAll(
  request: ExploreAllRequest,
  hooks: Hooks<ExploreProgress>,
): Promise<{ readonly report: ExploreAllReport; readonly violation: ExploreResult | null }> {
  const given = bounded(givenOptions('an exploration of all scenarios', request));
  const table = { numbers: { seconds, preemptions, workers }, others: driverOptions };
  checkOptions('an exploration of all scenarios', given, table);
  const all = { ...exploreAllUsual, preemptions: Number.POSITIVE_INFINITY, ...given };
  const bug = given.bug === undefined ? undefined : await bugOf(given.bug);
  const { settings: chosen, ...driver } = askedDriver(given);
  // The settings of a bug are for the driver that it is of.
  const settings = { ...(driver.driver === undefined ? bug?.settings : {}), ...chosen };
  const options = { ...driver, settings, like: bug?.scenario, seconds: all.seconds, preemptions: all.preemptions };
  const { violation, ...rest } = await underHooks(hooks, (watched) =>
    inStepped(bug, async (load) => {
      const { survey } = await load<typeof Survey>('engines/explore/threads/survey');
      return survey(options, all.workers, watched);
    }),
  );
  const config = {
    driver: driver.driver ?? null,
    settings,
    bug: bug?.id ?? null,
    seconds: all.seconds,
    preemptions: all.preemptions === Number.POSITIVE_INFINITY ? null : all.preemptions,
  };
  const said = { scenario: violation?.scenario ?? null, failure: violation?.failure ?? null };
  return { report: resultAs('hmm-lab/explore-all/1', { config, ...rest, ...said }), violation };
}

/**
 * Explores all scenarios that fit the driver, with no preemption, then with one, two and three, then all interleavings of each, until
 * one breaks a rule or time is up: the first answer to whether a driver is right. Without a driver, all scenarios as they are. With a
 * bug, its options go to the scenarios that have the same driver as the one that shows it.
 *
 * Stopped by the signal it says `interrupted`, and the verdict is what was reached until then.
 *
 * @throws UsageError, one sentence, for what is not allowed: an option, a driver or bug that is unknown, a module that does not load or
 * is no driver, a driver that no scenario fits.
 */
export async function exploreAll(request: ExploreAllRequest = {}, hooks: Hooks<ExploreProgress> = {}): Promise<ExploreAllReport> {
  return (await surveyAll(request, hooks)).report;
}
