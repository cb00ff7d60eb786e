/** Which scenarios there are for a driver, the long ones last; those with a mistake built in are left out. Nothing is set up for it. */
import { type DriverSettings, KERNEL, optionWords } from '../../../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../../../drivers/names.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { planNamed } from '../../../scenarios/windows.ts';
import { STEP_LIMIT } from '../machine/execution.ts';
import { longScenarios, played, scenarios } from './catalogue.ts';
import { driverNamed } from './driverNamed.ts';
import { partsOf } from './names.ts';

/** A scenario that seems to fit a driver. */
export interface Listed {
  /** As results name it, with the driver. */
  readonly scenario: string;
  readonly settings: DriverSettings;
  /** Its paths have thousands of steps. */
  readonly isLong: boolean;
}

export interface List {
  readonly scenarios: readonly Listed[];
  /** Of the others a sentence each: why they do not fit. */
  readonly misfits: readonly string[];
}

const listed = ({ name, stepLimit = 0 }: Scenario, settings: DriverSettings): Listed => ({
  scenario: name,
  settings,
  isLong: stepLimit > STEP_LIMIT,
});

/** The driver that a scenario is played with, by its name; undefined where there is no device. */
function driverIn(name: string): string | undefined {
  const { base, driver } = partsOf(name);
  const plan = planNamed(base);
  return driver ?? (plan === undefined ? undefined : (plan.machine?.driver?.name ?? DEFAULT_DRIVER));
}

/** All of them with the drivers they have; the settings go to those that have the same driver as the scenario `like`. */
function asTheyAre(settings: DriverSettings, like: string | undefined): List {
  const theirs = like === undefined ? undefined : driverIn(like);
  const all = [...scenarios(), ...longScenarios()].filter(({ flawed }) => flawed !== true);
  const isTheirs = ({ name }: Scenario): boolean => theirs !== undefined && driverIn(name) === theirs;
  // What kernel it is concerns all of them.
  const everywhere = Object.fromEntries(Object.entries(settings).filter(([name]) => name === KERNEL));
  return { scenarios: all.map((one) => listed(one, isTheirs(one) ? settings : everywhere)), misfits: [] };
}

/**
 * The scenarios that can be played with a driver, by its name or the path of its module, as far as they themselves say so; without
 * one, all of them as they are.
 *
 * @throws UsageError for an unknown driver, a module that is none, or options that it does not have.
 */
export async function listScenarios(asked: string | undefined, settings: DriverSettings, like?: string): Promise<List> {
  if (asked === undefined) return asTheyAre(settings, like);
  const { driver, shown } = await driverNamed(asked);
  optionWords(driver, settings);
  const { scenarios: fitting, misfits } = played(driver, settings, shown, true);
  return { scenarios: fitting.map((scenario) => listed(scenario, settings)), misfits };
}
