/** Numbers with bounds: one table serves the flags of the command line and the options of the library. */

export interface Bounds {
  /** `number` takes decimals, `whole` does not. */
  readonly kind: 'whole' | 'number';
  readonly min?: number;
  readonly max?: number;
  /** Instead of `min`: the value must be larger than this. */
  readonly above?: number;
}

/** What is allowed, in words: `a whole number from 0 to 32`. */
export function boundsText({ kind, min, max, above }: Bounds): string {
  const what = kind === 'whole' ? 'a whole number' : 'a number';
  if (above !== undefined) return `${what} above ${above}${max === undefined ? '' : `, at most ${max}`}`;
  return min === undefined || max === undefined ? what : `${what} from ${min} to ${max}`;
}

/** Whether a value is a number within the bounds; NaN never is. */
export function isWithin({ kind, min, max, above }: Bounds, value: unknown): value is number {
  return (
    typeof value === 'number' &&
    value >= (min ?? Number.NEGATIVE_INFINITY) &&
    value <= (max ?? Number.POSITIVE_INFINITY) &&
    value > (above ?? Number.NEGATIVE_INFINITY) &&
    (kind === 'number' || Number.isSafeInteger(value))
  );
}
