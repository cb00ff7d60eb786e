/** A cell of a sweep under virtual time, one repetition at a time. */
import type { Driver } from '../../drivers/base/driver.ts';
import { checkInstalled } from '../../oracles/mirror.ts';
import { type RetryScenario, retryScenario } from '../../scenarios/retry/retry.ts';
import { retryActors } from '../../scenarios/retry/retryActors.ts';
import { randomStream } from '../../workload/random.ts';
import { driverOf, retryOptionsOf } from '../cell/cellDriver.ts';
import type { CellConfig, Repetition } from '../cell/cellTypes.ts';
import { costsOf } from '../cell/costs.ts';
import { RepetitionCounts } from '../cell/repetitionCounts.ts';
import { type Ending, type SimulatedFailure, Simulator } from './simulator.ts';

/** Random stream of the machine; those of the actors count from 0. */
const NOISE = -1;
/** Part of a repetition that does not count, of its time or of its faults. */
const WARM_UP = 0.1;
/** Steps between two looks at the clock of the world. */
const CHUNK = 2000;
/** Steps that operations under way may need to come to their end. */
const DRAIN_STEPS = 50_000_000;

function broken(scenario: RetryScenario, simulator: Simulator): SimulatedFailure | null {
  const ending = simulator.failure === null ? simulator.drain(DRAIN_STEPS) : 'failure';
  if (simulator.failure !== null) return simulator.failure;
  if (ending === 'steps')
    return { rule: 'I-PROG', message: 'livelock: operations do not end once the workload has', actor: 'checker' };
  const finding = scenario.check()[0] ?? scenario.finish()[0];
  return finding === undefined ? null : { ...finding, actor: 'checker' };
}

/** A repetition that is ready to run. */
export interface Prepared {
  readonly simulator: Simulator;
  readonly scenario: RetryScenario;
  readonly counts: RepetitionCounts;
}

export function prepare(cell: CellConfig, driver: Driver, seed: number): Prepared {
  const costs = costsOf(cell.preset, cell.costs);
  const scenario = retryScenario(retryOptionsOf(cell, driver));
  const { arena, places } = scenario;
  const counts = new RepetitionCounts(WARM_UP * cell.seconds * 1e9);
  const actors = retryActors({ arena, workload: cell, places, driver, seed, recorder: counts });
  const watch = counts.watch(checkInstalled);
  const simulator = new Simulator(
    arena,
    actors.map(({ name, role, program }) => ({
      name,
      program,
      startNs: role === 'faulter' ? costs.machine.interrupt : costs.machine.wakeUp,
    })),
    { cpus: cell.cpus, costs, watch: () => watch, noise: randomStream(seed, NOISE) },
  );
  return { simulator, scenario, counts };
}

/** One repetition. Every rule of the model is checked at its end. Null when `stopped`, asked now and then, has said so. */
export async function simulateOnce(
  cell: CellConfig,
  seed: number,
  stopped: () => boolean = () => false,
): Promise<Repetition | null> {
  const { simulator, scenario, counts } = prepare(cell, await driverOf(cell), seed);
  const total = cell.seconds * 1e9;
  let warm = WARM_UP * total;
  let ending: Ending = 'steps';
  const enough = (): boolean => counts.done + counts.timedOut + counts.failed >= cell.faults;
  while (ending === 'steps' && !enough()) {
    ending = simulator.run(total, CHUNK);
    if (simulator.now < warm && counts.ended >= WARM_UP * cell.faults) {
      warm = simulator.now;
      counts.countFrom(warm);
    }
    if (stopped()) return null;
  }
  const { now, steps } = simulator;
  const result = counts.repetition({
    ns: Math.max(0, now - warm),
    steps,
    overlap: null,
    coresUsed: null,
    coresTaken: null,
    violation: null,
  });
  return { ...result, violation: broken(scenario, simulator) };
}
