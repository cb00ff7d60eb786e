/** Loads the clean counterpart of a scenario: from the tree without the bug, and without the options of the driver. */

import type { DriverSettings } from '../../../drivers/base/options.ts';
import { cleanTree } from '../../../package/activeBug.ts';
import { type Counterpart, counterpart } from '../failure/counterpart.ts';
import type * as Load from './importScenario.ts';
import { importScenario } from './importScenario.ts';

/** A module of the explorer in the tree without the bug. */
const fromClean = <T>(module: string, tree: string): Promise<T> => import(new URL(`engines/explore/${module}.js`, tree).href);

/** Null where there is none, as nothing was asked about. */
export async function counterpartOf(
  scenario: string,
  settings: DriverSettings,
  driver: string | undefined,
): Promise<Counterpart | null> {
  if (cleanTree === null && Object.keys(settings).length === 0) return null;
  try {
    if (cleanTree === null) return counterpart(await importScenario(scenario, {}, driver));
    const there = await fromClean<typeof Load>('plan/importScenario', cleanTree);
    const clean = await fromClean<{ counterpart: typeof counterpart }>('failure/counterpart', cleanTree);
    return clean.counterpart(await there.importScenario(scenario, {}, driver));
  } catch {
    // For example a scenario of the user's that is none without the options.
    return null;
  }
}
