/** Faults injected on purpose, once each: HMM_DMIRROR_FLAG_FAIL_ALLOC, and a copy engine that fails. */
import { and, get } from '../../arena/access.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Task } from '../../sync/task.ts';

/** Mirror flags: the next allocation of a migration fails; so does the next copy home. */
export const FLAG_FAIL_ALLOC = 1;
export const FLAG_FAIL_COPY = 2;

function takeFlag(task: Task, mirror: Mirror, flag: number): boolean {
  return (
    mirror !== 0 &&
    (get(task.arena, mirror + Mirror.flags) & flag) !== 0 &&
    (and(task.arena, mirror + Mirror.flags, ~flag) & flag) !== 0
  );
}

export const failsOnce = (task: Task, mirror: Mirror): boolean => takeFlag(task, mirror, FLAG_FAIL_ALLOC);
export const copyFailsOnce = (task: Task, mirror: Mirror): boolean => takeFlag(task, mirror, FLAG_FAIL_COPY);
