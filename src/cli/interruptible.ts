/** Ctrl-C, or a signal that asks the program to end: the first one stops what is under way, which then says what there is; a second one does not wait for that. */
import { EXIT_INTERRUPTED } from './exitCodes.ts';

/** What happens beside the stop. */
export interface OnInterrupt {
  /** At the first signal. */
  readonly stopping?: () => void;
  /** At the second: writes what is known already, and returns the exit code. Default: nothing, and that of the signal. */
  readonly leaving?: () => number;
}

/** Exit codes of a program that a signal has ended, as shells have them. */
const codes = { SIGINT: EXIT_INTERRUPTED, SIGTERM: 143, SIGHUP: 129 } as const;

type Signal = keyof typeof codes;
const signals = Object.keys(codes) as Signal[];

let caught: Signal = 'SIGINT';

/** The exit code after an interruption. */
export const interruptedCode = (): number => codes[caught];

/** Runs something that stops when the signal is aborted. */
export async function interruptible<T>(
  run: (signal: AbortSignal) => Promise<T>,
  { stopping = () => {}, leaving = interruptedCode }: OnInterrupt = {},
): Promise<T> {
  const stop = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => {
    caught = signal as Signal;
    if (stop.signal.aborted) process.exit(leaving());
    stop.abort();
    stopping();
  };
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await run(stop.signal);
  } finally {
    // After a Ctrl-C it stays: a second one ends the program with an exit code of its own, and is no signal that kills it.
    if (!stop.signal.aborted) for (const signal of signals) process.off(signal, interrupt);
  }
}
