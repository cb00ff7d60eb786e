/** The flags of `measure`, a configuration file with the same names, and how they become a sweep. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { MeasureEngine } from '../engines/cell/cellTypes.ts';
import { type Axis, axes } from '../engines/measure/axes.ts';
import { type Sweep, type SweepRequest, sweepBounds } from '../engines/measure/cells.ts';
import type { DriverChoice } from '../engines/measure/sweep.ts';
import { type Flag, jsonFlag, parseFlags, type Values } from './flags.ts';
import { quote, UsageError, unknown } from './usage.ts';

const engines: readonly MeasureEngine[] = ['simulate', 'race'];
const MOST_WORKERS = 64;
const progressKinds = ['auto', 'json', 'none'] as const;

/**
 * What is measured when nothing is said, by engine. A race costs its time, and its A/A check wants three against three. A simulation
 * costs its steps: so long, and so many faults, make a sweep of fifty cells a matter of half a minute on two cores.
 */
const usual = { simulate: { seconds: 0.2, repetitions: 5 }, race: { seconds: 1, repetitions: 6 } } as const;

const axisFlag = ({ name, help, usual: text, choices, unit, min, max }: Axis): Flag => {
  const bounds = min === undefined || max === undefined ? '' : `, ${min} to ${max}`;
  const values = choices === undefined ? `${unit === undefined ? '' : ` (${unit})`}${bounds}` : `: ${choices.join(', ')}, or all`;
  return {
    name,
    kind: 'text',
    value: 'VALUES',
    defaultText: text,
    help: name === 'policy' || name === 'notifier-size' ? help : `${help}${values}`,
  };
};

const ownFlags = [
  { name: 'engine', kind: 'text', value: 'NAME', default: 'simulate', help: 'virtual time (simulate) or real threads (race)' },
  {
    name: 'driver',
    kind: 'list',
    value: 'NAME[:OPTION=VALUE,...]',
    defaultText: 'dmirror',
    help: 'a driver to measure, or all',
    example: '--driver dmirror --driver nouveau',
  },
  { name: 'cost', kind: 'list', value: 'NAME=NS', help: 'a cost of the simulator in nanoseconds (docs/simulate.md)' },
  {
    name: 'seconds',
    ...sweepBounds.seconds,
    defaultText: '0.2 of virtual time, 1 of a race',
    help: 'longest repetition; its first tenth is warm-up',
  },
  { name: 'faults', ...sweepBounds.faults, default: 500, help: 'a simulated repetition ends after so many' },
  { name: 'repetitions', ...sweepBounds.repetitions, defaultText: '5, of a race 6', help: 'repetitions of each cell' },
  { name: 'seed', ...sweepBounds.seed, default: 1, help: 'seed of all random choices' },
  {
    name: 'workers',
    kind: 'whole',
    defaultText: 'as many as cores',
    min: 1,
    max: MOST_WORKERS,
    help: 'threads of a simulation; the result is the same for any number of them',
  },
  { name: 'config', kind: 'text', value: 'FILE', help: 'a JSON file with these names as keys; flags go before it' },
  {
    name: 'out',
    kind: 'text',
    value: 'DIR',
    defaultText: 'measure-ID in the current directory',
    help: 'directory of the results; a sweep that was interrupted goes on in the one it has',
  },
  { name: 'fresh', kind: 'switch', help: 'measure cells again that the directory has already' },
  { name: 'shard', kind: 'text', value: 'I/N', help: 'only part I of N of the cells; hmm-lab merge joins the parts' },
  {
    name: 'progress',
    kind: 'text',
    value: 'KIND',
    default: 'auto',
    help: `progress on stderr: ${progressKinds.join(', ')} (json: one object a line)`,
  },
  jsonFlag,
] as const satisfies readonly Flag[];

const axisFlags = axes.filter(({ name }) => name !== 'driver').map(axisFlag);

export const measureFlags: readonly Flag[] = [...ownFlags, ...axisFlags];

export interface MeasureOptions {
  readonly sweep: Sweep;
  /** Driver specs as given. */
  readonly drivers: readonly string[];
  readonly shard: readonly [number, number];
  readonly out: string;
  readonly fresh: boolean;
  readonly workers: number;
  readonly progress: (typeof progressKinds)[number];
  readonly json: boolean;
  /** The command that measures the same again. */
  readonly command: string;
}

/** The arguments a configuration file stands for. */
function configArguments(path: string): string[] {
  let content: unknown;
  try {
    content = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    const why = error instanceof SyntaxError ? 'it is no JSON' : 'it cannot be read';
    throw new UsageError(`--config ${quote(path)} is of no use: ${why}, allowed is a JSON object with flag names as keys`, {
      cause: error,
    });
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content))
    throw new UsageError(`--config ${quote(path)} is no JSON object, allowed is one with flag names as keys`);
  const allowed = measureFlags.filter(
    ({ name }) => !['config', 'out', 'json', 'fresh', 'shard', 'progress', 'workers'].includes(name),
  );
  return Object.entries(content).flatMap(([key, value]) => {
    const flag = allowed.find(({ name }) => name === key);
    const names = allowed.map(({ name }) => name);
    if (flag === undefined) throw unknown(`key of ${path}`, key, names, `allowed are ${names.join(', ')}`);
    const parts: readonly unknown[] = Array.isArray(value) ? value : [value];
    if (parts.some((part) => typeof part !== 'string' && typeof part !== 'number'))
      throw new UsageError(`key ${quote(key)} of ${path} is neither text nor a number nor a list of these`);
    return flag.kind === 'list' ? parts.map((part) => `--${key}=${part}`) : [`--${key}=${parts.join(',')}`];
  });
}

type Given = Values<typeof ownFlags> & Readonly<Record<string, string | undefined>>;

/** Flags, with those of the configuration file where none is given. */
function parse(args: readonly string[]): Given {
  const given = parseFlags('measure', measureFlags, args) as Given;
  if (given.config === undefined) return given;
  const isGiven = (flag: string): boolean => args.some((arg) => arg === flag || arg.startsWith(`${flag}=`));
  const fromFile = configArguments(given.config).filter((arg) => !isGiven(arg.slice(0, arg.indexOf('='))));
  return parseFlags('measure', measureFlags, [...fromFile, ...args]) as Given;
}

async function driverChoices(specs: readonly string[]): Promise<DriverChoice[]> {
  // Loaded only now, as the plan below: a wrong flag and --help need no model.
  const [{ chosenDriver }, { builtinDrivers }] = await Promise.all([
    import('./chosenDriver.ts'),
    import('../drivers/registry.ts'),
  ]);
  const labels = specs.flatMap((spec) => (spec === 'all' ? builtinDrivers.map(({ name }) => name) : [spec]));
  const choices: DriverChoice[] = [];
  for (const label of new Set(labels)) {
    if (label === '') throw new UsageError('--driver is empty, allowed is a name of hmm-lab drivers, a module, or all');
    choices.push({ label, ...(await chosenDriver(label)) });
  }
  return choices;
}

function costSettings(texts: readonly string[]): Record<string, number> {
  return Object.fromEntries(
    texts.map((text) => {
      const [, name = '', ns = ''] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(text) ?? [];
      if (name === '') throw new UsageError(`--cost is ${quote(text)}, allowed is NAME=NANOSECONDS, such as copyPage=350`);
      return [name, Number(ns)];
    }),
  );
}

function oneOf<T extends string>(flag: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === given);
  if (found === undefined) throw unknown(`--${flag}`, given, allowed, `allowed are ${allowed.join(', ')}`);
  return found;
}

function shardOf(text: string | undefined): readonly [number, number] {
  if (text === undefined) return [1, 1];
  const [, i = '', n = ''] = /^(\d{1,4})\/(\d{1,4})$/.exec(text) ?? [];
  const shard = [Number(i), Number(n)] as const;
  if (i === '' || shard[0] < 1 || shard[0] > shard[1])
    throw new UsageError(`--shard is ${quote(text)}, allowed is I/N with I from 1 to N, such as 2/4`);
  return shard;
}

/** For a shell, if it needs it. */
const quoted = (word: string): string => (/^[\w:./=,@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

function commandOf(request: SweepRequest, drivers: readonly string[]): string {
  const { engine, axes: given, costs, seconds, faults, repetitions, seed } = request;
  const flags = [
    `--engine ${engine}`,
    ...drivers.map((driver) => `--driver ${quoted(driver)}`),
    ...Object.entries(given).map(([name, text]) => `--${name} ${quoted(text)}`),
    ...Object.entries(costs).map(([name, ns]) => `--cost ${name}=${ns}`),
    `--seconds ${seconds}`,
    ...(engine === 'simulate' ? [`--faults ${faults}`] : []),
    `--repetitions ${repetitions}`,
    `--seed ${seed}`,
  ];
  return `npx hmm-lab measure ${flags.join(' ')}`;
}

/**
 * The sweep that is asked for, all of it checked: no cell has run yet.
 *
 * @throws UsageError for the first thing that is not allowed.
 */
export async function measureOptionsOf(args: readonly string[]): Promise<MeasureOptions> {
  const values = parse(args);
  const engine = oneOf('engine', values.engine, engines);
  const progress = oneOf('progress', values.progress, progressKinds);
  const shard = shardOf(values.shard);
  const drivers = values.driver.length === 0 ? ['dmirror'] : values.driver;
  const choices = await driverChoices(drivers);
  const request: SweepRequest = {
    engine,
    axes: Object.fromEntries(axisFlags.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]]))),
    costs: costSettings(values.cost),
    seconds: values.seconds ?? usual[engine].seconds,
    faults: values.faults,
    repetitions: values.repetitions ?? usual[engine].repetitions,
    seed: values.seed,
  };
  const { planSweep } = await import('../engines/measure/sweep.ts');
  const sweep = planSweep(request, choices);
  if (shard[1] > sweep.cells.length)
    throw new UsageError(
      `--shard ${values.shard} splits ${sweep.cells.length} cells, allowed are at most as many parts as cells`,
    );
  const out = values.out ?? `measure-${sweep.fingerprint}${shard[1] === 1 ? '' : `-${shard[0]}of${shard[1]}`}`;
  return {
    sweep,
    drivers,
    shard,
    out,
    fresh: values.fresh,
    workers: values.workers ?? Math.min(MOST_WORKERS, availableParallelism()),
    progress,
    json: values.json,
    command: commandOf(request, drivers),
  };
}
