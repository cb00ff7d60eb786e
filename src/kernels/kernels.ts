/** The kernels that the model can be, and what each does otherwise than the newest. */
import { UsageError } from '../input/usageError.ts';
import { type Change, coreChanges, type DriverChange, driverChanges } from './changes.ts';
import { Older, type OlderName } from './older.ts';

/** Oldest first. */
export const KERNELS = ['6.1', '7.3'] as const;
export type Kernel = (typeof KERNELS)[number];
/** What the model is unless it is asked to be another. */
export const NEWEST: Kernel = '7.3';

/** Behaviour of before: bits of {@link Older}, and values of options of the test driver. */
export interface Behaviour {
  readonly older: number;
  readonly options: Readonly<Record<string, string>>;
}

/** A version as a number that can be compared: 6.15 comes after 6.2. */
function ordinal(version: string): number {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major * 1000 + minor;
}

const isBefore = (kernel: Kernel, { since }: Change): boolean => ordinal(kernel) < ordinal(since);

/** The options of a driver that had another value under that kernel. */
export function optionsBefore(changes: Readonly<Record<string, DriverChange>>, kernel: Kernel): Readonly<Record<string, string>> {
  const before = Object.entries(changes).filter(([, change]) => isBefore(kernel, change));
  return Object.fromEntries(before.map(([name, { value }]) => [name, value]));
}

/** What a kernel, with its test driver, does as the newest does no more. */
export function behaviourOf(kernel: Kernel): Behaviour {
  const names = (Object.keys(coreChanges) as OlderName[]).filter((name) => isBefore(kernel, coreChanges[name]));
  return { older: names.reduce((bits, name) => bits | Older[name], 0), options: optionsBefore(driverChanges, kernel) };
}

/**
 * The kernel of a version as a user, a recording or `uname -r` names it: `7.3`, `7.3.4-1`. `what` is what has that version.
 *
 * @throws UsageError for one that the model cannot be.
 */
export function kernelNamed(version: string, what: string): Kernel {
  const series = /^\d+\.\d+(?![\d])/.exec(version)?.[0];
  const known = KERNELS.find((kernel) => kernel === series);
  if (known !== undefined) return known;
  throw new UsageError(`${what} is '${version}', the model has Linux ${KERNELS.join(' and ')}`);
}
