/** All programs, in the order of the table. */
import { atomicity } from './atomicity.ts';
import { buffers } from './buffers.ts';
import { deadlocks } from './deadlocks.ts';
import { demands } from './demands.ts';
import type { Program } from './program.ts';
import { protocols } from './protocols.ts';
import { workStealing } from './workStealing.ts';

export const programs: readonly Program[] = [...demands, ...deadlocks, ...buffers, ...atomicity, ...protocols, ...workStealing];
