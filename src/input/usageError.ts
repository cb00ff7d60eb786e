/**
 * What was given is not allowed: an option, a name, a file, a module of the user's. The message is one sentence that says what was
 * given and what is allowed; the program prints it and ends with exit code 2.
 *
 * Only this class means bad usage. Any other error, a RangeError or TypeError of the language above all, is a fault of the lab.
 */
export class UsageError extends RangeError {
  override readonly name = 'UsageError';
}

/** By name and not by class: the erased tree, the stepped one and a tree with a bug in it have a class each, in one process. */
export const isUsageError = (error: unknown): error is Error => error instanceof Error && error.name === 'UsageError';
