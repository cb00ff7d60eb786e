/** Tries a module of the user's out in a thread of its own, before the program relies on it. */
import { Worker } from 'node:worker_threads';
import { removeAtEnd } from '../package/runFolder.ts';
import { workerUrl } from '../package/workerUrl.ts';

/** How long a module may take to load. */
const LIMIT_MS = 10_000;

/**
 * What an entry of `workers` answers that loads a module, or the reason why there is no answer. A module that never finishes, ends
 * the process or floods stdout does so in the thread.
 */
export function inProbe<Answer>(entry: string, data: object, what: string): Promise<Answer | string> {
  removeAtEnd();
  const worker = new Worker(workerUrl(entry), { workerData: data, stdout: true });
  worker.stdout.resume();
  return new Promise<Answer | string>((resolve) => {
    const timer = setTimeout(() => resolve(`${what} has not finished loading after ${LIMIT_MS / 1000} s`), LIMIT_MS);
    worker.once('message', (answer: Answer) => {
      clearTimeout(timer);
      resolve(answer);
    });
    worker.once('error', (error: Error) => {
      clearTimeout(timer);
      resolve(`${what} does not load: ${error.message.split('\n')[0]}`);
    });
    worker.once('exit', (code) => {
      clearTimeout(timer);
      resolve(`${what} ends the program (exit code ${code}) while it is loaded`);
    });
  }).finally(() => worker.terminate());
}

/** Why a driver module cannot be loaded, null when it can. */
export const probeDriver = (driver: string): Promise<string | null> =>
  inProbe<null>('probe', { driver }, `driver module '${driver}'`);
