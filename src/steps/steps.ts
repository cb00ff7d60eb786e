import { CallStack } from './callStack.ts';
import { useLeader } from './leader.ts';
import type { Steps } from './operation.ts';
import { hasPause } from './pause.ts';

export type { Steps } from './operation.ts';

/**
 * Completes an operation without letting anyone else run, and returns its value.
 *
 * In the erased tree the call that made the argument has already returned the value, so this is the identity.
 * The argument must therefore not be a real generator that is meant as a value.
 */
export function run<T>(steps: Steps<T>): T {
  if (!isGenerator(steps)) return steps as T;
  return withoutLeader(steps, (stack) => {
    while (stack.next() !== -1);
    return stack.result as T;
  });
}

/**
 * The same, and gives up after so many steps: an operation that nobody else lets go on goes round for ever.
 *
 * @throws RangeError when it has not come to its end by then.
 */
export function runWithin<T>(steps: Steps<T>, most: number): T {
  if (!isGenerator(steps)) return steps as T;
  return withoutLeader(steps, (stack) => {
    for (let done = 0; done < most; done++) if (stack.next() === -1) return stack.result as T;
    throw new RangeError(`an operation has not come to its end after ${most} steps`);
  });
}

/** Its points are not those of whoever may be led in the meantime. */
function withoutLeader<T>(steps: Steps<T>, go: (stack: CallStack) => T): T {
  const before = useLeader(null);
  const stack = new CallStack();
  stack.start(steps);
  try {
    return go(stack);
  } finally {
    useLeader(before);
  }
}

function isGenerator(x: unknown): x is Generator<unknown, unknown, void> {
  return typeof x === 'object' && x !== null && 'next' in x && typeof x.next === 'function' && Symbol.iterator in x;
}

function* probe(): Steps<boolean> {
  return true;
}

/** Whether this code is the erased tree, where an operation is a plain call. */
export const erased: boolean = (probe() as unknown) === true;

/**
 * Does anybody look at points? Always in the stepped tree; in the erased one while a hook is set. A loop that has a point in
 * every round may, when this is false, do many rounds at once.
 */
export const pointsWatched = (): boolean => !erased || hasPause();
