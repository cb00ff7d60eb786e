/** What drm_gpusvm with xe has beside the options of the in-tree test driver. The first value is right. */

import type { Arena } from '../../arena/arena.ts';
import type { Mirror } from '../../arena/structures.ts';
import { choicesOf, placesOf } from '../base/choices.ts';
import { type DriverOption, driverOption } from '../base/driver.ts';
import { dmirrorOptionCount } from '../dmirror/options.ts';

export const gpusvmOptions = {
  bindCheck: {
    help: 'before a range is bound the flags of its pages are looked at again (has_dma_mapping), or not',
    values: ['flags', 'none'],
  },
  dmaUnmap: {
    help: 'pages are unmapped for DMA by the callback, after the device has let go of them; before that; or only at close',
    values: ['invalidate', 'early', 'close'],
  },
  timesliceUs: {
    help: 'so long a page that was moved to the device for atomics stays there, whoever touches it; doubled at each retry',
    number: { default: 5000, min: 0, max: 100_000 },
  },
  migrateDevmem: {
    help: 'a device fault moves its range to the device first, all of it or nothing (the real one does, where it may)',
    values: ['off', 'on'],
  },
} as const satisfies Readonly<Record<string, DriverOption>>;

const places = placesOf(gpusvmOptions, dmirrorOptionCount);

/** Milliseconds. */
export const timesliceMs = (arena: Arena, mirror: Mirror): number => driverOption(arena, mirror, places.timesliceUs) / 1000;

export const Is = choicesOf(gpusvmOptions, dmirrorOptionCount);
