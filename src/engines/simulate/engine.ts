/** The simulator as an engine of sweeps: repetitions in threads, so that this one can show how it goes and take a Ctrl-C. */
import { Piscina } from 'piscina';
import { flatWorker } from '../../package/flatWorker.ts';
import type { CellEngine } from '../cell/cellEngine.ts';
import type { CellConfig, Repetition } from '../cell/cellTypes.ts';
import { compilerAtRest } from '../shared/compilerAtRest.ts';

/** What a thread is sent. */
export interface SimulateJob {
  readonly cell: CellConfig;
  readonly seed: number;
  /** One word: not 0 once the repetition is to be given up. */
  readonly stop: SharedArrayBuffer;
}

const TICK_MS = 500;

/** An engine with so many threads. A simulation has no noise of a machine: there is nothing to object to. */
export function simulateEngine(threads: number): CellEngine & AsyncDisposable {
  const pool = new Piscina<SimulateJob, Repetition | null>({
    filename: flatWorker('simulate').href,
    minThreads: threads,
    maxThreads: threads,
    idleTimeout: Number.POSITIVE_INFINITY,
    atomics: 'disabled',
  });
  pool.on('error', () => {});
  const stop = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  return {
    async repeat(cell, seed, signal, tick) {
      const halt = (): void => void Atomics.store(new Int32Array(stop), 0, 1);
      const timer = setInterval(tick, TICK_MS);
      signal.addEventListener('abort', halt, { once: true });
      try {
        return await pool.run({ cell, seed, stop });
      } finally {
        clearInterval(timer);
        signal.removeEventListener('abort', halt);
      }
    },
    objection: () => null,
    async [Symbol.asyncDispose]() {
      await compilerAtRest();
      await pool.destroy();
    },
  };
}
