/** Thread that looks for what changes of the model break, one after another. */
import { parentPort, workerData } from 'node:worker_threads';
import { type LookJob, look } from './look.ts';

const pulse = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on('message', async (job: LookJob) => {
  try {
    parentPort?.postMessage(await look(job, pulse));
  } catch (error) {
    parentPort?.postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});
