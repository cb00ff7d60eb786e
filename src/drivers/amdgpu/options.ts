/** What amdgpu userptr has beside the options of the in-tree test driver. The first value is right. */

import type { Arena } from '../../arena/arena.ts';
import type { Mirror } from '../../arena/structures.ts';
import { choicesOf, placesOf } from '../base/choices.ts';
import { type DriverOption, driverOption } from '../base/driver.ts';
import { dmirrorOptionCount } from '../dmirror/options.ts';

export const amdgpuOptions = {
  sequence: {
    help: 'one token before all pieces of a submission, or one for each piece, of which only the last is checked (Linux 7.0)',
    values: ['submission', 'piece'],
  },
  piece: { help: 'pages of one range fault of a submission (2 GiB in the real one)', number: { default: 512, min: 1, max: 512 } },
  fenceWait: { help: 'the callback waits for the jobs that use the pages, or not', values: ['on', 'off'] },
  queues: {
    help: 'jobs of a graphics queue are waited for; user queues (compute) are stopped, and a worker restores them',
    values: ['gfx', 'compute'],
  },
} as const satisfies Readonly<Record<string, DriverOption>>;

const places = placesOf(amdgpuOptions, dmirrorOptionCount);

export const piecePages = (arena: Arena, mirror: Mirror): number => driverOption(arena, mirror, places.piece);

export const Is = choicesOf(amdgpuOptions, dmirrorOptionCount);
