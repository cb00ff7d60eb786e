/** `prove()`: every interleaving of every scenario. */
import type { DriverSettings } from '../drivers/base/options.ts';
import type { ProofRow } from '../engines/explore/plan/proof.ts';
import type { ProveResult } from '../engines/explore/plan/proofResult.ts';
import type * as Prove from '../engines/explore/threads/prove.ts';
import type { ProveProgress } from '../engines/explore/threads/prove.ts';
import { byName, checkOptions, givenOptions } from '../input/options.ts';
import { checkShard, type Shard } from '../input/shard.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { exploreBounds } from './explore.ts';
import { inStepped } from './model.ts';
import { scenarioName } from './scenarioName.ts';
import { askedDriver, type DriverRequest, driverOptions } from './subject.ts';

export interface ProveRequest extends DriverRequest {
  /** Names of `hmm-lab scenarios`, paths of modules of your own, or programs, as text or by the paths of their files. Default: all of the lab that fit the driver. */
  readonly scenarios?: readonly string[] | undefined;
  /** What the searches may leave out because it comes to the same: `none`, `orders` of steps, or `all`, the default. */
  readonly reduction?: string | undefined;
  /** How long to look at each scenario, in seconds: above 0, at most 86,400. Default 60. */
  readonly seconds?: number | undefined;
  /** Threads, each at a scenario of its own: 1 to 64. Default 1. */
  readonly workers?: number | undefined;
  /** Threads that make each long search together, one scenario after the other: 1 to 64, and 1 if there are workers. Default 1. */
  readonly threads?: number | undefined;
  /** Only part i of n of the scenarios, from 1: `[1, 4]`. {@link mergeReports} joins the parts. */
  readonly shard?: Shard | undefined;
}

export const proveUsual = { reduction: 'all', seconds: 60, workers: 1, threads: 1 } as const;

/** `--json` of `hmm-lab prove`. */
export type ProveReport = Result<
  'hmm-lab/prove/1',
  {
    readonly config: {
      /** null for all. */
      readonly scenarios: readonly string[] | null;
      readonly driver: string | null;
      readonly settings: DriverSettings;
      readonly bug: string | null;
      readonly reduction: string;
      /** For each scenario. */
      readonly seconds: number;
    };
  } & ProveResult
>;

export interface ProveHooks extends Hooks<ProveProgress> {
  /** Called when a scenario is done, with what came of it. */
  readonly onRow?: ((row: ProofRow) => void) | undefined;
}

const { seconds, workers, threads } = exploreBounds;

/**
 * Proves scenarios: searches all interleavings of each, one scenario a thread, for as long as there is time for it. Where that is not
 * enough, three quarters of the time go to that search and the rest to those with 0, 1, 2 and 3 preemptions, and the row says what was
 * covered. A rule that breaks in one scenario does not end it: the others are proved.
 *
 * The verdict is `proved` if every scenario is, `bounded`, `sampled`, `vacuous` or `violation` as that of {@link exploreAll}. Stopped by
 * the signal it says `interrupted`: scenarios that were not begun are in `left`, and the rows are what there is.
 *
 * @throws UsageError, one sentence, for what is not allowed: an option, a scenario, driver or bug that is unknown, a scenario that was
 * named and does not fit, a module that does not load, a driver that no scenario fits.
 */
export async function prove(request: ProveRequest = {}, { onRow, ...hooks }: ProveHooks = {}): Promise<ProveReport> {
  const given = givenOptions('a proof', request);
  const others = { scenarios: 'list with at least one string', reduction: 'string', shard: 'list', ...driverOptions };
  checkOptions('a proof', given, { numbers: { seconds, workers, threads }, others });
  if (given.shard !== undefined) checkShard(given.shard, byName);
  const all = { ...proveUsual, ...given };
  const bug = given.bug === undefined ? undefined : await bugOf(given.bug);
  const { settings: chosen, ...driver } = askedDriver(given);
  // The settings of a bug are for the driver that it is of.
  const settings = { ...(driver.driver === undefined ? bug?.settings : {}), ...chosen };
  const scenarios = given.scenarios === undefined ? undefined : [...new Set(given.scenarios.map(scenarioName))];
  const limits = { reduction: all.reduction, seconds: all.seconds, workers: all.workers, threads: all.threads };
  const options = { ...driver, settings, like: bug?.scenario, scenarios, shard: given.shard, ...limits };
  const result = await underHooks(hooks, (watched) =>
    inStepped(bug, async (load) => {
      const engine = await load<typeof Prove>('engines/explore/threads/prove');
      return engine.prove(options, onRow === undefined ? watched : { ...watched, onRow });
    }),
  );
  const config = {
    scenarios: scenarios ?? null,
    driver: driver.driver ?? null,
    settings,
    bug: bug?.id ?? null,
    reduction: all.reduction,
    seconds: all.seconds,
  };
  return resultAs('hmm-lab/prove/1', { config, ...result });
}
