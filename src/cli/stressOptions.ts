/** The flags of `stress`, and how they become the options of a race. */
import { randomInt } from 'node:crypto';
import { PFN_LIMIT } from '../arena/config.ts';
import { defaultMemory, defaultRace } from '../engines/race/command.ts';
import type { DelaySpec, RaceOptions } from '../engines/race/types.ts';
import { points } from '../steps/points.ts';
import { bugNamed } from './bugNamed.ts';
import { jsonFlag, type Values } from './flags.ts';
import { quote, UsageError, unknown } from './usage.ts';

/** Actors are threads; many more than there are cores only take turns. */
const MOST_ACTORS = 32;
const MOST_SECONDS = 86_400;
const SEEDS = 2 ** 31;
/** A delay longer than this looks like a dead actor to the watchdog. */
const MOST_DELAY_US = 1e6;

const actors = (name: 'cpus' | 'devices' | 'disturbers', help: string) =>
  ({ name, kind: 'whole', default: defaultRace[name], min: 0, max: MOST_ACTORS, help }) as const;

export const stressFlags = [
  {
    name: 'seconds',
    kind: 'number',
    default: defaultRace.seconds,
    above: 0,
    max: MOST_SECONDS,
    help: 'length of the race in seconds',
  },
  actors('cpus', 'CPU threads that load, store and fault'),
  actors('devices', 'devices that fault, read, write and do atomics'),
  {
    name: 'migrators',
    kind: 'whole',
    defaultText: `${defaultRace.migrators}, or 0 without a device`,
    min: 0,
    max: MOST_ACTORS,
    help: 'threads that move pages to devices and back',
  },
  actors('disturbers', 'threads that unmap, protect, discard and fork'),
  { name: 'pages', kind: 'whole', default: defaultRace.pages, min: 1, max: 65_536, help: 'virtual pages the actors fight over' },
  {
    name: 'memory',
    kind: 'whole',
    defaultText: '4 times --pages, plus 256',
    min: 16,
    max: PFN_LIMIT,
    help: 'page frames of system memory, at least --pages',
  },
  {
    name: 'device-memory',
    kind: 'whole',
    defaultText: 'as many as --pages',
    min: 1,
    max: PFN_LIMIT,
    help: 'page frames of memory of each device',
  },
  {
    name: 'driver',
    kind: 'text',
    value: 'NAME[:OPTION=VALUE,...]',
    default: defaultRace.driver,
    help: 'a driver of hmm-lab drivers, or a module by its path or file: URL, with its options',
    example: 'dmirror:retryCheck=none',
  },
  { name: 'bug', kind: 'text', value: 'ID', help: 'put a bug of hmm-lab bugs into the model first', example: 'R05' },
  { name: 'seed', kind: 'whole', defaultText: 'random, and printed', min: 0, max: SEEDS - 1, help: 'seed of all random choices' },
  {
    name: 'rate',
    kind: 'number',
    default: defaultRace.rate,
    min: 0,
    max: 1_000_000,
    help: 'operations a second of each disturber, at random times; 0 is as fast as it can',
  },
  {
    name: 'delay',
    kind: 'list',
    value: 'POINT=P:TIME',
    help: 'with probability P wait for TIME at a point of hmm-lab windows',
    example: 'mmuIntervalReadBegin=1/4000:80us, or setPte=1%:2ms',
  },
  { name: 'no-lock-checks', kind: 'switch', help: 'do not check lock misuse and lock order' },
  { name: 'no-mirror-checks', kind: 'switch', help: 'do not compare device and CPU page table at every driver unlock' },
  {
    name: 'watchdog',
    kind: 'number',
    value: 'SECONDS',
    default: defaultRace.watchdogSeconds,
    above: 0,
    max: MOST_SECONDS,
    help: 'seconds without progress of an actor after which the race ends with a verdict',
  },
  {
    name: 'check-every',
    kind: 'number',
    value: 'SECONDS',
    default: defaultRace.checkEverySeconds,
    min: 0,
    max: MOST_SECONDS,
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
    max: MOST_SECONDS,
    help: 'after a violation, look for it under a controlled scheduler for so long; 0 does not',
  },
  jsonFlag,
  { name: 'out', kind: 'text', value: 'FILE', help: 'also write the JSON result to a file' },
] as const;

export type StressValues = Values<typeof stressFlags>;

/**
 * The options of a race, all checked, the driver's module loaded.
 *
 * @throws UsageError for the first thing that is not allowed.
 */
export async function raceOptionsOf(values: StressValues): Promise<RaceOptions> {
  const { cpus, devices, disturbers, pages, seconds } = values;
  const migrators = values.migrators ?? (devices === 0 ? 0 : defaultRace.migrators);
  const memory = values.memory ?? defaultMemory(pages);
  const deviceMemory = values['device-memory'] ?? pages;
  const team = { cpus, devices, migrators, disturbers };
  checkTeam(team);
  if (pages > memory)
    throw new UsageError(`--pages ${pages} is more than --memory ${memory}, allowed are at most as many pages as memory`);
  const frames = memory + devices * deviceMemory;
  if (frames > PFN_LIMIT) {
    throw new UsageError(
      `--memory ${memory} and ${devices} times --device-memory ${deviceMemory} are ${frames} page frames, allowed are ${PFN_LIMIT} in all`,
    );
  }
  const bug = values.bug === undefined ? undefined : await bugNamed(values.bug);
  const kill = values.kill === undefined ? undefined : parseKill(values.kill, team, seconds);
  const delays = values.delay.map(parseDelay);
  const doubled = delays.find(({ point }, i) => delays.findIndex((other) => other.point === point) !== i);
  if (doubled !== undefined) throw new UsageError(`--delay names the point ${doubled.point} twice, allowed is one delay a point`);
  // Loaded only now: a wrong flag and --help need no model.
  const { chosenDriver } = await import('./chosenDriver.ts');
  const { location, settings } = await chosenDriver(values.driver, bug?.settings);
  return {
    seconds,
    ...team,
    pages,
    memory,
    deviceMemory,
    driver: location,
    driverSettings: settings,
    seed: values.seed ?? randomInt(SEEDS),
    rate: values.rate,
    delays,
    lockChecks: !values['no-lock-checks'],
    mirrorChecks: !values['no-mirror-checks'],
    watchdogSeconds: values.watchdog,
    checkEverySeconds: values['check-every'],
    ...(kill === undefined ? {} : { kill }),
    ...(bug === undefined ? {} : { bug: bug.id }),
  };
}

/** How many actors there are of each role. */
type Team = Pick<RaceOptions, 'cpus' | 'devices' | 'migrators' | 'disturbers'>;

function checkTeam({ cpus, devices, migrators, disturbers }: Team): void {
  const total = cpus + devices + migrators + disturbers;
  if (total < 1 || total > MOST_ACTORS) {
    const given = `--cpus ${cpus} --devices ${devices} --migrators ${migrators} --disturbers ${disturbers}`;
    throw new UsageError(`${given} are ${total} actors, allowed are 1 to ${MOST_ACTORS} in all`);
  }
  if (migrators > 0 && devices === 0) {
    throw new UsageError(
      `--migrators ${migrators} with --devices 0 has nowhere to move pages to, allowed is --migrators 0 without a device`,
    );
  }
}

const usPerUnit = { us: 1, ms: 1000, s: 1e6 } as const;

/** `POINT=P:TIME`. */
function parseDelay(text: string): DelaySpec {
  const [, point = '', share = '', amount = '', unit = ''] = /^([^=]*)=([^:]*):([\d.]+)(us|ms|s)$/.exec(text) ?? [];
  if (point === '')
    throw new UsageError(`--delay is ${quote(text)}, allowed is POINT=P:TIME, such as mmuIntervalReadBegin=1/4000:80us`);
  const names = points.map(({ name }) => name);
  if (!names.includes(point)) throw unknown('point', point, names, 'allowed are those that hmm-lab windows lists');
  const probability = probabilityOf(share);
  if (!(probability > 0 && probability <= 1)) {
    throw new UsageError(
      `--delay ${point} has the probability ${quote(share)}, allowed is above 0, at most 1, as 1/4000, 0.01 or 1%`,
    );
  }
  const microseconds = Number(amount) * usPerUnit[unit as keyof typeof usPerUnit];
  if (!(microseconds > 0 && microseconds <= MOST_DELAY_US)) {
    throw new UsageError(`--delay ${point} has the time ${quote(amount + unit)}, allowed is above 0, at most 1s, as 80us or 2ms`);
  }
  return { point, probability, microseconds };
}

/** `1/4000`, `0.01` or `1%` as a number; NaN for anything else. */
function probabilityOf(text: string): number {
  const [, value, suffix, divisor] = /^(\d*\.?\d+)(%|\/(\d*\.?\d+))?$/.exec(text) ?? [];
  if (suffix === '%') return Number(value) / 100;
  return Number(value) / Number(divisor ?? 1);
}

/** `ACTOR=SECONDS`. */
function parseKill(text: string, team: Team, seconds: number): NonNullable<RaceOptions['kill']> {
  const [, actor = '', after = ''] = /^([^=]*)=(\d*\.?\d+)$/.exec(text) ?? [];
  if (actor === '') throw new UsageError(`--kill is ${quote(text)}, allowed is ACTOR=SECONDS, such as device0=2`);
  const roles = { cpu: team.cpus, device: team.devices, migrator: team.migrators, disturber: team.disturbers };
  const names = Object.entries(roles).flatMap(([role, amount]) => Array.from({ length: amount }, (_, i) => `${role}${i}`));
  if (!names.includes(actor)) throw unknown('actor', actor, names, `allowed in --kill are ${names.join(', ')}`);
  if (Number(after) >= seconds) {
    throw new UsageError(`--kill ${actor} is after ${after} seconds, allowed is less than the ${seconds} of the race`);
  }
  return { actor, afterSeconds: Number(after) };
}
