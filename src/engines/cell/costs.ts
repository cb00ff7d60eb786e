/**
 * What a step costs in virtual time, in nanoseconds. The cost of a point is the time between reaching it and doing what comes
 * next; its default stands in the table of points. The costs of the machine are below. A preset replaces some of both.
 */

import { UsageError } from '../../input/usageError.ts';
import { points } from '../../steps/points.ts';

/** Costs that belong to no point. */
export const machineCosts = {
  interrupt: { ns: 1500, help: 'from a device fault to the first instruction of its handler' },
  contextSwitch: { ns: 1500, help: 'a CPU takes up another thread' },
  wakeUp: { ns: 2000, help: 'from a wake-up until the sleeper is ready to run' },
  spin: { ns: 2000, help: 'a wait that ends within this time was spent spinning: no sleep, no wake-up' },
  spinWake: { ns: 50, help: 'from the release of a lock until a spinning waiter goes on' },
  slice: { ns: 3_000_000, help: 'a thread runs this long while others wait for a CPU' },
  ipi: { ns: 1000, help: 'an interrupt for a TLB shoot-down: what it costs each other CPU that runs a thread' },
  ipiWait: { ns: 1500, help: 'how long the sender of a shoot-down waits for the other CPUs' },
} as const;

export type MachineCost = keyof typeof machineCosts;

/** Costs in nanoseconds by name: names of points, and of {@link machineCosts}. */
export type CostSettings = Readonly<Record<string, number>>;

interface Preset {
  readonly help: string;
  /** All costs but the slice are multiplied by this. */
  readonly scale?: number;
  readonly costs: CostSettings;
}

export const presets = {
  pcie4: {
    help: 'a discrete GPU behind PCIe 4.0 x16: 4 KiB cross the link in about 165 ns, a TLB invalidation takes a round trip',
    costs: { flushDeviceTlb: 2000, copyPage: 350, interrupt: 5000 },
  },
  coherent: {
    help: 'a GPU on a coherent link: pages move at memory speed, invalidations are answered by hardware',
    costs: { flushDeviceTlb: 300, copyPage: 60, interrupt: 2000 },
  },
  uvm: {
    help: 'a GPU whose faults are served in batches: 20 us from the fault to its handler, in the range published for UVM',
    costs: { flushDeviceTlb: 3000, copyPage: 350, interrupt: 20_000 },
  },
  emulated: {
    help: 'a kernel under emulation, 64 pages read by dmirror in 0.9 ms: docs/simulate.md says how it was fitted',
    scale: 137,
    costs: {
      flushDeviceTlb: 0,
      interrupt: 0,
      // A mutex is spun for as long as its owner runs.
      spin: 10_000_000,
      spinWake: 50,
      wakeUp: 20_000,
      contextSwitch: 5000,
      deviceTranslated: 12_900,
      setPte: 600,
      hmmWalkPte: 100,
      hmmFaultPage: 100,
      faultReadPte: 100,
      lock: 200,
      unlock: 100,
    },
  },
} as const satisfies Readonly<Record<string, Preset>>;

export type PresetName = keyof typeof presets;

export const defaultPreset: PresetName = 'pcie4';

/** Every cost, by point id and by name. */
export interface Costs {
  readonly points: Float64Array;
  readonly machine: Readonly<Record<MachineCost, number>>;
}

export const costNames: readonly string[] = [...Object.keys(machineCosts), ...points.map(({ name }) => name)];

/** Longest cost that can be set: a second. */
export const MOST_COST_NS = 1e9;

/**
 * The costs of a preset, with some replaced.
 *
 * @throws UsageError for a preset or a name there is not, or a cost out of range.
 */
export function costsOf(preset: string = defaultPreset, settings: CostSettings = {}): Costs {
  if (!Object.hasOwn(presets, preset)) {
    throw new UsageError(`unknown preset '${preset}', allowed are ${Object.keys(presets).join(', ')}`);
  }
  const { scale = 1, costs }: Preset = presets[preset as PresetName];
  for (const [name, ns] of Object.entries(settings)) {
    if (!costNames.includes(name)) throw new UsageError(`unknown cost '${name}', allowed are ${costNames.join(', ')}`);
    if (!(ns >= 0 && ns <= MOST_COST_NS))
      throw new UsageError(`the cost of ${name} is ${ns} ns, allowed is 0 to ${MOST_COST_NS}`);
  }
  const one = (name: string, usual: number): number => settings[name] ?? costs[name] ?? usual * (name === 'slice' ? 1 : scale);
  return {
    points: Float64Array.from(points, ({ name, costNs }) => one(name, costNs)),
    machine: Object.fromEntries(Object.entries(machineCosts).map(([name, { ns }]) => [name, one(name, ns)])) as Costs['machine'],
  };
}
