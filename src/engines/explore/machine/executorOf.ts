/** The executor that every exploration uses. */
import { checkInstalled } from '../../../oracles/mirror.ts';
import type { Scenario } from '../../../scenarios/kit/scenario.ts';
import type { Watch } from '../../../sync/task.ts';
import { Executor, type ExecutorOptions } from './execution.ts';

const watch: Watch = { installed: checkInstalled, faultStable: () => {} };

/** An executor with the cheap oracles on. */
export const executorOf = (scenario: Scenario, options?: ExecutorOptions): Executor => new Executor(scenario, watch, options);
