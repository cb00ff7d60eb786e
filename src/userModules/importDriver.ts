/** Loads a driver by name or by the URL of its module, in the main thread and in every worker. */

import type { Driver } from '../drivers/base/driver.ts';
import { driverDefect, wholeDriver } from '../drivers/base/userDriver.ts';
import { builtinDrivers } from '../drivers/registry.ts';
import { UsageError } from '../input/usageError.ts';
import { importUserModule } from './userModule.ts';

/** Loaded modules by URL: a driver is registered by identity, so a thread must get the same object each time. */
const loaded = new Map<string, Promise<Driver>>();

/**
 * The driver of a built-in name or a `file:` URL.
 *
 * @throws UsageError for an unknown name, or for a module that does not load or is no driver; one sentence each.
 */
export async function importDriver(nameOrUrl: string): Promise<Driver> {
  const builtin = builtinDrivers.find(({ name }) => name === nameOrUrl);
  if (builtin !== undefined) return builtin;
  if (!nameOrUrl.startsWith('file:')) {
    const names = builtinDrivers.map(({ name }) => name).join(', ');
    throw new UsageError(
      `unknown driver '${nameOrUrl}', allowed are ${names}, or a module by its path (./driver.js) or file: URL`,
    );
  }
  const known = loaded.get(nameOrUrl);
  if (known !== undefined) return known;
  const loading = importModule(nameOrUrl);
  loaded.set(nameOrUrl, loading);
  return loading;
}

async function importModule(url: string): Promise<Driver> {
  let candidate: unknown;
  try {
    ({ exported: candidate } = await importUserModule(new URL(url)));
  } catch (error) {
    const [why = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new UsageError(`driver module '${url}' does not load: ${why}`, { cause: error });
  }
  const defect = driverDefect(candidate);
  if (defect !== null) throw new UsageError(`driver module '${url}' is not a driver: ${defect}`);
  return wholeDriver(candidate as Driver);
}
