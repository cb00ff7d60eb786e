/** `audit()`: is each step of a scenario one that no other actor can come between? */
import type { JudgedAudit } from '../engines/explore/audit/judgedAudit.ts';
import type * as OneThread from '../engines/explore/threads/oneThread.ts';
import type { ExploreProgress } from '../engines/explore/threads/supervised.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { exploreBounds, exploreUsual } from './explore.ts';
import { inStepped } from './model.ts';
import { type ScenarioRequest, scenarioOptions, subjectOf } from './subject.ts';

export interface AuditRequest extends ScenarioRequest {
  /** How long to look, in seconds: above 0, at most 86,400. Default 10. */
  readonly seconds?: number | undefined;
  /** Most executions, each at random: 1 to 1e9. Default 10,000,000. */
  readonly schedules?: number | undefined;
  /** Of the random choices: 0 to 2^31 - 1. Default 1. */
  readonly seed?: number | undefined;
}

/** `--json` of `hmm-lab explore NAME --audit`. */
export type AuditReport = Result<'hmm-lab/audit/1', { readonly seed: number } & JudgedAudit & { readonly interrupted: boolean }>;

const { seconds, schedules, seed } = exploreBounds;

/**
 * Looks for steps that are none: two accesses to words that others disturb, without a point between them. It stops steps in their
 * middle at random, lets others go on, and reports what fits neither before nor after the step, with both source lines. The verdict is
 * `audited` or `violation`; findings that are meant say why they are excepted. It samples: more time sees more.
 *
 * @throws UsageError, one sentence, for what is not allowed, as {@link explore}.
 */
export async function audit(request: AuditRequest = {}, hooks: Hooks<ExploreProgress> = {}): Promise<AuditReport> {
  const given = givenOptions('an audit', request);
  checkOptions('an audit', given, { numbers: { seconds, schedules, seed }, others: scenarioOptions });
  const all = { ...exploreUsual, ...given };
  const { bug, scenario, ...subject } = await subjectOf('audit', given);
  const result = await underHooks(hooks, (watched) =>
    inStepped(bug, async (load) => {
      const { auditParallel } = await load<typeof OneThread>('engines/explore/threads/oneThread');
      const limits = { executions: all.schedules, seconds: all.seconds, seed: all.seed };
      return auditParallel(scenario, subject, limits, watched);
    }),
  );
  return resultAs('hmm-lab/audit/1', { seed: all.seed, ...result });
}
