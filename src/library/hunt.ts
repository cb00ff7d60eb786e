/** `hunt()`: the corpus of bugs against the explorer. */
import type { Mutation } from '../bugs/bug.ts';
import { KERNEL } from '../drivers/base/options.ts';
import type * as Catalogue from '../engines/explore/plan/catalogue.ts';
import type { HuntOptions, HuntProgress } from '../engines/hunt/hunt.ts';
import type { HuntResult, HuntSubjects } from '../engines/hunt/huntResult.ts';
import { byName, checkOptions, givenOptions } from '../input/options.ts';
import { checkShard, type Shard } from '../input/shard.ts';
import { bugsOf, isBug } from '../userModules/bugNamed.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { inStepped } from './model.ts';
import { kernelSetting } from './subject.ts';

export interface HuntRequest {
  /**
   * Only these, without the model as it is: ids of the catalogue, the paths of modules that export bugs and controls, or mutations of
   * your own. A mutation without `oracles` is a control, and must not be reported.
   */
  readonly bugs?: readonly (string | Mutation)[] | undefined;
  /** Longest search for one bug, in seconds: above 0, at most 3600. Default 8. */
  readonly seconds?: number | undefined;
  /** Most schedules of a search, and of the samples of one seed: 1 to 1e9. Default 1,000,000. */
  readonly schedules?: number | undefined;
  /** Seeds to sample each bug with after the search: 0 to 1000. Default 0. */
  readonly seeds?: number | undefined;
  /** Schedules of the model as it is, over all scenarios: 0 to 1e9. Default 20,000, and 0 with `bugs`. */
  readonly clean?: number | undefined;
  /** Threads: 1 to 64. Default 2. */
  readonly workers?: number | undefined;
  /** `6.1` or `7.3`, the default: which kernel the model is. */
  readonly kernel?: string | undefined;
  /** Only part i of n of the bugs, controls and scenarios, from 1: `[1, 4]`. {@link mergeReports} joins the parts. */
  readonly shard?: Shard | undefined;
}

export const huntBounds = {
  seconds: { kind: 'number', above: 0, max: 3600 },
  schedules: { kind: 'whole', min: 1, max: 1_000_000_000 },
  seeds: { kind: 'whole', min: 0, max: 1000 },
  clean: { kind: 'whole', min: 0, max: 1_000_000_000 },
  workers: { kind: 'whole', min: 1, max: 64 },
} as const;

export const huntUsual = { seconds: 8, schedules: 1_000_000, seeds: 0, clean: 20_000, workers: 2 } as const;

/** `--json` of `hmm-lab hunt`. */
export type HuntReport = Result<
  'hmm-lab/hunt/1',
  {
    /** `lost`: a bug was not found by one of its rules, something was reported that is none, or a scenario is vacuous. */
    readonly verdict: 'found' | 'lost' | 'interrupted';
    readonly options: HuntOptions;
  } & HuntResult
>;

export function huntVerdict({ rows, falseAlarms, vacuous, interrupted }: HuntResult): HuntReport['verdict'] {
  if (interrupted) return 'interrupted';
  return falseAlarms.length > 0 || vacuous.length > 0 || rows.some(({ found }) => !found) ? 'lost' : 'found';
}

/** The bugs and controls that were asked for by name, or given. */
async function chosenSubjects(chosen: readonly (string | Mutation)[]): Promise<HuntSubjects> {
  const all = (await Promise.all(chosen.map(bugsOf))).flat();
  return { bugs: all.filter(isBug), controls: all.filter((one) => !isBug(one)), scenarios: [] };
}

/**
 * Puts each bug of the corpus into a copy of the model and looks for it; then makes sure that the controls, which are no bugs, and the
 * model as it is are not reported. All of it takes minutes; a bug some seconds.
 *
 * The verdict is `found`, `lost`, or, stopped by the signal, `interrupted`, with the rows of the bugs that were looked for.
 *
 * @throws UsageError, one sentence, for an option or a bug that is not allowed, or an edit that does not fit the model.
 */
export async function hunt(request: HuntRequest = {}, hooks: Hooks<HuntProgress> = {}): Promise<HuntReport> {
  const given = givenOptions('a hunt', request);
  const others = { bugs: 'list with at least one entry', kernel: 'string', shard: 'list' };
  checkOptions('a hunt', given, { numbers: huntBounds, others });
  if (given.shard !== undefined) checkShard(given.shard, byName);
  const { bugs: chosen, kernel: version, shard, ...limits } = given;
  const { [KERNEL]: kernel } = kernelSetting(version);
  const { bugs, controls } = await import('../bugs/index.ts');
  const subjects = chosen === undefined ? { bugs, controls, scenarios: await cleanScenarios() } : await chosenSubjects(chosen);
  const options: HuntOptions = {
    ...huntUsual,
    ...limits,
    ...(chosen === undefined ? {} : { clean: 0 }),
    ...(kernel === undefined ? {} : { kernel }),
  };
  const engine = await import('../engines/hunt/hunt.ts');
  const result = await underHooks(hooks, (watched) => engine.hunt(subjects, { ...options, shard }, watched));
  return resultAs('hmm-lab/hunt/1', { verdict: huntVerdict(result), options, ...result });
}

/** Names of the scenarios that nothing may be reported in. */
const cleanScenarios = (): Promise<string[]> =>
  inStepped(undefined, async (load) => {
    const { scenarios } = await load<typeof Catalogue>('engines/explore/plan/catalogue');
    return scenarios()
      .filter(({ flawed }) => !flawed)
      .map(({ name }) => name);
  });
