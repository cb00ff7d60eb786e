/** What an operation of a program answers. */

/** Fields as the recordings name them. */
export interface Answer {
  /** errno, 0 for success. */
  readonly e?: unknown;
  readonly [field: string]: unknown;
}

/** The answer of what returns 0 or more, or a negative errno. */
export const errorOf = (result: number): Answer => ({ e: result < 0 ? -result : 0 });
