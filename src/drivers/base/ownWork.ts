/**
 * For which file a thread migrates, or makes exclusive. An event names the device as its owner, which all files of a device have in common:
 * the thread that sends it knows more. Callbacks run in that thread.
 */
import { get, set } from '../../arena/access.ts';
import { Actor, type Mirror } from '../../arena/structures.ts';
import type { Task } from '../../sync/task.ts';

/** Begins work of the mirror, 0 for that of no file. What it returns is for {@link endOwnWork}: work may begin within other work. */
export function beginOwnWork({ arena, actor }: Task, mirror: Mirror): Mirror {
  const before = get(arena, actor + Actor.ownWork);
  set(arena, actor + Actor.ownWork, mirror);
  return before;
}

export function endOwnWork({ arena, actor }: Task, before: Mirror): void {
  set(arena, actor + Actor.ownWork, before);
}

export const isOwnWork = ({ arena, actor }: Task, mirror: Mirror): boolean => get(arena, actor + Actor.ownWork) === mirror;
