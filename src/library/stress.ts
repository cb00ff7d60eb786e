/** `stress()`: the columns of a program on real threads, again and again. */
import type { Mutation } from '../bugs/bug.ts';
import type { DriverSettings } from '../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../drivers/names.ts';
import { raceBounds } from '../engines/race/check.ts';
import { defaultRace } from '../engines/race/command.ts';
import type * as Rounds from '../engines/rounds/rounds.ts';
import type { RoundsOptions, RoundsProgress, RoundsResult } from '../engines/rounds/types.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { UsageError } from '../input/usageError.ts';
import { isProgram } from '../programs/program.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { type ExploreReport, explore } from './explore.ts';
import { inErasedWith } from './model.ts';
import { scenarioName } from './scenarioName.ts';
import { type DriverRequest, driverOptions, kernelSetting } from './subject.ts';

export interface StressRequest extends DriverRequest {
  /** The program, as text or by the path of its file (`race.hmm`). */
  readonly program?: string | undefined;
  /** How long to race, in seconds: above 0, at most 86,400. Default 8. */
  readonly seconds?: number | undefined;
  /** Of all random choices: 0 to 2^31 - 1. Default 1. */
  readonly seed?: number | undefined;
  /** Seconds without the end of a round after which the race ends with a verdict: above 0, at most 86,400. Default 8. */
  readonly watchdogSeconds?: number | undefined;
  /** After a violation, explore the program for so many seconds: 0, the default, does not. At most 86,400. */
  readonly trace?: number | undefined;
}

/** `--json` of `hmm-lab stress PROGRAM`. */
export type StressReport = Result<
  'hmm-lab/stress-program/1',
  {
    readonly program: string;
    readonly config: {
      /** null: the in-tree test driver. */
      readonly driver: string | null;
      readonly settings: DriverSettings;
      readonly bug: string | null;
      readonly seconds: number;
      readonly seed: number;
    };
  } & RoundsResult & {
      /** What came of exploring it after a violation; null when that was not asked for, or there was none. */
      readonly trace: ExploreReport | null;
    }
>;

export const stressUsual = {
  seconds: defaultRace.seconds,
  seed: 1,
  watchdogSeconds: defaultRace.watchdogSeconds,
  trace: 0,
} as const;
const { seconds, seed, watchdogSeconds } = raceBounds;
const bounds = { seconds, seed, watchdogSeconds, trace: { kind: 'number', min: 0, max: raceBounds.seconds.max } } as const;

async function race(bug: Mutation | undefined, options: RoundsOptions, hooks: Parameters<typeof Rounds.rounds>[1]) {
  if (bug === undefined) return (await import('../engines/rounds/rounds.ts')).rounds(options, hooks);
  return inErasedWith(bug, async (load) => (await load<typeof Rounds>('engines/rounds/rounds')).rounds(options, hooks));
}

/**
 * Races the columns of a program, each on a thread of its own, again and again: a round begins where the set-up has left the machine and
 * ends when all columns are through; then everything is checked and taken down, and nothing may be left. What an operation may answer
 * is what {@link explore} allows.
 *
 * The verdict is `pass`, `violation`, `invalid` (there were too few rounds, or the columns hardly met), or, stopped by the signal,
 * `interrupted`, unless something was found.
 *
 * @throws UsageError, one sentence, for an option, a program, a driver or a bug that is not allowed; nothing has started then.
 */
export async function stress(request: StressRequest, hooks: Hooks<RoundsProgress> = {}): Promise<StressReport> {
  const given = givenOptions('a race', request);
  checkOptions('a race', given, { numbers: bounds, others: { program: 'string', ...driverOptions } });
  const all = { ...stressUsual, ...given };
  const program = scenarioName(all.program ?? '');
  if (!isProgram(program)) throw new UsageError("stress() needs a program, such as 'A: cw 0 1 8; B: munmap 0 1'");
  const bug = given.bug === undefined ? undefined : await bugOf(given.bug);
  const { chosenDriver } = await import('./chosenDriver.ts');
  const { location, settings } = await chosenDriver(given.driver ?? DEFAULT_DRIVER, bug?.settings, {
    ...given.driverSettings,
    ...kernelSetting(given.kernel),
  });
  const options = { program, driver: location, driverSettings: settings, ...pick(all) };
  const result = await underHooks(hooks, (watched) => race(bug, options, watched));
  const config = {
    driver: given.driver === undefined ? null : location,
    settings,
    bug: bug?.id ?? null,
    seconds: all.seconds,
    seed: all.seed,
  };
  const isTraced = result.violation !== null && all.trace > 0 && hooks.signal?.aborted !== true;
  const { driver, driverSettings, kernel } = given;
  const trace = isTraced
    ? await explore({ scenario: program, driver, driverSettings, kernel, bug: given.bug, seconds: all.trace }, signalOf(hooks))
    : null;
  return resultAs('hmm-lab/stress-program/1', { program, config, ...result, trace });
}

const pick = ({ seconds, seed, watchdogSeconds }: Required<Pick<RoundsOptions, 'seconds' | 'seed' | 'watchdogSeconds'>>) => ({
  seconds,
  seed,
  watchdogSeconds,
});

const signalOf = ({ signal }: Pick<Hooks<unknown>, 'signal'>): { readonly signal?: AbortSignal } =>
  signal === undefined ? {} : { signal };
