/** The scenarios that can be explored, by name. */
import type { DriverSettings } from '../../drivers/options.ts';
import { miniHmm } from '../../scenarios/miniHmm.ts';
import type { Scenario } from '../../scenarios/scenario.ts';
import { longScenarios, windowScenarios } from '../../scenarios/windows.ts';
import { splitName, without } from '../../scenarios/without.ts';

/** `mini-hmm-4x3` and `mini-hmm-early-1x20`: faulters and invalidations. */
const sized = /^mini-hmm(-early)?-(\d{1,2})x(\d{1,3})$/;

const FAULTERS = 8;

export { longScenarios };

/** Where all are tried, the long ones are not: they are known by their names only. */
export function scenarios(settings: DriverSettings = {}): readonly Scenario[] {
  return [miniHmm(), miniHmm(2, 2, true), ...windowScenarios(settings)];
}

/** A scenario by its name, without the operations that are left out after a `~`. @throws RangeError that names what there is. */
export function scenarioNamed(name: string, settings: DriverSettings = {}): Scenario {
  const { base, left } = splitName(name);
  return without(wholeScenario(base, settings), left);
}

function wholeScenario(name: string, settings: DriverSettings): Scenario {
  const size = sized.exec(name);
  if (size !== null) {
    const [, early, faulters, invalidations] = size;
    if (Number(faulters) < 1 || Number(faulters) > FAULTERS || Number(invalidations) < 1) {
      throw new RangeError(`scenario '${name}': 1 to ${FAULTERS} faulters and 1 to 999 invalidations are possible`);
    }
    return miniHmm(Number(faulters), Number(invalidations), early !== undefined);
  }
  const found = [...scenarios(settings), ...longScenarios(settings)].find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  const names = [...scenarios(), ...longScenarios()].map((scenario) => scenario.name);
  throw new RangeError(`unknown scenario '${name}', allowed are ${names.join(', ')}, and mini-hmm-FxI`);
}
