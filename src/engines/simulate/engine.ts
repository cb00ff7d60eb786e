/** The simulator as an engine of sweeps. */
import type { CellEngine } from '../measure/runSweep.ts';
import { simulateOnce } from './cell.ts';

const breath = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A simulation has no noise of a machine: nothing to object to. */
export const simulateEngine: CellEngine = {
  repeat: (cell, seed, signal, tick) =>
    simulateOnce(cell, seed, async () => {
      tick();
      await breath();
      return signal.aborted;
    }),
  objection: () => null,
};
