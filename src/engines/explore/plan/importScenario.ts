/** Loads scenarios, and drivers for them: of the lab by name, of the user's by the path of a module. */

import { pathToFileURL } from 'node:url';
import type { DriverSettings } from '../../../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../../../drivers/names.ts';
import { builtinDriver, builtinDrivers } from '../../../drivers/registry.ts';
import { UsageError } from '../../../input/usageError.ts';
import { isProgram } from '../../../programs/program.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { without } from '../../../scenarios/kit/without.ts';
import { loadUnchanged } from '../../../scenarios/programs/unchanged.ts';
import { importDriver } from '../../../userModules/importDriver.ts';
import { refuseOuterState } from '../../../userModules/moduleState.ts';
import { fileOf, isFile, isModule, shownName } from '../../../userModules/places.ts';
import { importUserModule, sourcesOf } from '../../../userModules/userModule.ts';
import { scenarioNamed, scenarioWith } from './catalogue.ts';
import { driverOf, partsOf } from './names.ts';
import { reason } from './reason.ts';
import { type Replacement, userScenario } from './userScenario.ts';

/** Hash of a module and of what it imports. Runs nothing. @throws UsageError when the file is gone. */
function moduleSources(name: string, what: string): string {
  const file = fileOf(name, what);
  if (!isFile(file)) throw new UsageError(`the ${what} is the module '${name}', and there is no such file here`);
  try {
    return sourcesOf(pathToFileURL(file));
  } catch (error) {
    throw new UsageError(`${what} module '${name}' does not load: ${reason(error)}`, { cause: error });
  }
}

/** Hash of the modules of the user's that a scenario is made of; empty for one of the lab. @throws UsageError when a file is gone. */
export async function scenarioSources(name: string): Promise<string> {
  const { base, driver } = partsOf(name);
  return [
    isModule(base) ? moduleSources(base, 'scenario') : '',
    driver !== undefined && isModule(driver) ? moduleSources(driver, 'driver') : '',
  ].join('');
}

/** A driver by its name or the path of its module. */
export interface LoadedDriver extends Replacement {
  /** Hash of its modules; empty for one of the lab. */
  readonly sources: string;
}

/** Drivers of the user's that were loaded, by their names: a thread loads each once, however many scenarios it is played in. */
const loadedBefore = new Map<string, Promise<LoadedDriver>>();

/** @throws UsageError for an unknown driver, or a module that is none; one sentence each. */
export function driverNamed(name: string): Promise<LoadedDriver> {
  const known = loadedBefore.get(name);
  if (known !== undefined) return known;
  const loading = importNamed(name);
  loadedBefore.set(name, loading);
  loading.catch(() => loadedBefore.delete(name));
  return loading;
}

async function importNamed(name: string): Promise<LoadedDriver> {
  const builtin = builtinDriver(name);
  if (builtin !== undefined) return { driver: builtin, shown: name, sources: '' };
  if (!isModule(name))
    throw new UsageError(
      `unknown driver '${name}', allowed are ${builtinDrivers.map((one) => one.name).join(', ')}, or a module by its path`,
    );
  const file = fileOf(name, 'driver');
  const shown = shownName(file);
  if (!isFile(file)) throw new UsageError(`driver module '${shown}' does not exist`);
  const sources = moduleSources(name, 'driver');
  refuseOuterState(pathToFileURL(file), 'driver');
  return { driver: await importDriver(pathToFileURL(file).href), shown, sources };
}

/**
 * A scenario of the catalogue by its name, or of a module by its path or `file:` URL, with `asked` in place of its driver if that can
 * be: one of the lab by its name, or a module by its path.
 *
 * @throws UsageError for an unknown name, a driver that does not fit, or a module that does not load or is no scenario;
 * one sentence each.
 */
export async function importScenario(name: string, settings: DriverSettings, asked?: string): Promise<Scenario> {
  const parts = partsOf(name);
  const { base, left } = parts;
  const driver = driverOf(parts, asked);
  if (isProgram(base)) await loadUnchanged();
  return without(await (isModule(base) ? importModule(base, settings, driver) : importBuiltin(base, settings, driver)), left);
}

async function importBuiltin(base: string, settings: DriverSettings, asked: string | undefined): Promise<Scenario> {
  if (asked === undefined) return scenarioNamed(base, settings);
  const { driver, shown, sources } = await driverNamed(asked);
  const scenario = scenarioWith(base, driver, settings, shown);
  return sources === '' ? scenario : { ...scenario, sources };
}

async function importModule(base: string, settings: DriverSettings, asked: string | undefined): Promise<Scenario> {
  const file = fileOf(base, 'scenario');
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
