/** The scenarios that can be explored, by name. */
import type { Driver } from '../../../drivers/base/driver.ts';
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../../../drivers/names.ts';
import { builtinDriver, builtinDrivers } from '../../../drivers/registry.ts';
import { isUsageError, UsageError } from '../../../input/usageError.ts';
import { isProgram } from '../../../programs/program.ts';
import { scenarioOf } from '../../../scenarios/kit/plan.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { without } from '../../../scenarios/kit/without.ts';
import { miniHmm } from '../../../scenarios/miniHmm.ts';
import { programScenario } from '../../../scenarios/programs/programScenario.ts';
import { longScenarios, planNamed, windowScenarios } from '../../../scenarios/windows.ts';
import { partsOf } from './names.ts';
import { careful, programWith } from './programs.ts';

/** `mini-hmm-4x3` and `mini-hmm-early-1x20`: faulters and invalidations. */
const sized = /^mini-hmm(-early)?-(\d{1,2})x(\d{1,3})$/;

const FAULTERS = 8;

export { longScenarios };

/** Where all are tried, the long ones are not: they are known by their names only. */
export function scenarios(settings: DriverSettings = {}): readonly Scenario[] {
  return [miniHmm(), miniHmm(2, 2, true), ...windowScenarios(settings)];
}

/** What can be played with a driver, and what cannot. */
export interface Playable {
  readonly scenarios: readonly Scenario[];
  /** Of each of the others a sentence: why it does not fit. */
  readonly misfits: readonly string[];
}

/**
 * All scenarios with a driver in place of theirs, which is called `shown`: with the default driver, or that of the scenario, they are
 * what they are. With `long` the long ones, too. Nothing is set up for it: a scenario may turn out not to fit then.
 */
export function played(driver: Driver, settings: DriverSettings = {}, shown = driver.name, long = false): Playable {
  const all = long ? [...scenarios(), ...longScenarios()] : scenarios();
  return fitting(
    all.map(
      ({ name }) =>
        () =>
          scenarioWith(name, driver, settings, shown),
    ),
  );
}

/** The same, and each that seems to fit is set up, to see whether it does. */
export function playable(driver: Driver, settings: DriverSettings = {}, shown = driver.name): Playable {
  const seem = played(driver, settings, shown);
  const setUp = (scenario: Scenario) => () => {
    scenario.prepare();
    return scenario;
  };
  const { scenarios: known, misfits } = fitting(seem.scenarios.map(setUp));
  return { scenarios: known, misfits: [...seem.misfits, ...misfits] };
}

/** What can be made; a refusal says why something does not fit. */
function fitting(makes: readonly (() => Scenario)[]): Playable {
  const [made, misfits]: [Scenario[], string[]] = [[], []];
  for (const make of makes) {
    try {
      made.push(make());
    } catch (error) {
      if (!isUsageError(error)) throw error;
      misfits.push(error.message);
    }
  }
  return { scenarios: made, misfits };
}

/** The scenarios that can be played with a built-in driver. */
export function scenariosWith(driver: string, settings: DriverSettings = {}): readonly Scenario[] {
  const known = builtinDriver(driver);
  return known === undefined ? [] : playable(known, settings).scenarios;
}

/** A scenario by its name, without the operations that are left out after a `~`. @throws UsageError that names what there is. */
export function scenarioNamed(name: string, settings: DriverSettings = {}): Scenario {
  const { base, driver, left } = partsOf(name);
  if (driver === undefined) return without(wholeScenario(base, settings), left);
  const known = builtinDriver(driver);
  if (known === undefined)
    throw new UsageError(
      `scenario '${name}': unknown driver '${driver}', allowed are ${builtinDrivers.map((one) => one.name).join(', ')}`,
    );
  return without(scenarioWith(base, known, settings), left);
}

/**
 * A scenario with a driver in place of its own, which is called `shown`.
 *
 * @throws UsageError when there is no such scenario, or the driver does not fit it.
 */
export function scenarioWith(base: string, driver: Driver, settings: DriverSettings, shown = driver.name): Scenario {
  if (isProgram(base)) return programWith(base, driver, settings, shown);
  const plan = planNamed(base);
  if (plan !== undefined) {
    const isDefault = driver.name === DEFAULT_DRIVER && builtinDriver(driver.name) === driver;
    if (isDefault && plan.machine?.driver === undefined) return scenarioOf(plan, settings);
    const scenario = scenarioOf(plan, settings, driver, shown);
    return builtinDriver(driver.name) === driver ? scenario : careful(scenario, shown);
  }
  wholeScenario(base, {});
  throw new UsageError(`scenario ${base} has no driver to replace`);
}

function wholeScenario(name: string, settings: DriverSettings): Scenario {
  if (isProgram(name)) return programScenario(name, settings);
  const size = sized.exec(name);
  if (size !== null) {
    const [, early, faulters, invalidations] = size;
    if (Number(faulters) < 1 || Number(faulters) > FAULTERS || Number(invalidations) < 1) {
      throw new UsageError(`scenario '${name}': 1 to ${FAULTERS} faulters and 1 to 999 invalidations are possible`);
    }
    return miniHmm(Number(faulters), Number(invalidations), early !== undefined);
  }
  const found = [...scenarios(settings), ...longScenarios(settings)].find((scenario) => scenario.name === name);
  return found ?? unknown(name);
}

function unknown(name: string): never {
  const names = [...scenarios(), ...longScenarios()].map((scenario) => scenario.name);
  throw new UsageError(`unknown scenario '${name}', allowed are ${names.join(', ')}, and mini-hmm-FxI`);
}
