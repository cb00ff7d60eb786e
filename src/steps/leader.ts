/** Who leads an operation to where it was before: it goes by the points on its way, and does not stop at each. */

export interface Leader {
  /** Has the operation been at the point, and further on? Then it goes by without a stop. */
  passes(point: unknown): boolean;
}

let leader: Leader | null = null;

/** Lets operations be led, or by null be led no more. Returns who led them before. */
export function useLeader(next: Leader | null): Leader | null {
  const before = leader;
  leader = next;
  return before;
}

/** An operation comes to a point. Does it go by? */
export const goesBy = (point: unknown): boolean => leader?.passes(point) === true;
