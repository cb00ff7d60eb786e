/** How fast the simulator is: steps a second, as ratios to a bare queue of idle actors timed in the same run. */
import { dmirror } from '../src/drivers/dmirror/index.ts';
import { sweepBounds } from '../src/engines/measure/cells.ts';
import { planSweep } from '../src/engines/measure/sweep.ts';
import { prepare } from '../src/engines/simulate/cell.ts';
import { once, pace, paceTable, ROUNDS } from './pace.ts';
import { bareSteps } from './simulateYardstick.ts';

const STEPS = once ? 10_000 : 1_000_000;

/** Cells that go on for longer than {@link STEPS} steps. */
const cells = {
  'one device against 4 disturbers': { invalidations: '100k' },
  '16 devices and 64 CPU threads on 64 CPUs': {
    pages: '512',
    devices: '16',
    faulters: '16',
    threads: '64',
    accesses: '1M',
    cpus: '64',
    'fault-rate': '300k',
    invalidations: '50k',
  },
};

/** Steps a second of a cell, without its set-up. */
function probe(axes: Readonly<Record<string, string>>): () => number {
  const request = {
    engine: 'simulate',
    axes,
    costs: {},
    seconds: 60,
    faults: sweepBounds.faults.max,
    repetitions: 1,
    seed: 1,
  } as const;
  const [cell] = planSweep(request, [{ label: 'dmirror', location: 'dmirror', settings: {}, driver: dmirror }]).cells;
  if (cell === undefined) throw new Error('a sweep without a cell');
  return () => {
    const { simulator } = prepare(cell.config, dmirror, 3);
    return pace(STEPS, () => {
      const ending = simulator.run(Number.POSITIVE_INFINITY, STEPS);
      if (ending !== 'steps') throw new Error(simulator.failure?.message ?? `the run ended early: ${ending}`);
    });
  };
}

const paths = Object.fromEntries(Object.entries(cells).map(([name, axes]) => [name, probe(axes)]));
const [one = '', many = ''] = Object.keys(cells);
const table = paceTable(
  { Q: () => pace(STEPS, () => void bareSteps(STEPS, 80)), ...paths },
  { [one]: ['Q', 0.2], [many]: ['Q', 0.15] },
);
process.stdout.write(
  `${table}\n\nQ: steps of 80 idle generators in a binary heap by time. Each path makes ${STEPS.toLocaleString('en')} steps a round. Middle of\n` +
    `${ROUNDS} rounds, ratios taken round by round; spread is the distance of the outermost round. Node ${process.versions.node}.\n`,
);
