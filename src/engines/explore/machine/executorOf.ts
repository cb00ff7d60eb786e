/** The executor that every exploration uses. */
import { driverWatch } from '../../../oracles/driverWatch.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import { Executor, type ExecutorOptions } from './execution.ts';

/** An executor with the cheap oracles on. */
export const executorOf = (scenario: Scenario, options?: ExecutorOptions): Executor =>
  new Executor(scenario, driverWatch, options);
