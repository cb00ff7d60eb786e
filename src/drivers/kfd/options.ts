/** What amdkfd SVM has beside the options of the in-tree test driver. The first value is right. */

import type { Arena } from '../../arena/arena.ts';
import type { Mirror } from '../../arena/structures.ts';
import { choicesOf, placesOf } from '../base/choices.ts';
import { type DriverOption, driverOption } from '../base/driver.ts';
import { dmirrorOptionCount } from '../dmirror/options.ts';

export const kfdOptions = {
  nonBlockable: {
    help: 'a callback that must not wait tries the lock and gives up, or takes it all the same (in-tree)',
    values: ['trylock', 'sleep'],
  },
  xnack: {
    help: 'an invalidation unmaps, and the hardware faults again; or (off) it stops the queues, and a worker restores them',
    values: ['on', 'off'],
  },
  granule: { help: 'pages that come home with one that a CPU touches', number: { default: 512, min: 1, max: 512 } },
  migrateOnFault: {
    help: 'a device fault moves what it asks for to the device first (the real one does, by preferred location)',
    values: ['off', 'on'],
  },
  homeNote: {
    help: 'a CPU fault asks the entries whether a page is on the device; or first a note that its granule has come home, made after each pass (in-tree before 740a451b0797)',
    values: ['none', 'pass'],
  },
} as const satisfies Readonly<Record<string, DriverOption>>;

const places = placesOf(kfdOptions, dmirrorOptionCount);

export const granulePages = (arena: Arena, mirror: Mirror): number => driverOption(arena, mirror, places.granule);

export const Is = choicesOf(kfdOptions, dmirrorOptionCount);
