/**
 * The defect of homeNote=pass: amdkfd noted for a granule that nothing of it is on the device (actual_loc) as soon as a migration home
 * was over, and a CPU fault in a granule with that note has nothing to do. But a page that another fault had locked has stayed. The
 * note is right only if what came home is counted; then it says what the entries say, and so there is none by default.
 */

import { and, load, or } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Vpn } from '../../arena/units.ts';
import type { Fault } from '../../mm/table/vmFault.ts';
import { Point } from '../../steps/points.ts';
import type { Steps } from '../../steps/steps.ts';
import type { Task } from '../../sync/task.ts';
import { optionIs } from '../base/choices.ts';
import { migrateToDevice } from '../dmirror/migrate.ts';
import { granulePages, Is } from './options.ts';

/** Word of the mirror: a bit for each granule, shared by those whose numbers are the same modulo 32. */
const HOME = Mirror.private + 4;

const bitOf = (arena: Arena, mirror: Mirror, vpn: Vpn): number => 1 << (Math.floor(vpn / granulePages(arena, mirror)) & 31);

/** Is a granule noted as being at home? */
export const isNotedHome = (arena: Arena, mirror: Mirror, vpn: Vpn): boolean =>
  optionIs(arena, mirror, Is.homeNotePass) && (load(arena, mirror + HOME) & bitOf(arena, mirror, vpn)) !== 0;

/** A migration home of the granule of a fault is over. */
export function* noteHome({ arena }: Task, mirror: Mirror, { vpn }: Fault): Steps<void> {
  if (mirror === 0 || !optionIs(arena, mirror, Is.homeNotePass)) return;
  yield Point.driverLooked;
  or(arena, mirror + HOME, bitOf(arena, mirror, vpn));
}

/** svm_migrate_to_vram: moves [start, end) to the device, as far as it can be had. What was noted of it is not so any more. */
export function* migrateToVram(task: Task, mirror: Mirror, start: Vpn, end: Vpn): Steps<number> {
  const { arena } = task;
  const moved = yield* migrateToDevice(task, mirror, start, end);
  if (!optionIs(arena, mirror, Is.homeNotePass)) return moved;
  let bits = 0;
  for (let vpn = start; vpn < end; vpn++) bits |= bitOf(arena, mirror, vpn);
  yield Point.driverLooked;
  and(arena, mirror + HOME, ~bits);
  return moved;
}
