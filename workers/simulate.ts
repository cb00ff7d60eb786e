/** Entry of a simulating thread (piscina): one task is one repetition of a cell. */
import '../src/engines/shared/stdoutToStderr.ts';
import type { Repetition } from '../src/engines/cell/cellTypes.ts';
import { simulateOnce } from '../src/engines/simulate/cell.ts';
import type { SimulateJob } from '../src/engines/simulate/engine.ts';

export default function simulate({ cell, seed, stop }: SimulateJob): Promise<Repetition | null> {
  const word = new Int32Array(stop);
  return simulateOnce(cell, seed, () => Atomics.load(word, 0) !== 0);
}
