/** Most steps of an execution, where the scenario does not say otherwise. */
export const STEP_LIMIT = 20_000;
