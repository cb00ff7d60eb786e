/** A driver for scenarios: of the lab by its name, of the user's by the path of its module. */

import { builtinDriver, builtinDrivers } from '../../../drivers/registry.ts';
import { UsageError } from '../../../input/usageError.ts';
import { isModule } from '../../../userModules/places.ts';
import type { LoadedDriver } from './driverModule.ts';

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
  const { importDriverModule } = await import('./driverModule.ts');
  return importDriverModule(name);
}
