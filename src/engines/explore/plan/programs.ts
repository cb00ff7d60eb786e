/** Scenarios that are made of a program with a driver of somebody's choice. */
import type { Driver } from '../../../drivers/base/driver.ts';
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../../../drivers/names.ts';
import { builtinDriver } from '../../../drivers/registry.ts';
import { isUsageError, UsageError } from '../../../input/usageError.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { programScenario } from '../../../scenarios/programs/programScenario.ts';
import { reason } from './reason.ts';

/** A program with a driver, which is called `shown`. @throws UsageError when it cannot be played. */
export function programWith(text: string, driver: Driver, settings: DriverSettings, shown: string): Scenario {
  const isBuiltin = builtinDriver(driver.name) === driver;
  const isDefault = isBuiltin && driver.name === DEFAULT_DRIVER;
  const scenario = programScenario(text, settings, driver, isDefault ? undefined : shown);
  return isBuiltin ? scenario : careful(scenario, shown);
}

/** A scenario with a driver of the user's: what that does wrong before anything begins is said in a sentence. */
export const careful = (scenario: Scenario, driver: string): Scenario => ({
  ...scenario,
  prepare() {
    try {
      return scenario.prepare();
    } catch (error) {
      if (isUsageError(error)) throw error;
      const [name] = scenario.name.split('@');
      throw new UsageError(`scenario ${name} cannot be set up with '${driver}': ${reason(error)}`, { cause: error });
    }
  },
});
