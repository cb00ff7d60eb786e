/** Loads a scenario of the user's. */

import { pathToFileURL } from 'node:url';
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../../../drivers/names.ts';
import { builtinDriver } from '../../../drivers/registry.ts';
import { UsageError } from '../../../input/usageError.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { refuseOuterState } from '../../../userModules/moduleState.ts';
import { fileOf, isFile, isModule, shownName } from '../../../userModules/places.ts';
import { importUserModule } from '../../../userModules/userModule.ts';
import { driverNamed } from './driverNamed.ts';
import { reason } from './reason.ts';
import { userScenario } from './userScenario.ts';

/** @throws UsageError when there is no such module, it is no scenario, or the driver does not fit; one sentence each. */
export async function importScenarioModule(name: string, settings: DriverSettings, asked: string | undefined): Promise<Scenario> {
  const file = fileOf(name, 'scenario');
  const shown = shownName(file);
  if (!isFile(file)) throw new UsageError(`scenario module '${shown}' does not exist`);
  refuseOuterState(pathToFileURL(file), 'scenario');
  const { exported, sources } = await importUserModule(pathToFileURL(file)).catch((error: unknown) => {
    throw new UsageError(`scenario module '${shown}' does not load: ${reason(error)}`, { cause: error });
  });
  // The name of no driver of the lab may be that of the scenario's own, and is looked at there.
  const replaces = asked !== undefined && asked !== DEFAULT_DRIVER && (isModule(asked) || builtinDriver(asked) !== undefined);
  const loaded = replaces ? await driverNamed(asked) : null;
  return userScenario(exported, { name: shown, settings, sources: `${sources}${loaded?.sources ?? ''}` }, asked, loaded);
}
