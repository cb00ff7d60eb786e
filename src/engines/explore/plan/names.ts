/**
 * Names of scenarios, as they stand in results, in tokens and on the command line: `SCENARIO`, `SCENARIO@DRIVER`, and behind a `~`
 * the operations that are left out. A scenario is one of the catalogue or the path of a module; so is a driver.
 */

import { isBuiltin } from '../../../drivers/names.ts';
import { UsageError } from '../../../input/usageError.ts';
import { isProgram } from '../../../programs/program.ts';
import { splitName } from '../../../scenarios/kit/without.ts';
import { fileOf, isFile, isModule } from '../../../userModules/places.ts';

/** The parts of a name. */
export interface NameParts {
  readonly base: string;
  /** The driver in place of the scenario's own. */
  readonly driver: string | undefined;
  /** Operations that are left out. */
  readonly left: readonly string[];
}

/** An `@` divides a scenario from a driver, and may also be part of a path: the last one that makes sense of both sides counts. */
function driverAt(base: string): number {
  // In a program an `@` with a number says whose operation it is.
  if (isProgram(base)) return base.search(/@(?!\d+\s)[^@]*$/);
  const isPlace = isModule(base);
  if (isPlace && isFile(fileOf(base, 'scenario'))) return -1;
  for (let at = base.indexOf('@'); at > 0; at = base.indexOf('@', at + 1)) {
    const [scenario, driver] = [base.slice(0, at), base.slice(at + 1)];
    const isDriver = isBuiltin(driver) || isModule(driver);
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
