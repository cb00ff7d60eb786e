import type { CellEngine } from '../measure/runSweep.ts';
export const raceEngine: CellEngine = { repeat: async () => null, objection: () => null };
