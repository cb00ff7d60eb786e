/** A driver as the user names it, with its options: `dmirror:retryCheck=none`, `./my-driver.js:window=8`. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Driver } from '../drivers/base/driver.ts';
import { type DriverSettings, optionWords, parseDriverSpec } from '../drivers/base/options.ts';
import { builtinDrivers } from '../drivers/registry.ts';
import { unknown } from '../input/unknownName.ts';
import { UsageError } from '../input/usageError.ts';
import { importDriver } from '../userModules/importDriver.ts';
import { probeDriver } from '../userModules/probe.ts';

export interface ChosenDriver {
  /** What every thread can load it by: a built-in name, or a URL. */
  readonly location: string;
  readonly settings: DriverSettings;
  readonly driver: Driver;
}

/** A built-in name as it is, a path as the URL that every worker can load. */
function driverLocation(name: string): string {
  const names = builtinDrivers.map((driver) => driver.name);
  if (names.includes(name) || name.startsWith('file:')) return name;
  const isPath = name.includes('/') || /\.m?js$/.test(name);
  if (isPath && !/^[a-z][a-z+.-]+:/i.test(name)) return pathToFileURL(resolve(name)).href;
  throw unknown('driver', name, names, `allowed are ${names.join(', ')}, or a module by its path (./driver.js) or file: URL`);
}

/**
 * The driver of a spec, loaded. `usual` are settings that the spec may replace, and `further` go before both.
 *
 * @throws UsageError for an unknown one, a module that is no driver, or an option that is not allowed.
 */
export async function chosenDriver(
  spec: string,
  usual: DriverSettings = {},
  further: DriverSettings = {},
): Promise<ChosenDriver> {
  const { name, settings: chosen } = parseDriverSpec(spec);
  const location = driverLocation(name);
  // A module of the user's is tried out in a thread before anything rests on it.
  const why = location.startsWith('file:') ? await probeDriver(location) : null;
  if (why !== null) throw new UsageError(why);
  const driver = await importDriver(location);
  const settings = { ...usual, ...chosen, ...further };
  optionWords(driver, settings);
  return { location, settings, driver };
}
