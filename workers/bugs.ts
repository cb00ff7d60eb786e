/** Entry of a thread that loads a module of bugs and hands on what it exports: whatever it does at import, it does here. */
import { parentPort, workerData } from 'node:worker_threads';
import type { ProbedBugs } from '../src/userModules/importBugs.ts';

const reason = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split('\n')[0] as string;

async function probe(): Promise<ProbedBugs> {
  let module: { readonly default?: unknown };
  try {
    module = await import(workerData.module as string);
  } catch (error) {
    return { why: `does not load: ${reason(error)}` };
  }
  if (module.default === undefined) return { why: 'has no default export, which must be a bug, a control, or a list of them' };
  try {
    return { exported: structuredClone(module.default) };
  } catch (error) {
    return { why: `exports something that is no data: ${reason(error)}` };
  }
}

parentPort?.postMessage(await probe());
