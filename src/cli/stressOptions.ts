/** The flags of `stress`, and how they become the options of a race. */
import { randomInt } from 'node:crypto';
import { probabilities, raceBounds } from '../engines/race/check.ts';
import { defaultRace, HUGE_PAGES } from '../engines/race/command.ts';
import type { DelaySpec, RaceOptions } from '../engines/race/types.ts';
import { type RaceRequest, type ReadyRace, readyRace } from '../library/race.ts';
import { bugFlag, jsonFlag, type Values } from './flags.ts';
import { kernelFlag } from './kernelFlag.ts';
import { givenFlag } from './programArgument.ts';
import { quote, UsageError } from './usage.ts';

const actors = (name: 'cpus' | 'devices' | 'disturbers', help: string) =>
  ({ name, ...raceBounds[name], default: defaultRace[name], help }) as const;

export const stressFlags = [
  {
    name: 'seconds',
    ...raceBounds.seconds,
    default: defaultRace.seconds,
    help: 'length of the race in seconds',
  },
  actors('cpus', 'CPU threads that load, store and fault'),
  actors('devices', 'devices that fault, read, write and do atomics'),
  {
    name: 'migrators',
    ...raceBounds.migrators,
    defaultText: `${defaultRace.migrators}, or 0 without a device`,
    help: 'threads that move pages to devices and back',
  },
  actors('disturbers', 'threads that unmap, protect, discard and fork'),
  {
    name: 'pages',
    ...raceBounds.pages,
    defaultText: `${defaultRace.pages}, or ${HUGE_PAGES} with --huge`,
    help: 'virtual pages the actors fight over',
  },
  {
    name: 'memory',
    ...raceBounds.memory,
    defaultText: '4 times --pages, plus 256; twice that with --huge',
    help: 'page frames of system memory, at least --pages',
  },
  {
    name: 'device-memory',
    ...raceBounds.deviceMemory,
    defaultText: 'as many as --pages; twice as many with --huge',
    help: 'page frames of memory of each device',
  },
  {
    name: 'swap',
    ...raceBounds.swap,
    default: defaultRace.swap,
    help: 'slots of a swap device; with some, disturbers also reclaim pages',
  },
  {
    name: 'huge',
    kind: 'switch',
    help: 'huge pages: half of the system memory has them, the actors fight over memory that is advised to be huge, and disturbers also collapse and split',
  },
  {
    name: 'driver',
    kind: 'text',
    value: 'NAME[:OPTION=VALUE,...]',
    default: defaultRace.driver,
    help: 'a driver of hmm-lab drivers, or a module by its path or file: URL, with its options',
    example: 'dmirror:retryCheck=none',
  },
  kernelFlag,
  bugFlag,
  { name: 'seed', ...raceBounds.seed, defaultText: 'random, and printed', help: 'seed of all random choices' },
  {
    name: 'rate',
    ...raceBounds.rate,
    default: defaultRace.rate,
    help: 'operations a second of each disturber, at random times; 0 is as fast as it can',
  },
  {
    name: 'delay',
    kind: 'list',
    value: 'POINT=P:TIME',
    help: 'with probability P wait for TIME at a point of hmm-lab windows',
    example: 'mmuIntervalReadBegin=1/4000:80us, or setPte=1%:2ms',
  },
  {
    name: 'no-shaking',
    kind: 'switch',
    help: 'do not turn on random delays at points where the actors hardly run at the same time, as on a busy machine',
  },
  { name: 'no-lock-checks', kind: 'switch', help: 'do not check lock misuse and lock order' },
  { name: 'no-mirror-checks', kind: 'switch', help: 'do not compare device and CPU page table at every driver unlock' },
  {
    name: 'watchdog',
    ...raceBounds.watchdogSeconds,
    value: 'SECONDS',
    default: defaultRace.watchdogSeconds,
    help: 'seconds without progress of an actor after which the race ends with a verdict',
  },
  {
    name: 'check-every',
    ...raceBounds.checkEverySeconds,
    value: 'SECONDS',
    default: defaultRace.checkEverySeconds,
    help: 'seconds between two full checks, for which the race pauses; 0 checks at the end only',
  },
  {
    name: 'kill',
    kind: 'text',
    value: 'ACTOR=SECONDS',
    help: 'kill a worker in the middle, to see the verdict',
    example: 'device0=2',
  },
  {
    name: 'trace',
    kind: 'number',
    value: 'SECONDS',
    default: 10,
    min: 0,
    max: raceBounds.seconds.max,
    help: 'after a violation, look for it under a controlled scheduler for so long; 0 does not',
  },
  givenFlag,
  jsonFlag,
  { name: 'out', kind: 'text', value: 'FILE', help: 'also write the JSON result to a file' },
] as const;

export type StressValues = Values<typeof stressFlags>;

/** The flags of options that are not called by their names. */
const flagNames: Readonly<Record<string, string>> = {
  deviceMemory: 'device-memory',
  watchdogSeconds: 'watchdog',
  checkEverySeconds: 'check-every',
  delays: 'delay',
} satisfies Partial<Record<keyof RaceOptions, string>>;
const flagOf = (option: string): string => `--${flagNames[option] ?? option}`;

/** What is asked for, as the library takes it. @throws UsageError for a value that is not written as such. */
function requestOf(values: StressValues): RaceRequest {
  const { seconds, cpus, devices, migrators, disturbers, pages, memory, swap, huge, driver, kernel, bug, rate, trace } = values;
  return {
    ...{ seconds, cpus, devices, migrators, disturbers, pages, memory, swap, huge, driver, kernel, bug, rate, trace },
    deviceMemory: values['device-memory'],
    seed: values.seed ?? randomInt(raceBounds.seed.max + 1),
    delays: values.delay.map(parseDelay),
    shake: !values['no-shaking'],
    lockChecks: !values['no-lock-checks'],
    mirrorChecks: !values['no-mirror-checks'],
    watchdogSeconds: values.watchdog,
    checkEverySeconds: values['check-every'],
    kill: values.kill === undefined ? undefined : parseKill(values.kill),
  };
}

/**
 * The race that is asked for, all of it checked, the driver's module loaded.
 *
 * @throws UsageError for the first thing that is not allowed.
 */
export const stressOf = async (values: StressValues): Promise<ReadyRace> => readyRace(requestOf(values), flagOf);

const usPerUnit = { us: 1, ms: 1000, s: 1e6 } as const;

/** `POINT=P:TIME`. What the parts may be is checked with all options. */
function parseDelay(text: string): DelaySpec {
  const [, point = '', share = '', amount = '', unit = ''] = /^([^=]*)=([^:]*):([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  if (point === '')
    throw new UsageError(`--delay is ${quote(text)}, allowed is POINT=P:TIME, such as mmuIntervalReadBegin=1/4000:80us`);
  const probability = probabilityOf(share);
  if (!Number.isFinite(probability))
    throw new UsageError(`--delay ${point} has the probability ${quote(share)}, allowed is ${probabilities}`);
  return { point, probability, microseconds: Number(amount) * usPerUnit[unit as keyof typeof usPerUnit] };
}

/** `1/4000`, `0.01` or `1%` as a number; NaN for anything else. */
function probabilityOf(text: string): number {
  const [, value, suffix, divisor] = /^(\d*\.?\d+)(%|\/(\d*\.?\d+))?$/.exec(text) ?? [];
  if (suffix === '%') return Number(value) / 100;
  return Number(value) / Number(divisor ?? 1);
}

/** `ACTOR=SECONDS`. */
function parseKill(text: string): NonNullable<RaceOptions['kill']> {
  const [, actor = '', after = ''] = /^([^=]*)=(\d*\.?\d+)$/.exec(text) ?? [];
  if (actor === '') throw new UsageError(`--kill is ${quote(text)}, allowed is ACTOR=SECONDS, such as device0=2`);
  return { actor, afterSeconds: Number(after) };
}
