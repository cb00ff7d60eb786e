/** Loads a driver of the user's. */

import { pathToFileURL } from 'node:url';
import { UsageError } from '../../../input/usageError.ts';
import { importDriver } from '../../../userModules/importDriver.ts';
import { refuseOuterState } from '../../../userModules/moduleState.ts';
import { fileOf, isFile, shownName } from '../../../userModules/places.ts';
import { moduleSources } from './moduleSources.ts';
import type { Replacement } from './userScenario.ts';

export interface LoadedDriver extends Replacement {
  /** Hash of its modules; empty for one of the lab. */
  readonly sources: string;
}

/** @throws UsageError when there is no such module, or it is no driver; one sentence each. */
export async function importDriverModule(name: string): Promise<LoadedDriver> {
  const file = fileOf(name, 'driver');
  const shown = shownName(file);
  if (!isFile(file)) throw new UsageError(`driver module '${shown}' does not exist`);
  const sources = moduleSources(name, 'driver');
  refuseOuterState(pathToFileURL(file), 'driver');
  return { driver: await importDriver(pathToFileURL(file).href), shown, sources };
}
