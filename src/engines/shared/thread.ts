import { MessageChannel, Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import { isUsageError, UsageError } from '../../input/usageError.ts';

/** The methods of an object in another thread: each answers later. Of our own, as Comlink's type needs lib.dom. */
export type Remote<T> = {
  readonly [K in keyof T]: T[K] extends (...args: infer A) => infer R ? (...args: A) => Promise<Awaited<R>> : never;
};

/**
 * A long-lived worker thread that exposes an object of type `T` over Comlink.
 *
 * Own it with `await using`: disposal ends the thread at once, wherever it is, even inside `Atomics.wait`.
 */
export interface Thread<T> extends AsyncDisposable {
  readonly worker: Worker;
  /**
   * Runs one remote call; rejects when the thread dies first, where plain Comlink would wait for ever.
   *
   * The call queues behind whatever the thread is doing: a thread blocked in `Atomics.wait` answers afterwards.
   */
  call<R>(use: (api: Remote<T>) => Promise<R>): Promise<R>;
}

/**
 * Starts `entry` and wraps what it exposes on the port it finds at `workerData.port`.
 *
 * `data` is cloned into `workerData`, except for a `SharedArrayBuffer`, which stays the same memory.
 * A bare `MessagePort` carries the calls: through Comlink's Node adapter the port would never close and the process never exit.
 */
export function spawnThread<T>(entry: URL, data: object = {}): Thread<T> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(entry, { workerData: { ...data, port: port2 }, transferList: [port2] });
  const api = Comlink.wrap<T>(port1);
  let reason: Error | undefined;
  worker.once('error', (error) => {
    reason = error;
  });
  const died = new Promise<never>((_, reject) => {
    worker.once('exit', (code) => {
      reject(new Error(`worker thread exited with code ${code} while a call was pending`, { cause: reason }));
    });
  });
  // A thread that ends with no call pending is no error, so the rejection must not count as unhandled.
  died.catch(() => {});
  return {
    worker,
    call: (use) =>
      Promise.race([use(api as unknown as Remote<T>), died]).catch((error: unknown) => {
        // On the way between threads an error keeps its name and loses its class.
        throw isUsageError(error) ? new UsageError(error.message, { cause: error }) : error;
      }),
    async [Symbol.asyncDispose]() {
      api[Comlink.releaseProxy]();
      await worker.terminate();
      port1.close();
    },
  };
}
