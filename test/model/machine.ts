/** What the model tests share: a small arena with one task that runs alone. */

import { set, store } from '../../src/arena/access.ts';
import { type Arena, createArena } from '../../src/arena/arena.ts';
import type { ArenaConfig } from '../../src/arena/config.ts';
import { Actor, ActorState } from '../../src/arena/structures.ts';
import { mmAlloc } from '../../src/mm/vma/mmStruct.ts';
import { Task, type TaskOptions } from '../../src/sync/task.ts';
import { parkAlone } from '../../src/sync/wait.ts';

/** Sizes small enough to exhaust. */
export const smallConfig: Partial<ArenaConfig> = { systemPages: 64, devicePages: 16, devices: 2, tables: 32, frameWords: 16 };

/** A task for actor `id` that reports a violation instead of waiting. */
export function soloTask(arena: Arena, id = 0, options: Partial<TaskOptions> = {}): Task {
  const task = new Task(arena, id, { park: parkAlone, ...options });
  store(arena, task.actor + Actor.state, ActorState.running);
  set(arena, task.actor + Actor.kind, 1);
  return task;
}

/** An arena, a task and an empty address space. */
export function machine(config: Partial<ArenaConfig> = {}): { arena: Arena; task: Task; mm: number } {
  const arena = createArena({ ...smallConfig, ...config });
  const task = soloTask(arena);
  return { arena, task, mm: mmAlloc(arena) };
}
