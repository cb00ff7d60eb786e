/** The scenarios of the race windows, by family. */
import type { DriverSettings } from '../drivers/base/options.ts';
import { type Plan, scenarioOf } from './kit/plan.ts';
import type { Scenario } from './kit/scenario.ts';
import { chargePlans } from './windows/charges.ts';
import { classicPlans } from './windows/classic.ts';
import { cpuFaultPlans } from './windows/cpuFaults.ts';
import { deviceFaultPlans } from './windows/deviceFaults.ts';
import { dmaBufferPlans } from './windows/dmaBuffers.ts';
import { dmaEntryPlans } from './windows/dmaEntries.ts';
import { driverObjectPlans } from './windows/driverObjects.ts';
import { exclusivePlans } from './windows/exclusive.ts';
import { exitPlans } from './windows/exit.ts';
import { hugePlans } from './windows/huge.ts';
import { hugePiecePlans } from './windows/hugePieces.ts';
import { hugeSvaPlans } from './windows/hugeSva.ts';
import { mappingPlans } from './windows/mappings.ts';
import { migrationPlans } from './windows/migration.ts';
import { notifierPlans } from './windows/notifiers.ts';
import { permissionPlans } from './windows/permissions.ts';
import { rangeFaultPlans } from './windows/rangeFaults.ts';
import { realDriverPlans } from './windows/realDrivers.ts';
import { reclaimPlans } from './windows/reclaim.ts';
import { returnPlans } from './windows/returns.ts';
import { svaPlans } from './windows/sva.ts';
import { swapInPlans } from './windows/swapIn.ts';
import { teardownPlans } from './windows/teardown.ts';
import { translationPlans } from './windows/translations.ts';
import { twoDevicePlans } from './windows/twoDevices.ts';

const plans: readonly Plan[] = [
  ...deviceFaultPlans,
  ...rangeFaultPlans,
  ...cpuFaultPlans,
  ...migrationPlans,
  ...returnPlans,
  ...exclusivePlans,
  ...notifierPlans,
  ...classicPlans,
  ...exitPlans,
  ...realDriverPlans,
  ...driverObjectPlans,
  ...reclaimPlans,
  ...swapInPlans,
  ...permissionPlans,
  ...mappingPlans,
  ...translationPlans,
  ...twoDevicePlans,
  ...teardownPlans,
  ...chargePlans,
  ...dmaBufferPlans,
  ...dmaEntryPlans,
  ...svaPlans,
];

/** `settings` are given to the driver. */
export const windowScenarios = (settings: DriverSettings = {}): readonly Scenario[] =>
  plans.map((plan) => scenarioOf(plan, settings));

/** Their paths have thousands of steps. */
const longPlans: readonly Plan[] = [...hugePlans, ...hugePiecePlans, ...hugeSvaPlans];

/** The scenarios of huge pages. */
export const longScenarios = (settings: DriverSettings = {}): readonly Scenario[] =>
  longPlans.map((plan) => scenarioOf(plan, settings));

/** All plans, the long ones last. */
const allPlans = (): readonly Plan[] => [...plans, ...longPlans];

/** A plan by its name. */
export const planNamed = (name: string): Plan | undefined => allPlans().find((plan) => plan.name === name);
