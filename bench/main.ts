/** The benchmark table: every path with a budget, as a ratio to yardsticks timed in the same run. */
import { Bench as Tinybench } from 'tinybench';
import { createArena } from '../src/arena/arena.ts';
import { raceOptions } from '../src/engines/race/command.ts';
import { race } from '../src/engines/race/race.ts';
import { columns } from '../src/report/units.ts';
import { chains } from './chains.ts';
import { type Bench, benchMachine, PAGES } from './machine.ts';
import { middle, once, spread } from './pace.ts';
import { atomics, copies, plainLoop, plainLoopOfUnknownLength } from './yardsticks.ts';

const ROUNDS = once ? 2 : 8;

/** Nanoseconds of one operation in each round. A machine that slows down for a while slows a whole round. */
type Timing = readonly number[];

/** One thing to time: `batch` operations an iteration. */
interface Probe {
  readonly name: string;
  readonly batch: number;
  readonly run: (times: number) => void;
  readonly prepare?: () => void;
}

/** Times all probes in turn, several rounds, so that a slow minute of the machine hits yardsticks and paths alike. */
async function timeAll(probes: readonly Probe[]): Promise<Map<string, Timing>> {
  const rounds = new Map<string, number[]>(probes.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round++) {
    const bench = new Tinybench({ time: once ? 1 : 60, warmupTime: once ? 1 : 20, iterations: 16, throws: true });
    for (const { name, batch, run, prepare } of probes) {
      bench.add(name, () => run(batch), prepare === undefined ? {} : { beforeEach: prepare });
    }
    await bench.run();
    for (const task of bench.tasks) {
      if (task.result.state !== 'completed') throw new Error(`${task.name}: ${task.result.state}`);
      const { batch } = probes.find(({ name }) => name === task.name) as Probe;
      rounds.get(task.name)?.push((task.result.latency.p50 * 1e6) / batch);
    }
  }
  // The first round is the compiler's.
  for (const all of rounds.values()) all.shift();
  return rounds;
}

const paths = (bench: Bench, suffix: string): Probe[] => [
  { name: `snapshot walk of 512 present pages${suffix}`, batch: 64, run: bench.snapshotWalk },
  { name: `device fault of 512 present pages${suffix}`, batch: 32, run: bench.deviceFault },
  { name: `first touch of an anonymous page${suffix}`, batch: PAGES, run: bench.firstTouch, prepare: bench.discard },
  { name: `one page to the device and back${suffix}`, batch: 128, run: bench.roundTrip },
];

/** Budgets in yardsticks, as [L, A, C]. */
const budgets: Readonly<Record<string, readonly [number, number, number]>> = {
  'snapshot walk of 512 present pages': [1.3, 0, 0],
  'device fault of 512 present pages': [2.5, 40, 0],
  'first touch of an anonymous page': [0, 40, 1],
  'one page to the device and back': [0, 150, 2],
};

const budgetText = ([l, a, c]: readonly [number, number, number]): string =>
  [l && `${l} L`, a && `${a} A`, c && `${c} C`].filter(Boolean).join(' + ');

const ns = (value: number): string => (value < 1000 ? `${value.toFixed(1)} ns` : `${(value / 1000).toFixed(2)} us`);

/** The same paths from the tree that has no points at all: what switched-off points cost. */
async function bareMachine(): Promise<Bench | null> {
  try {
    const bare = (await import(new URL('../../bare/bench/machine.js', import.meta.url).href)) as {
      benchMachine: typeof benchMachine;
    };
    return bare.benchMachine(false);
  } catch {
    return null;
  }
}

function memoryRows(): string[][] {
  const began = performance.now();
  const arena = createArena({ systemPages: 2 ** 20, devices: 0, tables: 4096, frameWords: 1024 });
  const seconds = (performance.now() - began) / 1000;
  const perPage = Object.keys(arena.page).length * Int32Array.BYTES_PER_ELEMENT;
  return [
    ['metadata of a page', `${perPage} B`, '', '64 B', (perPage / 64).toFixed(2), '', perPage <= 64 ? 'ok' : 'OVER'],
    [
      'million-page arena ready',
      `${(seconds * 1000).toFixed(1)} ms`,
      '',
      '2 s',
      (seconds / 2).toFixed(3),
      '',
      seconds < 2 ? 'ok' : 'OVER',
    ],
  ];
}

async function raceRows(): Promise<string[][]> {
  const rows: string[][] = [];
  for (const size of [1, 2]) {
    const rates: number[] = [];
    for (let seed = 1; seed <= 3; seed++) {
      const result = await race(
        raceOptions({
          seconds: once ? 0.1 : 2,
          cpus: size,
          devices: size,
          migrators: 0,
          disturbers: 0,
          seed,
          checkEverySeconds: 0,
        }),
      );
      if (result.violations.length > 0) throw new Error(`race: ${result.violations[0]?.message}`);
      rates.push(result.counters.operations / result.seconds);
    }
    rates.sort((a, b) => a - b);
    const [low = 0, middle = 0, high = 0] = rates;
    rows.push([
      `race, ${size} CPU + ${size} device`,
      `${Math.round(middle).toLocaleString('en')} op/s`,
      `${Math.round(low).toLocaleString('en')} to ${Math.round(high).toLocaleString('en')}`,
      '',
      '',
      '',
    ]);
  }
  return rows;
}

const bare = await bareMachine();
const ways = chains();
const timings = await timeAll([
  { name: 'A', batch: 10_000, run: atomics },
  { name: 'L', batch: 64, run: plainLoop },
  { name: 'C', batch: 512, run: copies },
  { name: 'L, length unknown', batch: 64, run: plainLoopOfUnknownLength },
  ...paths(benchMachine(false), ''),
  ...(bare === null ? [] : paths(bare, ', no points')),
  ...paths(benchMachine(true), ', lock rules on'),
  ...ways.flatMap(({ name, fault, chain }) => [
    { name: `${name}: fault`, batch: 64, run: fault },
    { name: `${name}: page table`, batch: 256, run: chain },
  ]),
]);
const time = (name: string): Timing => timings.get(name) as Timing;
const yardsticks = ['A', 'L', 'C'].map(time) as [Timing, Timing, Timing];

const rows: string[][] = [['path', 'time', 'spread', 'budget', 'ratio', 'spread', '']];
for (const [i, name] of ['A', 'L', 'C'].entries()) {
  const timing = yardsticks[i] as Timing;
  rows.push([`yardstick ${name}`, ns(middle(timing)), spread(timing), '', '', '', '']);
}
let over = 0;
for (const [name, [l, a, c]] of Object.entries(budgets)) {
  const timing = time(name);
  const [A, L, C] = yardsticks;
  const limits = timing.map((_, round) => l * (L[round] as number) + a * (A[round] as number) + c * (C[round] as number));
  // Round by round: a slow round is slow for the yardsticks too.
  const ratios = timing.map((value, round) => value / (limits[round] as number));
  const ratio = middle(ratios);
  if (ratio > 1) over++;
  const budget = `${budgetText([l, a, c])} = ${ns(middle(limits))}`;
  rows.push([name, ns(middle(timing)), spread(timing), budget, ratio.toFixed(2), spread(ratios), ratio <= 1 ? 'ok' : 'OVER']);
}
/** A row that compares two timings of the same path, round by round. */
function compare(label: string, timing: Timing, base: Timing): void {
  const ratios = timing.map((value, round) => value / (base[round] as number));
  rows.push([label, ns(middle(timing)), spread(timing), '', middle(ratios).toFixed(2), spread(ratios), '']);
}
compare('the loop of L over a length the compiler does not know, to L', time('L, length unknown'), time('L'));
for (const name of Object.keys(budgets)) {
  if (bare !== null) compare(`${name}: with points off, to no points`, time(name), time(`${name}, no points`));
  compare(`${name}: with lock rules, to without`, time(`${name}, lock rules on`), time(name));
}
// The share of the page table's part in a fault: both find what is there as it should be.
for (const { name } of ways) {
  rows.push([`device fault, ${name}`, ns(middle(time(`${name}: fault`))), spread(time(`${name}: fault`)), '', '', '', '']);
  compare(`device fault, ${name}: down to the page table, of it`, time(`${name}: page table`), time(`${name}: fault`));
}
rows.push(...memoryRows());
process.stdout.write(`${columns(rows).join('\n')}\n`);
process.stdout.write(`\n${columns(await raceRows()).join('\n')}\n`);
process.stdout.write(
  `\nA: one uncontended Atomics.compareExchange. L: a plain loop over 512 entries. C: copying 4 KiB. Middle of ${ROUNDS - 1} rounds,\n` +
    `ratios taken round by round; spread is the distance of the outermost round. Node ${process.versions.node}, ${over} of ${Object.keys(budgets).length} paths over budget.\n`,
);
