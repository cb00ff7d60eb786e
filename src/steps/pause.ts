/**
 * The hook of the erased tree: called with the Point id wherever the stepped tree would yield; null means go straight on.
 *
 * Only erased code reads it (`erase.ts` inserts the calls); under a scheduler it is never called. The hook runs on the thread
 * that reached the Point, and each thread has its own.
 */
export let pause: ((point: number) => void) | null = null;

/** Sets the hook of this thread, or removes it with null. */
export function setPause(hook: ((point: number) => void) | null): void {
  pause = hook;
}

/** Has this thread a hook? */
export const hasPause = (): boolean => pause !== null;
