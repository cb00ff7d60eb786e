/** Most steps of an execution. */
export const STEP_LIMIT = 20_000;
