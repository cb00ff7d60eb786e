/** The policies of a device that walks the CPU's page tables. The first value is right. */
import { choicesOf } from '../base/choices.ts';
import type { DriverOption } from '../base/driver.ts';

export const svaOptions = {
  flushAll: {
    help: 'a flush of the whole address space is one of the whole PASID, or its size is computed as that of any other, and comes to nothing (before e7ad6c2a4b1a)',
    values: ['pasid', 'pages'],
  },
  weak: {
    help: 'a translation that does not do for a write is looked for again in the page tables (x86), or is a page request at once (SMMU): then a fault that only grants must flush, too, as that of ARM64 does since 6bbd42e2df8f, and that of x86 does not',
    values: ['walk', 'fault'],
  },
  release: {
    help: 'when the process exits its page tables are taken from the device, or the device goes on walking them',
    values: ['tearDown', 'none'],
  },
} as const satisfies Readonly<Record<string, DriverOption>>;

export const Is = choicesOf(svaOptions);
