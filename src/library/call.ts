/** What all calls of the library have in common. */
import { version } from '../package/version.ts';

/**
 * What a call tells while it runs, and how it is stopped. All calls take these as their second argument, and do the same when the
 * signal is aborted: they resolve with what there is, as the command does at Ctrl-C, and the result says that it was interrupted.
 * With a signal that is aborted beforehand a call looks at as little as it can, and resolves as well.
 */
export interface Hooks<Progress> {
  /** Called about ten times a second, or each time a part is done. When it throws, the call stops and rejects with that. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Hooks that are always there. */
export interface Watched<Progress> {
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
}

/** Runs a call under hooks that are always there. What `onProgress` throws stops the call, which then rejects with it. */
export async function underHooks<Progress, T>(
  { onProgress, signal }: Hooks<Progress>,
  run: (hooks: Watched<Progress>) => Promise<T>,
): Promise<T> {
  const stop = new AbortController();
  const thrown: unknown[] = [];
  const watched = (progress: Progress): void => {
    try {
      onProgress?.(progress);
    } catch (error) {
      thrown.push(error);
      stop.abort();
    }
  };
  const result = await run({
    onProgress: watched,
    signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
  });
  if (thrown.length > 0) throw thrown[0];
  return result;
}

/** A result as `--json` prints it: what it is, and which version of hmm-lab it is from. */
export type Result<Schema extends string, T> = { readonly schema: Schema; readonly version: string } & T;

export const resultAs = <Schema extends string, T extends object>(schema: Schema, result: T): Result<Schema, T> => ({
  schema,
  version,
  ...result,
});
