/**
 * Names of scenarios, as they stand in results, in tokens and on the command line: `SCENARIO`, `SCENARIO@DRIVER`, and behind a `~`
 * the operations that are left out. A scenario is one of the catalogue or the path of a module; so is a driver.
 */

import { statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtinDrivers } from '../../../drivers/registry.ts';
import { UsageError } from '../../../input/usageError.ts';
import { splitName } from '../../../scenarios/kit/without.ts';

/** The parts of a name. */
export interface NameParts {
  readonly base: string;
  /** The driver in place of the scenario's own. */
  readonly driver: string | undefined;
  /** Operations that are left out. */
  readonly left: readonly string[];
}

/** The driver that scenarios have when they say nothing. */
export const DEFAULT_DRIVER = 'dmirror';

/** Does it say where a module is, and not what something of the lab is called? */
export const isModule = (name: string): boolean => name.startsWith('file:') || name.includes('/') || /\.m?js$/.test(name);

/** The file of a module. `what` it is is said when it is none. @throws UsageError */
export function fileOf(name: string, what: string): string {
  try {
    return name.startsWith('file:') ? fileURLToPath(name) : resolve(name);
  } catch (error) {
    throw new UsageError(`${what} module '${name}' is no file: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

export const isFile = (file: string): boolean => statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;

/** How a file is named in results and tokens: from the current directory if it lies below it, so that a token may travel. */
export function shownName(file: string): string {
  const way = relative(process.cwd(), file);
  return way.startsWith('..') || isAbsolute(way) ? file : `./${way.split(sep).join('/')}`;
}

export const builtinDriver = (name: string) => builtinDrivers.find((driver) => driver.name === name);

/** An `@` divides a scenario from a driver, and may also be part of a path: the last one that makes sense of both sides counts. */
function driverAt(base: string): number {
  const isPlace = isModule(base);
  if (isPlace && isFile(fileOf(base, 'scenario'))) return -1;
  for (let at = base.indexOf('@'); at > 0; at = base.indexOf('@', at + 1)) {
    const [scenario, driver] = [base.slice(0, at), base.slice(at + 1)];
    const isDriver = builtinDriver(driver) !== undefined || isModule(driver);
    if (isDriver && (!isModule(scenario) || isFile(fileOf(scenario, 'scenario')))) return at;
  }
  // Something that is no driver was meant as one.
  return isPlace ? -1 : base.indexOf('@');
}

export function partsOf(name: string): NameParts {
  const { base, left } = splitName(name);
  const at = driverAt(base);
  return at <= 0 ? { base, driver: undefined, left } : { base: base.slice(0, at), driver: base.slice(at + 1), left };
}

/** The driver of a name, or the one that was asked for beside it. @throws UsageError when they are two. */
export function driverOf({ base, driver }: NameParts, asked: string | undefined): string | undefined {
  if (driver !== undefined && asked !== undefined && asked !== driver)
    throw new UsageError(`scenario '${base}' is one with ${driver}, not with '${asked}'`);
  return driver ?? asked;
}
