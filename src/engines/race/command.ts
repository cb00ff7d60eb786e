/** The command line that starts the same race again. */
import { PTRS_PER_TABLE } from '../../arena/config.ts';
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
  huge: false,
  driver: 'dmirror',
  rate: 0,
  watchdogSeconds: 8,
  checkEverySeconds: 1,
} as const;

/** With huge pages: one in each half of what is mapped. */
export const HUGE_PAGES = 2 * PTRS_PER_TABLE;

/** Page frames that leave room for copies and forks of what is mapped, and huge pages beside small ones. */
function defaultSizes(pages: number, huge: boolean): Pick<RaceOptions, 'pages' | 'memory' | 'deviceMemory'> {
  const each = huge ? 2 : 1;
  return { pages, memory: each * (4 * pages + 256), deviceMemory: each * pages };
}

/** A complete set of options from those that differ from the defaults. */
export function raceOptions(chosen: Partial<RaceOptions> = {}): RaceOptions {
  const { huge = defaultRace.huge } = chosen;
  return {
    ...defaultRace,
    // Without a device there is nowhere to move pages to.
    migrators: chosen.devices === 0 ? 0 : defaultRace.migrators,
    ...defaultSizes(chosen.pages ?? (huge ? HUGE_PAGES : defaultRace.pages), huge),
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
  const { pages, huge } = options;
  const base = raceOptions({ pages, huge });
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
  if (huge) flags.push('--huge');
  if (pages !== raceOptions({ huge }).pages) flags.push(`--pages ${pages}`);
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
