/** `replay()`: the schedule of a token once more. */
import type { Mutation } from '../bugs/bug.ts';
import type { ExploreResult } from '../engines/explore/explore.ts';
import type * as Token from '../engines/explore/failure/token.ts';
import type * as Load from '../engines/explore/plan/moduleSources.ts';
import type * as OneThread from '../engines/explore/threads/oneThread.ts';
import type { ExploreProgress } from '../engines/explore/threads/supervised.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { quote } from '../input/unknownName.ts';
import { UsageError } from '../input/usageError.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { inStepped } from './model.ts';

export interface ReplayRequest {
  /** As a failure has it, and as `hmm-lab explore` prints it. */
  readonly token: string;
  /** The bug that the model had, where the token does not say where it is now: the mutation itself, or the path of its module. */
  readonly bug?: string | Mutation | undefined;
}

/** `--json` of `hmm-lab replay`. */
export type ReplayReport = Result<'hmm-lab/replay/1', ExploreResult>;

/** The id that a bug has in its module, and not the module. */
const ownId = (id: string): string => id.slice(id.lastIndexOf('#') + 1);

/** The bug of a token, undefined for none. A module of bugs may have been moved since. */
async function bugOfToken(id: string | null, given: string | Mutation | undefined): Promise<Mutation | undefined> {
  if (given === undefined) return id === null ? undefined : await bugOf(id);
  const bug = await bugOf(given);
  if (id === null || ownId(bug.id) !== ownId(id))
    throw new UsageError(
      `the token is of ${id === null ? 'the model as it is' : `bug ${quote(id)}`}, not of bug ${quote(bug.id)}`,
    );
  return { ...bug, id };
}

/**
 * Runs the schedule of a token again and shows the same failure, explained. A token is good for the model that made it, and for the
 * modules it was made of, by their paths. Stopped by the signal it explains no further and says `interrupted`.
 *
 * @throws UsageError, one sentence, for a token that is cut off, of another model, or of modules that are gone or have changed.
 */
export async function replay(request: ReplayRequest, hooks: Hooks<ExploreProgress> = {}): Promise<ReplayReport> {
  const given = givenOptions('a replay', request);
  checkOptions('a replay', given, { numbers: {}, others: { token: 'string', bug: 'string or object' } });
  const { token } = given;
  if (token === undefined) throw new UsageError('a replay needs a token, as explore prints it');
  const { id, sources } = await inStepped(undefined, async (load) => {
    const { bug, scenario } = (await load<typeof Token>('engines/explore/failure/token')).decodeToken(token);
    const { scenarioSources } = await load<typeof Load>('engines/explore/plan/moduleSources');
    return { id: bug, sources: scenarioSources(scenario) };
  });
  const bug = await bugOfToken(id, given.bug);
  const result = await underHooks(hooks, (watched) =>
    inStepped(bug, async (load) => {
      const { readToken } = await load<typeof Token>('engines/explore/failure/token');
      const { scenario, settings, schedule } = readToken(token, sources);
      const { runSchedule } = await load<typeof OneThread>('engines/explore/threads/oneThread');
      return runSchedule(scenario, { settings }, schedule, watched);
    }),
  );
  return resultAs('hmm-lab/replay/1', result);
}
