/** The command line that starts the same race again. */
import { shellWord } from '../../input/shellWord.ts';
import type { RaceOptions } from './types.ts';

/** Defaults of the `stress` command, here once for the engine, the command line and the library. */
export const defaultRace = {
  seconds: 8,
  cpus: 2,
  devices: 1,
  migrators: 1,
  disturbers: 1,
  pages: 256,
  swap: 0,
  driver: 'dmirror',
  rate: 0,
  watchdogSeconds: 8,
  checkEverySeconds: 1,
} as const;

/** Memory that leaves room for copies and forks of `pages` pages. */
export const defaultMemory = (pages: number): number => 4 * pages + 256;

/** A complete set of options from those that differ from the defaults. */
export function raceOptions(chosen: Partial<RaceOptions> = {}): RaceOptions {
  const pages = chosen.pages ?? defaultRace.pages;
  return {
    ...defaultRace,
    // Without a device there is nowhere to move pages to.
    migrators: chosen.devices === 0 ? 0 : defaultRace.migrators,
    memory: defaultMemory(pages),
    deviceMemory: pages,
    driverSettings: {},
    seed: 1,
    delays: [],
    shake: true,
    lockChecks: true,
    mirrorChecks: true,
    ...chosen,
  };
}

export function commandOf(options: RaceOptions): string {
  const base = raceOptions({ pages: options.pages });
  const settings = Object.entries(options.driverSettings).map(([name, value]) => `${name}=${value}`);
  const driver = settings.length === 0 ? options.driver : `${options.driver}:${settings.join(',')}`;
  const flags: string[] = [`--seed ${options.seed}`, `--seconds ${options.seconds}`];
  const differs = (name: keyof RaceOptions, flag: string): void => {
    if (options[name] !== base[name]) flags.push(`--${flag} ${options[name]}`);
  };
  differs('cpus', 'cpus');
  differs('devices', 'devices');
  differs('migrators', 'migrators');
  differs('disturbers', 'disturbers');
  if (options.pages !== defaultRace.pages) flags.push(`--pages ${options.pages}`);
  differs('memory', 'memory');
  differs('deviceMemory', 'device-memory');
  differs('swap', 'swap');
  if (driver !== defaultRace.driver) flags.push(`--driver ${shellWord(driver)}`);
  if (options.bug !== undefined) flags.push(`--bug ${options.bug}`);
  differs('rate', 'rate');
  for (const { point, probability, microseconds } of options.delays)
    flags.push(`--delay ${point}=${probability}:${microseconds}us`);
  differs('watchdogSeconds', 'watchdog');
  differs('checkEverySeconds', 'check-every');
  if (!options.shake) flags.push('--no-shaking');
  if (!options.lockChecks) flags.push('--no-lock-checks');
  if (!options.mirrorChecks) flags.push('--no-mirror-checks');
  if (options.kill !== undefined) flags.push(`--kill ${options.kill.actor}=${options.kill.afterSeconds}`);
  return `npx hmm-lab stress ${flags.join(' ')}`;
}
