/** Tries a driver module out in a thread of its own, before the program loads it. */
import { Worker } from 'node:worker_threads';
import { workerUrl } from '../package/workerUrl.ts';

/** How long a module may take to load. */
const LIMIT_MS = 10_000;

/**
 * Why a driver module cannot be loaded, null when it can. A module that never finishes, ends the process or floods stdout does
 * so in the thread.
 */
export function probeDriver(driver: string): Promise<string | null> {
  const worker = new Worker(workerUrl('probe'), { workerData: { driver }, stdout: true });
  worker.stdout.resume();
  return new Promise<string | null>((resolve) => {
    const timer = setTimeout(
      () => resolve(`driver module '${driver}' has not finished loading after ${LIMIT_MS / 1000} s`),
      LIMIT_MS,
    );
    worker.once('message', (why: string | null) => {
      clearTimeout(timer);
      resolve(why);
    });
    worker.once('error', (error: Error) => {
      clearTimeout(timer);
      resolve(`driver module '${driver}' does not load: ${error.message.split('\n')[0]}`);
    });
    worker.once('exit', (code) => {
      clearTimeout(timer);
      resolve(`driver module '${driver}' ends the program (exit code ${code}) while it is loaded`);
    });
  }).finally(() => worker.terminate());
}
