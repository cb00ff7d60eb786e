/** The axes of a sweep, declared once: flags, configuration files, checks, table columns and plots come from here. */

import { retryPolicies } from '../../drivers/base/retryPolicies.ts';
import { throttlePolicies } from '../../drivers/paging/throttle.ts';
import { UsageError } from '../../input/usageError.ts';
import { accessKinds, eventKinds, targetKinds } from '../../scenarios/retry/retryWorkload.ts';
import { arrivalKinds } from '../../workload/arrivals.ts';
import { patternKinds } from '../../workload/patterns.ts';
import { countName, parseCount, parseNumbers, parseSize, sizeName } from './values.ts';

export type AxisValue = string | number;

export interface Axis {
  /** Name of the flag and of the key in a configuration file. */
  readonly name: string;
  /** Field of the cell (types.ts). */
  readonly field: string;
  /** Head of its table column and its plot axis. */
  readonly title: string;
  readonly help: string;
  readonly kind: 'number' | 'size' | 'choice';
  readonly choices?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** Whole numbers only. */
  readonly whole?: boolean;
  /** As a person would write it. */
  readonly usual: string;
  readonly unit?: string;
}

const count = (name: string, field: string, title: string, usual: string, min: number, max: number, help: string): Axis => ({
  name,
  field,
  title,
  help,
  kind: 'number',
  whole: true,
  min,
  max,
  usual,
});

const choice = (name: string, field: string, title: string, choices: readonly string[], help: string): Axis => ({
  name,
  field,
  title,
  help,
  kind: 'choice',
  choices,
  usual: choices[0] as string,
});

/** In the order in which cells are made: the last one varies fastest. */
export const axes: readonly Axis[] = [
  { name: 'driver', field: 'driver', title: 'driver', kind: 'choice', usual: 'dmirror', help: 'drivers, or all' },
  {
    name: 'policy',
    field: 'policy',
    title: 'policy',
    kind: 'choice',
    choices: Object.keys(retryPolicies),
    usual: 'own',
    help: `policies of the retry loop: ${Object.keys(retryPolicies).join(', ')}, all, or own (that of the driver)`,
  },
  { ...count('deadline', 'deadlineMs', 'deadline', '10', 1, 60_000, 'deadline of the retry loop'), unit: 'ms' },
  {
    name: 'notifier-size',
    field: 'notifierPages',
    title: 'notifier',
    kind: 'size',
    usual: 'own',
    help: 'size of an interval notifier: page, 64K, 2M, 512M, all (the whole address space), or own',
  },
  { ...count('window', 'window', 'window', 'own', 1, 512, 'pages that become stable together'), unit: 'pages' },
  { ...count('range', 'range', 'range', '32', 1, 65_536, 'pages one device fault asks for'), unit: 'pages' },
  choice('access', 'access', 'access', accessKinds, 'what the device wants to do'),
  choice('pattern', 'pattern', 'fault pattern', patternKinds, 'where devices fault'),
  {
    name: 'fault-rate',
    field: 'faultRate',
    title: 'faults',
    kind: 'number',
    min: 0,
    max: 1e8,
    usual: '0',
    unit: '/s',
    help: 'device faults a second, open loop; 0: one after another',
  },
  choice('fault-arrivals', 'faultArrivals', 'fault arrivals', arrivalKinds, 'how device faults arrive'),
  {
    name: 'device-memory',
    field: 'deviceMemory',
    title: 'device memory',
    kind: 'number',
    min: 0.001,
    max: 4,
    usual: '1',
    help: 'memory of each device as a part of the region; for --access migrate',
  },
  choice(
    'throttle',
    'throttle',
    'throttling',
    Object.keys(throttlePolicies),
    'what is done about blocks that are evicted and come back at once; for --access migrate',
  ),
  {
    ...count('lapse', 'lapseUs', 'lapse', '500', 1, 10_000_000, 'how soon a block must be back to count as thrashing'),
    unit: 'us',
  },
  count('devices', 'devices', 'devices', '1', 1, 64, 'devices'),
  count('faulters', 'faulters', 'handlers', '1', 1, 128, 'threads that handle device faults, at least one a device'),
  choice('event', 'event', 'event', eventKinds, 'what invalidates'),
  { ...count('span', 'span', 'span', '1', 1, 65_536, 'pages one invalidation covers'), unit: 'pages' },
  choice('target', 'target', 'target', targetKinds, 'where invalidations strike: the region of the devices, or another'),
  choice('hits', 'hits', 'hit pattern', patternKinds, 'which pages are invalidated'),
  choice('arrivals', 'arrivals', 'arrivals', arrivalKinds, 'how invalidations arrive'),
  count('disturbers', 'disturbers', 'disturbers', '4', 0, 128, 'threads that invalidate'),
  count('threads', 'threads', 'CPU threads', '0', 0, 128, 'threads that load and store in the region'),
  {
    name: 'accesses',
    field: 'accesses',
    title: 'accesses',
    kind: 'number',
    min: 0,
    max: 1e9,
    usual: '0',
    unit: '/s',
    help: 'loads and stores a second, by all of these threads',
  },
  count('pages', 'pages', 'pages', '4096', 1, 524_288, 'pages of the region'),
  count('cpus', 'cpus', 'CPUs', '8', 1, 1024, 'CPUs of the simulated machine'),
  { name: 'preset', field: 'preset', title: 'costs', kind: 'choice', usual: 'pcie4', help: 'preset of virtual costs' },
  {
    name: 'invalidations',
    field: 'invalidations',
    title: 'invalidations',
    kind: 'number',
    min: 0,
    max: 1e8,
    usual: '1k..1M',
    unit: '/s',
    help: 'invalidations a second, open loop',
  },
];

export function axisNamed(name: string): Axis {
  const axis = axes.find((candidate) => candidate.name === name);
  if (axis === undefined)
    throw new UsageError(`there is no axis '${name}', there are ${axes.map((each) => each.name).join(', ')}`);
  return axis;
}

/** What stands for "as the driver has it". */
export const OWN = 'own';

function numbers({ name, kind, min = 1, max = Number.POSITIVE_INFINITY, whole }: Axis, text: string): number[] {
  const values = parseNumbers(`${name}`, text, kind === 'size' ? parseSize : parseCount);
  for (const value of values) {
    if (kind === 'number' && (value < min || value > max))
      throw new UsageError(`${name}: ${countName(value)} is out of range, allowed is ${countName(min)} to ${countName(max)}`);
    if (whole && !Number.isInteger(value)) throw new UsageError(`${name}: ${value} is not a whole number`);
  }
  return values;
}

function chosen({ name, choices = [] }: Axis, text: string, known: readonly string[]): string[] {
  const allowed = known.length > 0 ? known : choices;
  const parts = text.split(',').map((part) => part.trim());
  return [
    ...new Set(
      parts.flatMap((part) => {
        if (part === 'all') return [...allowed];
        if (!allowed.includes(part))
          throw new UsageError(`${name}: unknown value '${part}', allowed are ${allowed.join(', ')}, or all`);
        return [part];
      }),
    ),
  ];
}

/**
 * The values of an axis. `known` are the choices where the axis does not name them itself.
 *
 * @throws UsageError with one sentence for anything that is not allowed, an empty axis above all.
 */
export function axisValues(axis: Axis, text: string, known: readonly string[] = []): AxisValue[] {
  if (text.trim() === '' || /(^|,)\s*(,|$)/.test(text))
    throw new UsageError(`${axis.name} is empty, or has an empty value: '${text}'`);
  if (text.trim() === OWN) return [OWN];
  return axis.kind === 'choice' ? chosen(axis, text, known) : numbers(axis, text);
}

/** A value as a person writes it. */
export function valueName(axis: Axis, value: AxisValue): string {
  if (typeof value === 'string') return value;
  if (axis.kind === 'size') return sizeName(value);
  return `${countName(value)}${axis.unit === undefined ? '' : axis.unit.startsWith('/') ? axis.unit : ` ${axis.unit}`}`;
}
