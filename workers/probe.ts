/** Entry of a thread that tries a driver module out: whatever it does at import, it does here and not to the program. */
import { parentPort, workerData } from 'node:worker_threads';
import { importDriver } from '../src/userModules/importDriver.ts';

try {
  await importDriver(workerData.driver as string);
  parentPort?.postMessage(null);
} catch (error) {
  parentPort?.postMessage(error instanceof Error ? error.message : String(error));
}
