/** The flags of `measure`, a configuration file with the same names, and how they become a sweep. */
import { readFileSync } from 'node:fs';
import { type Axis, axes } from '../engines/measure/axes.ts';
import { sweepBounds } from '../engines/measure/cells.ts';
import type { MeasureRequest } from '../library/measureRequest.ts';
import { engines, MOST_WORKERS, measureUsual } from '../library/readySweep.ts';
import { costFlag, costSettings } from './costFlag.ts';
import { type Flag, jsonFlag, parseFlags, type Values } from './flags.ts';
import { shardFlag, shardOf } from './shardFlag.ts';
import { quote, UsageError, unknown } from './usage.ts';

const progressKinds = ['auto', 'json', 'none'] as const;

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
  costFlag,
  {
    name: 'seconds',
    ...sweepBounds.seconds,
    defaultText: '0.2 of virtual time, 1 of a race',
    help: 'longest repetition; its first tenth is warm-up',
  },
  {
    name: 'faults',
    ...sweepBounds.faults,
    default: measureUsual.simulate.faults,
    help: 'a simulated repetition ends after so many',
  },
  { name: 'repetitions', ...sweepBounds.repetitions, defaultText: '5, of a race 6', help: 'repetitions of each cell' },
  { name: 'seed', ...sweepBounds.seed, default: measureUsual.simulate.seed, help: 'seed of all random choices' },
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
  shardFlag,
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
  readonly request: MeasureRequest;
  readonly progress: (typeof progressKinds)[number];
  readonly json: boolean;
}

/** The flags of options that are not called by their names. */
const flagNames: Readonly<Record<string, string>> = { drivers: 'driver', costs: 'cost' };
export const sweepFlag = (option: string): string => `--${flagNames[option] ?? option}`;

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

function oneOf<T extends string>(flag: string, given: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === given);
  if (found === undefined) throw unknown(`--${flag}`, given, allowed, `allowed are ${allowed.join(', ')}`);
  return found;
}

/**
 * What is asked for, as the library takes it.
 *
 * @throws UsageError for the first thing that no flag may be; what the sweep may be is checked by the library.
 */
export function measureOptionsOf(args: readonly string[]): MeasureOptions {
  const values = parse(args);
  const { driver, cost, shard, seconds, faults, repetitions, seed, workers, out, fresh, json } = values;
  const request: MeasureRequest = {
    engine: oneOf('engine', values.engine, engines),
    drivers: driver.length === 0 ? undefined : driver,
    axes: Object.fromEntries(axisFlags.flatMap(({ name }) => (values[name] === undefined ? [] : [[name, values[name]]]))),
    costs: costSettings(cost),
    shard: shardOf(shard),
    ...{ seconds, faults, repetitions, seed, workers, out, fresh },
  };
  return { request, progress: oneOf('progress', values.progress, progressKinds), json };
}
