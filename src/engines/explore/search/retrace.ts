/** Looking back over the end of a path. */
import type { Executor } from '../machine/execution.ts';

/**
 * Takes the last `count` steps back, or all if there are fewer, and calls `look` before each of them, where it has led, with its
 * actor. Then makes them again: the executor is left as it was.
 */
export function retrace(executor: Executor, count: number, look: (actor: number) => void): void {
  const end = executor.steps;
  const start = Math.max(0, end - count);
  while (executor.steps > start) {
    look(executor.schedule[executor.steps - 1] as number);
    executor.back();
  }
  while (executor.steps < end) executor.step(executor.schedule[executor.steps] as number);
}
