/** The scenarios that can be explored, by name. */
import type { DriverSettings } from '../../../drivers/options.ts';
import { builtinDrivers } from '../../../drivers/registry.ts';
import { isUsageError, UsageError } from '../../../input/usageError.ts';
import { miniHmm } from '../../../scenarios/miniHmm.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { longScenarios, windowScenarios, windowScenarioWith } from '../../../scenarios/windows.ts';
import { splitName, without } from '../../../scenarios/without.ts';

/** `mini-hmm-4x3` and `mini-hmm-early-1x20`: faulters and invalidations. */
const sized = /^mini-hmm(-early)?-(\d{1,2})x(\d{1,3})$/;

const FAULTERS = 8;

export { longScenarios };

/** Where all are tried, the long ones are not: they are known by their names only. */
export function scenarios(settings: DriverSettings = {}): readonly Scenario[] {
  return [miniHmm(), miniHmm(2, 2, true), ...windowScenarios(settings)];
}

/** The scenarios that can be played with a driver: those of most with it in place of theirs, and those written for it. */
export function scenariosWith(driver: string, settings: DriverSettings = {}): readonly Scenario[] {
  return scenarios(settings).flatMap((scenario) => {
    const own = scenario.prepare().driver;
    if (own === driver) return [scenario];
    if (own !== DEFAULT_DRIVER) return [];
    try {
      const played = scenarioNamed(nameWith(scenario.name, driver), settings);
      played.prepare();
      return [played];
    } catch (error) {
      if (isUsageError(error)) return [];
      throw error;
    }
  });
}

/** A scenario by its name, without the operations that are left out after a `~`. @throws UsageError that names what there is. */
export function scenarioNamed(name: string, settings: DriverSettings = {}): Scenario {
  const { base, left } = splitName(name);
  return without(wholeScenario(base, settings), left);
}

/** `device-fault-vs-munmap@nouveau`: with another driver than the one that most scenarios have. */
const withDriver = /^([^@]+)@([^@]+)$/;

/** The name of a scenario with this driver. A name that says one already, and the driver of most, change nothing. */
export const nameWith = (name: string, driver: string | undefined): string => {
  const { base, left } = splitName(name);
  const [, , own] = withDriver.exec(base) ?? [];
  if (driver === undefined || driver === own || (own === undefined && driver === DEFAULT_DRIVER)) return name;
  if (own !== undefined) throw new UsageError(`scenario '${base}' is one with ${own}, not with '${driver}'`);
  return [`${base}@${driver}`, ...(left.length > 0 ? [left.join(',')] : [])].join('~');
};

const DEFAULT_DRIVER = 'dmirror';

function wholeScenario(name: string, settings: DriverSettings): Scenario {
  const [, base, driverName] = withDriver.exec(name) ?? [];
  if (base !== undefined) {
    const driver = builtinDrivers.find((candidate) => candidate.name === driverName);
    if (driver === undefined)
      throw new UsageError(
        `scenario '${name}': unknown driver '${driverName}', allowed are ${builtinDrivers.map((one) => one.name).join(', ')}`,
      );
    return windowScenarioWith(base, driver, settings) ?? withoutDriver(base);
  }
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

function withoutDriver(name: string): never {
  if (scenarios().some((scenario) => scenario.name === name)) throw new UsageError(`scenario '${name}' has no driver to replace`);
  return unknown(name);
}

function unknown(name: string): never {
  const names = [...scenarios(), ...longScenarios()].map((scenario) => scenario.name);
  throw new UsageError(`unknown scenario '${name}', allowed are ${names.join(', ')}, and mini-hmm-FxI`);
}
