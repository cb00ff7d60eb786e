/** Memory that a piece of work of this thread takes. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Removes what nobody refers to. V8 offers that only in contexts made after it was asked to. */
function collect(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Bytes of this thread: objects, and what array buffers hold. */
function inUse(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** Called where work begins: the function it returns says how many bytes more are in use, with what has not been collected yet. */
export function memoryMeter(): () => number {
  collect();
  const before = inUse();
  return () => Math.max(0, inUse() - before);
}
