/**
 * Loads scenarios, and drivers for them: programs, those of the lab by name, and of the user's by the path of a module. What is not
 * asked for is not loaded: a program that somebody types is searched at once.
 */

import type { DriverSettings } from '../../../drivers/base/options.ts';
import { isProgram } from '../../../programs/program.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { without } from '../../../scenarios/kit/without.ts';
import { programScenario } from '../../../scenarios/programs/programScenario.ts';
import { loadUnchanged } from '../../../scenarios/programs/unchanged.ts';
import { isModule } from '../../../userModules/places.ts';
import { driverNamed } from './driverNamed.ts';
import { driverOf, partsOf } from './names.ts';
import { programWith } from './programs.ts';

/**
 * A program, a scenario of the catalogue by its name, or one of a module by its path or `file:` URL, with `asked` in place of its
 * driver if that can be: one of the lab by its name, or a module by its path.
 *
 * @throws UsageError for an unknown name, a driver that does not fit, or a module that does not load or is no scenario;
 * one sentence each.
 */
export async function importScenario(name: string, settings: DriverSettings, asked?: string): Promise<Scenario> {
  const parts = partsOf(name);
  return without(await wholeScenario(parts.base, settings, driverOf(parts, asked)), parts.left);
}

async function wholeScenario(base: string, settings: DriverSettings, asked: string | undefined): Promise<Scenario> {
  if (isProgram(base)) await loadUnchanged();
  else if (isModule(base)) return (await import('./scenarioModule.ts')).importScenarioModule(base, settings, asked);
  if (asked === undefined)
    return isProgram(base) ? programScenario(base, settings) : (await catalogue()).scenarioNamed(base, settings);
  const { driver, shown, sources } = await driverNamed(asked);
  const scenarioWith = isProgram(base) ? programWith : (await catalogue()).scenarioWith;
  const scenario = scenarioWith(base, driver, settings, shown);
  return sources === '' ? scenario : { ...scenario, sources };
}

const catalogue = () => import('./catalogue.ts');
