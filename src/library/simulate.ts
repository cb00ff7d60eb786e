/** `simulate()`: a program under virtual time. */
import type { DriverSettings } from '../drivers/base/options.ts';
import { DEFAULT_DRIVER } from '../drivers/names.ts';
import { costsOf, defaultPreset, presets } from '../engines/cell/costs.ts';
import type { SimulatedFailure } from '../engines/simulate/simulator.ts';
import type * as Timed from '../engines/simulate/timedProgram.ts';
import type { TimedRow } from '../engines/simulate/timedProgram.ts';
import { checkOptions, givenOptions } from '../input/options.ts';
import { unknown } from '../input/unknownName.ts';
import { UsageError } from '../input/usageError.ts';
import { flatModule } from '../package/flatModule.ts';
import { isProgram } from '../programs/program.ts';
import type * as Import from '../userModules/importDriver.ts';
import { type Hooks, type Result, resultAs, underHooks } from './call.ts';
import { withOwnErrors } from './model.ts';
import { scenarioName } from './scenarioName.ts';
import { type DriverRequest, kernelSetting } from './subject.ts';

export interface SimulateRequest extends Omit<DriverRequest, 'bug'> {
  /** The program, as text or by the path of its file (`race.hmm`). */
  readonly program?: string | undefined;
  /** How often: 1 to 1e9. Default 1,000. */
  readonly rounds?: number | undefined;
  /** Processors of the simulated machine: 1 to 1,024. Default 8. */
  readonly cpus?: number | undefined;
  /** Of the costs: `pcie4`, the default, `coherent`, `uvm` or `emulated` (docs/simulate.md). */
  readonly preset?: string | undefined;
  /** Costs in nanoseconds that replace those of the preset, by name. */
  readonly costs?: Readonly<Record<string, number>> | undefined;
  /** Of all random choices: 0 to 2^31 - 1. Default 1. */
  readonly seed?: number | undefined;
}

export const simulateUsual = { rounds: 1000, cpus: 8, preset: defaultPreset, seed: 1 } as const;
export const simulateBounds = {
  rounds: { kind: 'whole', min: 1, max: 1_000_000_000 },
  cpus: { kind: 'whole', min: 1, max: 1024 },
  seed: { kind: 'whole', min: 0, max: 2 ** 31 - 1 },
} as const;

export interface SimulateProgress {
  readonly elapsedSeconds: number;
  readonly rounds: number;
  readonly total: number;
}

/** `--json` of `hmm-lab simulate`. */
export type SimulateReport = Result<
  'hmm-lab/simulate/1',
  {
    readonly program: string;
    readonly config: {
      /** null: the in-tree test driver. */
      readonly driver: string | null;
      readonly settings: DriverSettings;
      readonly bug: null;
      readonly rounds: number;
      readonly cpus: number;
      readonly preset: string;
      readonly costs: Readonly<Record<string, number>>;
      readonly seed: number;
    };
    readonly verdict: 'ok' | 'violation';
    readonly rounds: number;
    /** Of a round, in virtual nanoseconds, from the first beginning to the last end. */
    readonly meanRoundNs: number;
    readonly steps: number;
    /** Are the errors and the values of the operations known? What is not known is not checked. */
    readonly errorsKnown: boolean;
    readonly valuesKnown: boolean;
    readonly operations: readonly TimedRow[];
    readonly violation: SimulatedFailure | null;
    readonly interrupted: boolean;
  }
>;

/** Between two looks at the world. */
const TURN_MS = 50;

/**
 * Runs a program on the simulator: its columns on threads of a machine with so many processors, in virtual time, round after round from
 * the same set-up. In each round the columns begin a little apart, by the seed; the same seed gives the same result. What an operation
 * may answer is checked as by {@link explore}.
 *
 * @throws UsageError, one sentence, for an option, a program or a driver that is not allowed.
 */
export async function simulate(request: SimulateRequest, hooks: Hooks<SimulateProgress> = {}): Promise<SimulateReport> {
  const given = givenOptions('a simulation', request);
  checkOptions('a simulation', given, {
    numbers: simulateBounds,
    others: {
      program: 'string',
      driver: 'string',
      driverSettings: 'object',
      kernel: 'string',
      preset: 'string',
      costs: 'object',
    },
  });
  const all = { ...simulateUsual, costs: {}, ...given };
  const program = scenarioName(all.program ?? '');
  if (!isProgram(program)) throw new UsageError("simulate() needs a program, such as 'A: cw 0 1 8; B: munmap 0 1'");
  const names = Object.keys(presets);
  if (!names.includes(all.preset)) throw unknown('preset', all.preset, names, `allowed are ${names.join(', ')}`);
  const costs = costsOf(all.preset, all.costs);
  const { chosenDriver } = await import('./chosenDriver.ts');
  const { location, settings } = await chosenDriver(
    given.driver ?? DEFAULT_DRIVER,
    {},
    { ...given.driverSettings, ...kernelSetting(given.kernel) },
  );
  const { rounds, cpus, seed } = all;
  const began = Date.now();
  const [timed, interrupted] = await underHooks(hooks, ({ onProgress, signal }) =>
    withOwnErrors(async () => {
      const { TimedProgram } = (await import(flatModule('engines/simulate/timedProgram').href)) as typeof Timed;
      const { importDriver } = (await import(flatModule('userModules/importDriver').href)) as typeof Import;
      const driver = await importDriver(location);
      const running = new TimedProgram({ program, driver, settings, costs, cpus, seed });
      for (let turn = Date.now(); running.rounds < rounds && !signal.aborted && running.round(); ) {
        if (Date.now() - turn < TURN_MS) continue;
        onProgress({ elapsedSeconds: (Date.now() - began) / 1000, rounds: running.rounds, total: rounds });
        await new Promise(setImmediate);
        turn = Date.now();
      }
      return [running, signal.aborted] as const;
    }),
  );
  const driver = given.driver === undefined ? null : location;
  return resultAs('hmm-lab/simulate/1', {
    program,
    config: { driver, settings, bug: null, rounds, cpus, preset: all.preset, costs: all.costs, seed },
    verdict: timed.failure === null ? 'ok' : 'violation',
    rounds: timed.rounds,
    meanRoundNs: timed.meanRoundNs,
    steps: timed.steps,
    errorsKnown: timed.errorsKnown,
    valuesKnown: timed.valuesKnown,
    operations: timed.rows,
    violation: timed.failure,
    interrupted,
  });
}
