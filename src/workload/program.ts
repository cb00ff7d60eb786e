/** What an actor does: one operation after another, each due at a time. Engines that have time run it, real or virtual. */
import type { Steps } from '../steps/steps.ts';
import type { Task } from '../sync/task.ts';

/** Times are nanoseconds of the engine's clock. */
export interface Program {
  /** When the next operation is due; the past means at once, Infinity never. Called once before each operation. */
  readonly due: (now: number) => number;
  /** The operation. `due` is when it should have begun. */
  readonly operation: (task: Task, due: number) => Steps<void>;
}
