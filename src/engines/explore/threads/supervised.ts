/** What the caller of an exploration sees of it while it runs, and how it is told to stop. */
import type { Failure } from '../machine/failure.ts';
import type { Control, Standing } from '../plan/control.ts';

export interface ExploreProgress extends Standing {
  readonly elapsedSeconds: number;
  /** What is done at the moment. */
  readonly doing: string;
}

/** What is told, and how it is stopped. */
interface SupervisedHooks<Progress> {
  /** Called about ten times a second. */
  readonly onProgress?: (progress: Progress) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface ParallelHooks extends SupervisedHooks<ExploreProgress> {
  /** Called as soon as a rule is known to be broken; to look into it takes some seconds. */
  readonly onFound?: (failure: Failure) => void;
}

const PROGRESS_MS = 100;

/** From now on the signal stops what `control` is about, and progress is told; until it is disposed of. */
export function supervised<Progress extends ExploreProgress>(
  control: Control,
  { onProgress, signal }: SupervisedHooks<Progress>,
  progress: (now: Standing) => Progress,
): Disposable {
  const timer = setInterval(() => onProgress?.(progress(control.standing())), PROGRESS_MS);
  const stop = (): void => control.stop();
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted) stop();
  return {
    [Symbol.dispose]() {
      clearInterval(timer);
      signal?.removeEventListener('abort', stop);
    },
  };
}
