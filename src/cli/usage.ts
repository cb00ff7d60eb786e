/** Bad usage and bad input: what the user gets told. */
export { nearest, quote, unknown } from '../input/unknownName.ts';
export { UsageError } from '../input/usageError.ts';
