/** HMM_DMIRROR_FLAG_FAIL_ALLOC: an allocation of a migration that fails on purpose. */
import { and, get } from '../../arena/access.ts';
import { Mirror } from '../../arena/structures.ts';
import type { Task } from '../../sync/task.ts';

/** Mirror flag: the next allocation fails, once. */
export const FLAG_FAIL_ALLOC = 1;

export const failsOnce = (task: Task, mirror: number): boolean =>
  mirror !== 0 &&
  get(task.arena, mirror + Mirror.flags) !== 0 &&
  (and(task.arena, mirror + Mirror.flags, ~FLAG_FAIL_ALLOC) & FLAG_FAIL_ALLOC) !== 0;
