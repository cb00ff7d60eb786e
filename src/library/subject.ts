/** Which scenario a call is about, with which driver, in which model. */
import type { Mutation } from '../bugs/bug.ts';
import { type DriverSettings, KERNEL, parseDriverSpec } from '../drivers/base/options.ts';
import { UsageError } from '../input/usageError.ts';
import { kernelNamed, NEWEST } from '../kernels/kernels.ts';
import { bugOf } from '../userModules/bugNamed.ts';
import { programAsked, scenarioName } from './scenarioName.ts';

/** The model and the driver of a call. */
export interface DriverRequest {
  /**
   * A driver of `hmm-lab drivers`, or one of your own by the path of its module, in place of the in-tree test driver; with options as
   * on the command line if you like: `nouveau:retryCheck=none`. Default: that of the scenario.
   */
  readonly driver?: string | undefined;
  /** Options of that driver, or of the one that the scenario has. They go before those in `driver`. */
  readonly driverSettings?: DriverSettings | undefined;
  /** `6.1` or `7.3`, the default: which kernel the model is (docs/reference/kernels.md says what changed). */
  readonly kernel?: string | undefined;
  /** A bug to put into the model first: the id of one of the catalogue, the path of a module that exports one, or a mutation of your own. */
  readonly bug?: string | Mutation | undefined;
}

/** Whose scenario a call is about. */
export interface ScenarioRequest extends DriverRequest {
  /**
   * A scenario of `hmm-lab scenarios`, or one of your own by the path of its module, from the current directory; or a program, as text
   * or by the path of its file (`race.hmm`). Default: the one that shows `bug`.
   */
  readonly scenario?: string | undefined;
}

/** The schedule to follow: the one that was asked for, or that of the program. */
export const scheduleOf = ({ scenario, schedule }: ScenarioRequest & { readonly schedule?: string | undefined }) =>
  schedule ?? (scenario === undefined ? undefined : programAsked(scenario)?.schedule);

/** The types of these options. */
export const driverOptions = { driver: 'string', driverSettings: 'object', kernel: 'string', bug: 'string or object' } as const;
export const scenarioOptions = { scenario: 'string', ...driverOptions } as const;

/** A driver that was asked for, and all options of it; without its name they are for that of the scenario. */
export interface AskedDriver {
  readonly driver?: string | undefined;
  readonly settings: DriverSettings;
}

/** @throws UsageError when the options in `driver` are not written as such. */
export function askedDriver({ driver, driverSettings, kernel }: DriverRequest): AskedDriver {
  const further = { ...driverSettings, ...kernelSetting(kernel) };
  if (driver === undefined) return { settings: further };
  const { name, settings } = parseDriverSpec(driver);
  return { driver: name, settings: { ...settings, ...further } };
}

/** A kernel goes with the settings of the driver. @throws UsageError for one that the model cannot be. */
export function kernelSetting(version: string | undefined): DriverSettings {
  const kernel = version === undefined ? NEWEST : kernelNamed(version, KERNEL);
  return kernel === NEWEST ? {} : { [KERNEL]: kernel };
}

export interface Subject extends AskedDriver {
  readonly scenario: string;
  readonly bug: Mutation | undefined;
}

/** `call` is what needs the scenario. @throws UsageError without one, or for an unknown bug. */
export async function subjectOf(call: string, { scenario: named, bug: given, ...request }: ScenarioRequest): Promise<Subject> {
  const bug = given === undefined ? undefined : await bugOf(given);
  const scenario = named === undefined ? bug?.scenario : scenarioName(named);
  if (scenario === undefined)
    throw new UsageError(
      `${call} needs the name of a scenario (hmm-lab scenarios lists them), or the path of a module, or a bug that one is known to show`,
    );
  const { settings, ...driver } = askedDriver(request);
  return { scenario, ...driver, settings: { ...bug?.settings, ...settings }, bug };
}
