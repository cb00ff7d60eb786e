/** The policies of the collision-retry loop, by name. What they do is in retryLoop.ts. */

/** What each policy does, in a line. */
export const retryPolicies = {
  window: 'the deadline is for each chunk of the range by itself, as in the in-tree test driver',
  absolute: 'one deadline for the whole request',
  progress: 'the deadline starts anew when a chunk became stable, or a pass faulted pages in',
  unbounded: 'no deadline',
  backoff: 'one deadline, and a pause after each lost pass that doubles',
  refault: 'no loop and no deadline: the fault is dropped, and the hardware faults again after a while',
  timeslice: 'one deadline; the loop works for a time slice and rests for another, and the slice doubles',
} as const;

export type RetryPolicy = keyof typeof retryPolicies;
