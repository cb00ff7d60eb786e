/** Ctrl-C: the first one stops what is under way, which then says what there is; a second one does not wait for that. */
import { EXIT_INTERRUPTED } from './exitCodes.ts';

/** What happens beside the stop. */
export interface OnInterrupt {
  /** At the first Ctrl-C. */
  readonly stopping?: () => void;
  /** At the second: writes what is known already, and returns the exit code. Default: nothing, and 130. */
  readonly leaving?: () => number;
}

/** Runs something that stops when the signal is aborted. */
export async function interruptible<T>(
  run: (signal: AbortSignal) => Promise<T>,
  { stopping = () => {}, leaving = () => EXIT_INTERRUPTED }: OnInterrupt = {},
): Promise<T> {
  const stop = new AbortController();
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(leaving());
    stop.abort();
    stopping();
  };
  process.on('SIGINT', interrupt);
  try {
    return await run(stop.signal);
  } finally {
    // After a Ctrl-C it stays: a second one ends the program with an exit code of its own, and is no signal that kills it.
    if (!stop.signal.aborted) process.off('SIGINT', interrupt);
  }
}
