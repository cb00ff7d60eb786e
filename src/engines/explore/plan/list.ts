/** Which scenarios there are for a driver, the long ones last; those with a mistake built in are left out. */
import { type DriverSettings, optionWords } from '../../../drivers/options.ts';
import { coverText } from '../../../scenarios/covers.ts';
import type { Scenario } from '../../../scenarios/scenario.ts';
import { STEP_LIMIT } from '../machine/execution.ts';
import { longScenarios, playable, scenarioNamed, scenarios } from './catalogue.ts';
import { driverNamed } from './load.ts';

/** A scenario that fits a driver. */
export interface Listed {
  /** As results name it, with the driver. */
  readonly scenario: string;
  readonly settings: DriverSettings;
  /** Its paths have thousands of steps. */
  readonly isLong: boolean;
  /** What its covers are, in words. */
  readonly covers: readonly string[];
}

export interface List {
  readonly scenarios: readonly Listed[];
  /** Of the others a sentence each: why they do not fit. */
  readonly misfits: readonly string[];
}

const listed = ({ name, prepare, stepLimit = 0 }: Scenario, settings: DriverSettings): Listed => ({
  scenario: name,
  settings,
  isLong: stepLimit > STEP_LIMIT,
  covers: (prepare().covers ?? []).map(coverText),
});

/** All of them with the drivers they have; the settings go to those that have the same driver as the scenario `like`. */
function asTheyAre(settings: DriverSettings, like: string | undefined): List {
  const theirs = like === undefined ? undefined : scenarioNamed(like).prepare().driver;
  const all = [...scenarios(), ...longScenarios()].filter(({ flawed }) => flawed !== true);
  return {
    scenarios: all.map((scenario) => listed(scenario, scenario.prepare().driver === theirs ? settings : {})),
    misfits: [],
  };
}

/**
 * The scenarios that can be played with a driver, by its name or the path of its module; without one, all of them as they are.
 *
 * @throws UsageError for an unknown driver, a module that is none, or options that it does not have.
 */
export async function listScenarios(asked: string | undefined, settings: DriverSettings, like?: string): Promise<List> {
  if (asked === undefined) return asTheyAre(settings, like);
  const { driver, shown } = await driverNamed(asked);
  optionWords(driver, settings);
  const { scenarios: fitting, misfits } = playable(driver, settings, shown, true);
  return { scenarios: fitting.map((scenario) => listed(scenario, settings)), misfits };
}
