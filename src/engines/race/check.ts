/** What a race may be asked for: checked here, and nowhere else, for the command line and the library alike. */
import { PFN_LIMIT, PTRS_PER_TABLE } from '../../arena/config.ts';
import { type Bounds, isWithin } from '../../input/bounds.ts';
import { byName, checkOptions, type Naming, shown } from '../../input/options.ts';
import { unknown } from '../../input/unknownName.ts';
import { UsageError } from '../../input/usageError.ts';
import { points } from '../../steps/points.ts';
import type { DelaySpec, RaceOptions } from './types.ts';

/** Actors are threads; many more than there are cores only take turns. */
const MOST_ACTORS = 32;
const MOST_SECONDS = 86_400;

const actors = { kind: 'whole', min: 0, max: MOST_ACTORS } as const;

/** The numbers among the options. */
export const raceBounds = {
  seconds: { kind: 'number', above: 0, max: MOST_SECONDS },
  cpus: actors,
  devices: actors,
  migrators: actors,
  disturbers: actors,
  pages: { kind: 'whole', min: 1, max: 65_536 },
  memory: { kind: 'whole', min: 16, max: PFN_LIMIT },
  deviceMemory: { kind: 'whole', min: 1, max: PFN_LIMIT },
  swap: { kind: 'whole', min: 0, max: PFN_LIMIT },
  seed: { kind: 'whole', min: 0, max: 2 ** 31 - 1 },
  rate: { kind: 'number', min: 0, max: 1_000_000 },
  watchdogSeconds: { kind: 'number', above: 0, max: MOST_SECONDS },
  checkEverySeconds: { kind: 'number', min: 0, max: MOST_SECONDS },
} as const satisfies Partial<Record<keyof RaceOptions, Bounds>>;

/** What a probability may be, in words. */
export const probabilities = 'above 0, at most 1, as 1/4000, 0.01 or 1%';
/** A delay longer than this looks like a dead actor to the watchdog. */
const MOST_DELAY_US = 1e6;

/** Options that are no numbers, and what they have to be. */
const others: Readonly<Record<Exclude<keyof RaceOptions, keyof typeof raceBounds>, string>> = {
  huge: 'boolean',
  driver: 'string',
  driverSettings: 'object',
  delays: 'list',
  shake: 'boolean',
  lockChecks: 'boolean',
  mirrorChecks: 'boolean',
  bug: 'string',
  kill: 'object',
};

/** How many actors there are of each role. */
type Team = Pick<RaceOptions, 'cpus' | 'devices' | 'migrators' | 'disturbers'>;

function checkTeam({ cpus, devices, migrators, disturbers }: Team, name: Naming): void {
  const total = cpus + devices + migrators + disturbers;
  if (total < 1 || total > MOST_ACTORS) {
    const given = Object.entries({ cpus, devices, migrators, disturbers }).map(([key, n]) => `${name(key)} ${n}`);
    throw new UsageError(`${given.join(' ')} are ${total} actors, allowed are 1 to ${MOST_ACTORS} in all`);
  }
  if (migrators > 0 && devices === 0) {
    throw new UsageError(
      `${name('migrators')} ${migrators} with ${name('devices')} 0 has nowhere to move pages to, allowed is ${name('migrators')} 0 without a device`,
    );
  }
}

/** The least that `huge` needs: a huge page in each half of what is mapped, and two in memory, one of which is the huge zero page. */
const leastOfHuge = { pages: 2 * PTRS_PER_TABLE, memory: 4 * PTRS_PER_TABLE } as const;

function checkHuge(options: RaceOptions, name: Naming): void {
  for (const key of ['pages', 'memory'] as const) {
    if (!options.huge || options[key] >= leastOfHuge[key]) continue;
    throw new UsageError(
      `${name(key)} ${options[key]} has no room for huge pages, allowed with ${name('huge')} is at least ${leastOfHuge[key]}`,
    );
  }
}

function checkMemory({ pages, memory, devices, deviceMemory }: RaceOptions, name: Naming): void {
  if (pages > memory)
    throw new UsageError(
      `${name('pages')} ${pages} is more than ${name('memory')} ${memory}, allowed are at most as many pages as memory`,
    );
  const frames = memory + devices * deviceMemory;
  if (frames > PFN_LIMIT) {
    throw new UsageError(
      `${name('memory')} ${memory} and ${devices} times ${name('deviceMemory')} ${deviceMemory} are ${frames} page frames, allowed are ${PFN_LIMIT} in all`,
    );
  }
}

/** A time as a person would write it. */
const spanOf = (microseconds: unknown): string =>
  typeof microseconds === 'number' && microseconds >= 1e6 ? `${microseconds / 1e6}s` : `${microseconds}us`;

/** `delay` is what one is called in messages. @throws UsageError for a point that is unknown or a value out of range. */
export function checkDelay({ point, probability, microseconds }: DelaySpec, delay: string): void {
  const names = points.map(({ name }) => name);
  if (!names.includes(point)) throw unknown('point', String(point), names, 'allowed are those that hmm-lab windows lists');
  if (!isWithin({ kind: 'number', above: 0, max: 1 }, probability)) {
    throw new UsageError(`${delay} ${point} has the probability ${shown(probability)}, allowed is ${probabilities}`);
  }
  if (!isWithin({ kind: 'number', above: 0, max: MOST_DELAY_US }, microseconds)) {
    throw new UsageError(
      `${delay} ${point} has the time ${shown(spanOf(microseconds))}, allowed is above 0, at most 1s, as 80us or 2ms`,
    );
  }
}

function checkDelays(delays: readonly DelaySpec[], delay: string): void {
  for (const each of delays) {
    if (typeof each !== 'object' || each === null)
      throw new UsageError(`${delay} has an entry ${shown(each)}, allowed is { point, probability, microseconds }`);
    checkDelay(each, delay);
  }
  const doubled = delays.find(({ point }, i) => delays.findIndex((other) => other.point === point) !== i);
  if (doubled !== undefined)
    throw new UsageError(`${delay} names the point ${doubled.point} twice, allowed is one delay a point`);
}

function checkKill(kill: NonNullable<RaceOptions['kill']>, team: Team, seconds: number, name: string): void {
  const roles = { cpu: team.cpus, device: team.devices, migrator: team.migrators, disturber: team.disturbers };
  const names = Object.entries(roles).flatMap(([role, amount]) => Array.from({ length: amount }, (_, i) => `${role}${i}`));
  if (!names.includes(kill.actor)) {
    throw unknown('actor', String(kill.actor), names, `allowed in ${name} are ${names.join(', ')}`);
  }
  if (!isWithin({ kind: 'number', min: 0 }, kill.afterSeconds) || kill.afterSeconds >= seconds) {
    throw new UsageError(
      `${name} ${kill.actor} is after ${kill.afterSeconds} seconds, allowed is less than the ${seconds} of the race`,
    );
  }
}

/** @throws UsageError, one sentence, for the first thing that is not allowed. The driver is checked when it is loaded. */
export function checkRace(options: RaceOptions, name: Naming = byName): void {
  checkOptions('a race', options, { numbers: raceBounds, others }, name);
  checkTeam(options, name);
  checkMemory(options, name);
  checkHuge(options, name);
  checkDelays(options.delays, name('delays'));
  if (options.kill !== undefined) checkKill(options.kill, options, options.seconds, name('kill'));
}
