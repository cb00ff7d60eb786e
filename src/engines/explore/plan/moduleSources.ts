/** Which modules of the user's a scenario is made of. Runs none of them. */

import { pathToFileURL } from 'node:url';
import { UsageError } from '../../../input/usageError.ts';
import { fileOf, isFile, isModule } from '../../../userModules/places.ts';
import { sourcesOf } from '../../../userModules/userModule.ts';
import { partsOf } from './names.ts';
import { reason } from './reason.ts';

/** Hash of a module and of what it imports. @throws UsageError when the file is gone. */
export function moduleSources(name: string, what: string): string {
  const file = fileOf(name, what);
  if (!isFile(file)) throw new UsageError(`the ${what} is the module '${name}', and there is no such file here`);
  try {
    return sourcesOf(pathToFileURL(file));
  } catch (error) {
    throw new UsageError(`${what} module '${name}' does not load: ${reason(error)}`, { cause: error });
  }
}

/** Hash of the modules of the user's that a scenario is made of; empty for one of the lab. @throws UsageError when a file is gone. */
export function scenarioSources(name: string): string {
  const { base, driver } = partsOf(name);
  return [
    isModule(base) ? moduleSources(base, 'scenario') : '',
    driver !== undefined && isModule(driver) ? moduleSources(driver, 'driver') : '',
  ].join('');
}
