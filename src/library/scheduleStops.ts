/** Where the actors of a failing schedule stop: of a token, or of a program with a schedule. */

import type { Stops } from '../engines/explore/failure/stops.ts';
import type * as Token from '../engines/explore/failure/token.ts';
import type * as Load from '../engines/explore/plan/moduleSources.ts';
import type * as OneThread from '../engines/explore/threads/oneThread.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { inStepped } from './model.ts';
import { type ScenarioRequest, subjectOf } from './subject.ts';

/** Of a token. @throws UsageError as `replay` does. */
export async function stopsOfToken(token: string): Promise<Stops> {
  const { id, sources } = await inStepped(undefined, async (load) => {
    const { bug, scenario } = (await load<typeof Token>('engines/explore/failure/token')).decodeToken(token);
    const { scenarioSources } = await load<typeof Load>('engines/explore/plan/moduleSources');
    return { id: bug, sources: scenarioSources(scenario) };
  });
  return inStepped(id === null ? undefined : await bugOf(id), async (load) => {
    const { readToken } = await load<typeof Token>('engines/explore/failure/token');
    const { scenario, settings, schedule } = readToken(token, sources);
    const { listStops } = await load<typeof OneThread>('engines/explore/threads/oneThread');
    return listStops(scenario, { settings }, schedule);
  });
}

/** Of a schedule in named points. @throws UsageError when it cannot be followed. */
export async function stopsOfSchedule(request: ScenarioRequest, schedule: string): Promise<Stops> {
  const { bug, scenario, ...subject } = await subjectOf('a schedule', request);
  return inStepped(bug, async (load) => {
    const { listStops } = await load<typeof OneThread>('engines/explore/threads/oneThread');
    return listStops(scenario, subject, schedule);
  });
}
