/** Hooks that a driver does not need: what stands for them. */
import { EOPNOTSUPP } from '../../arena/errno.ts';
import { VM_FAULT_SIGBUS } from '../../mm/table/vmFault.ts';
import type { Driver } from './driver.ts';

/** What a device without memory of its own never does. */
export const withoutMemory = {
  pagemap: {
    *migrateToRam() {
      return VM_FAULT_SIGBUS;
    },
    *folioFree() {},
  },
  *migrateToDevice() {
    return 0;
  },
  *migrateToSystem() {
    return 0;
  },
  *evict() {
    return 0;
  },
} satisfies Partial<Driver>;

/** What a device without atomics never does. */
export const withoutAtomics = {
  *makeExclusive() {
    return -EOPNOTSUPP;
  },
} satisfies Partial<Driver>;

/** The hooks that take the places of those that are not there: of a device without memory, without atomics, without intervals. */
export function standIns({ memory, atomics, classic }: Partial<Driver>): Partial<Driver> {
  return {
    ...(memory === false ? withoutMemory : {}),
    ...(atomics === false ? withoutAtomics : {}),
    ...(classic === undefined ? {} : { interval: {} }),
  };
}
