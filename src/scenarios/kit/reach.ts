/** Covers in a word each: what a scenario is there to reach. */

import { get } from '../../arena/access.ts';
import type { CounterName } from '../../arena/counters.ts';
import { Mm } from '../../arena/structures.ts';
import type { PageNumber } from '../../arena/units.ts';
import { mapsPage, ptePfn } from '../../mm/table/pte.ts';
import { readPte } from '../../mm/table/tables.ts';
import type { CounterCover, EndCover, PlaceCover, PlaceName } from './covers.ts';
import { FIRST, type SmallMachine } from './smallMachine.ts';

/** The actor counts something. */
export const counts = (actor: string, counter: CounterName): CounterCover => ({ actor, counter });

/** The actor comes to a point that it only passes when the race is on. */
export const stands = (actor: string, point: PlaceName): PlaceCover => ({ actor, point });

/** Two actors are at these points at the same time: the window is open, and somebody else is in it. */
export const meets = (actor: string, point: PlaceName, other: string, where: PlaceName): PlaceCover => ({
  actor,
  point,
  while: { actor: other, point: where },
});

/** Frame that a page is mapped to, by the CPU or as device memory; 0 for none, or in swap. */
function pfnOf({ arena, mm }: SmallMachine, page: PageNumber): number {
  const pte = readPte(arena, get(arena, mm + Mm.pgd), FIRST + page);
  return mapsPage(pte) ? ptePfn(pte) : 0;
}

const isOnDevice = (m: SmallMachine, page: PageNumber): boolean => pfnOf(m, page) >= m.arena.config.systemPages;

/** A page is in device memory at the end. */
export const endsOnDevice = (page = 0): EndCover<[m: SmallMachine]> => ({
  end: (m) => isOnDevice(m, page),
  what: `page ${page} ends in device memory`,
});

/** A page is mapped in system memory at the end. */
export const endsInSystem = (page = 0): EndCover<[m: SmallMachine]> => ({
  end: (m) => pfnOf(m, page) > 0 && !isOnDevice(m, page),
  what: `page ${page} ends in system memory`,
});
