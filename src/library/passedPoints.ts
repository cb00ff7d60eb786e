/** `passedPoints()`: where actors can be made to take turns. */
import type { PassedPoints } from '../engines/explore/failure/passedPoints.ts';
import type * as OneThread from '../engines/explore/threads/oneThread.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { type Result, resultAs } from './call.ts';
import { inStepped } from './model.ts';
import { type ScenarioRequest, scenarioOptions, scheduleOf, subjectOf } from './subject.ts';

export interface PassedPointsRequest extends ScenarioRequest {
  /** A schedule in named points; default: a run without preemption, in the order of the actors. */
  readonly schedule?: string | undefined;
}

/** `--json` of `hmm-lab explore NAME --points`. */
export type PassedPointsReport = Result<'hmm-lab/points/1', PassedPoints>;

/**
 * Lists the points that actors pass in one run, each as a part of a schedule (`D@lock#4`), with the locks held there. At most 20,000
 * steps: it takes a second or two, tells no progress and needs no signal.
 *
 * @throws UsageError, one sentence, for what is not allowed, as {@link explore}, and when a step does not end.
 */
export async function passedPoints(request: PassedPointsRequest = {}): Promise<PassedPointsReport> {
  const given = givenOptions('a list of points', request);
  checkOptions('a list of points', given, { numbers: {}, others: { ...scenarioOptions, schedule: 'string' } });
  const { bug, scenario, ...subject } = await subjectOf('passedPoints', given);
  const listed = await inStepped(bug, async (load) => {
    const { listPoints } = await load<typeof OneThread>('engines/explore/threads/oneThread');
    return listPoints(scenario, subject, scheduleOf(given));
  });
  return resultAs('hmm-lab/points/1', listed);
}
