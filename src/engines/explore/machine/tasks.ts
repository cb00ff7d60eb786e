/** The tasks of actors under the explorer. */
import { Actor, ActorState } from '../../../arena/structures.ts';
import type { Prepared } from '../../../scenarios/kit/scenario.ts';
import { Task, type Watch } from '../../../sync/task.ts';
import { parkStep } from '../../../sync/wait.ts';
import type { Symmetry } from './symmetry.ts';

/** A task for each actor. */
export function tasksOf({ actors, arena }: Prepared, symmetry: Symmetry | null, watch: Watch | null): readonly Task[] {
  // Virtual time stands still: deadlines are for the engines that have time.
  const options = { park: parkStep, clock: () => 0, watch };
  const tasks = actors.map((_, id) => sealed(new Task(arena, id, options), symmetry));
  for (const task of tasks) arena.words[task.actor + Actor.state] = ActorState.running;
  return tasks;
}

/**
 * The task, and nothing can be hung on it: what an actor carries from one operation to the next must be seen. The number of an actor
 * with twins tells them apart.
 */
function sealed(task: Task, symmetry: Symmetry | null): Task {
  if (symmetry?.isTwin(task.id)) {
    const told = (value: number) => ({
      get: () => {
        symmetry.tellsApart('an actor asks for its own number');
        return value;
      },
    });
    Object.defineProperties(task, { id: told(task.id), tag: told(task.tag) });
  }
  return Object.freeze(task);
}
