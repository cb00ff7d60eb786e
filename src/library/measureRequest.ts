import type { MeasureEngine } from '../engines/cell/cellTypes.ts';

/** What a sweep is asked for: every combination of the values of its axes is a cell. */
export interface MeasureRequest {
  /** Virtual time (`simulate`, the default) or real threads (`race`). */
  readonly engine?: MeasureEngine | undefined;
  /** Drivers to measure, as `--driver` takes them, or `all`. Default: dmirror. */
  readonly drivers?: readonly string[] | undefined;
  /** Values by axis, as the flags of `hmm-lab measure` take them: `{ invalidations: '1k..1M', policy: 'all', window: [1, 8] }`. */
  readonly axes?: Readonly<Record<string, string | number | readonly (string | number)[]>> | undefined;
  /** Costs of the simulator by name, in nanoseconds. */
  readonly costs?: Readonly<Record<string, number>> | undefined;
  /** Longest repetition in seconds, its first tenth warm-up: above 0, at most 3600. Default 0.2 of virtual time, 1 of a race. */
  readonly seconds?: number | undefined;
  /** A simulated repetition ends after so many faults: 1 to 1e8. Default 500. */
  readonly faults?: number | undefined;
  /** Repetitions of each cell: 1 to 1000. Default 5, of a race 6. */
  readonly repetitions?: number | undefined;
  /** Of all random choices: 0 to 2^31 - 1. Default 1. */
  readonly seed?: number | undefined;
  /** Threads of a simulation: 1 to 64; the result is the same for any number of them. Default: as many as cores. */
  readonly workers?: number | undefined;
  /**
   * Directory for the results, as the command writes them; an interrupted sweep goes on in the one it has. Default: nothing is written.
   */
  readonly out?: string | undefined;
  /** Measure cells again that the directory has already. */
  readonly fresh?: boolean | undefined;
  /** Only part i of n of the cells, from 1: `[1, 4]`. */
  readonly shard?: readonly [number, number] | undefined;
}
