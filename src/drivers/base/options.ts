/** Driver options on the command line: `dmirror:retryCheck=none,window=8`. */
import { set } from '../../arena/access.ts';
import type { Arena } from '../../arena/arena.ts';
import { Mirror } from '../../arena/structures.ts';
import { UsageError } from '../../input/usageError.ts';
import { behaviourOf, type Kernel, kernelNamed, NEWEST, optionsBefore } from '../../kernels/kernels.ts';
import { setOlder } from '../../kernels/older.ts';
import { type Driver, type DriverOption, MOST_OPTIONS } from './driver.ts';

/** Chosen values by option name; what is absent has its default. */
export type DriverSettings = Readonly<Record<string, string>>;

/** Splits `name:key=value,key=value`. Values are checked by {@link optionWords}, when the driver is known. */
export function parseDriverSpec(spec: string): { readonly name: string; readonly settings: DriverSettings } {
  // A file URL has a colon of its own: the options begin at the first colon after the last slash.
  const colon = spec.indexOf(':', spec.lastIndexOf('/') + 1);
  if (colon === -1) return { name: spec, settings: {} };
  const settings = new Map<string, string>();
  for (const part of spec.slice(colon + 1).split(',')) {
    const [key = '', value] = part.split('=');
    if (key === '' || value === undefined) throw new UsageError(`driver option '${part}' is not NAME=VALUE`);
    settings.set(key, value);
  }
  if (settings.has('__proto__')) throw new UsageError("driver option '__proto__' does not exist");
  return { name: spec.slice(0, colon), settings: Object.fromEntries(settings) };
}

function allowed({ values, number }: DriverOption): string {
  return values === undefined ? `a whole number from ${number?.min} to ${number?.max}` : values.join(', ');
}

function wordFor(name: string, option: DriverOption, value: string | undefined): number {
  if (value === undefined && option.usual === undefined) return option.number?.default ?? 0;
  const chosen = value ?? option.usual ?? '';
  const word = option.values === undefined ? (/^\d+$/.test(chosen) ? Number(chosen) : Number.NaN) : option.values.indexOf(chosen);
  const fits =
    option.number === undefined
      ? word >= 0
      : Number.isSafeInteger(word) && word >= option.number.min && word <= option.number.max;
  if (!fits) throw new UsageError(`driver option ${name} is '${value}', allowed: ${allowed(option)}`);
  return word;
}

/** A setting beside the options of a driver, unless it has one of that name: which kernel all the rest is. */
export const KERNEL = 'kernel';

const isKernel = ({ options }: Driver, name: string): boolean => name === KERNEL && !Object.hasOwn(options, name);

/** @throws UsageError for a kernel that the model cannot be. */
function kernelOf(driver: Driver, settings: DriverSettings): Kernel {
  const version = isKernel(driver, KERNEL) ? settings[KERNEL] : undefined;
  return version === undefined ? NEWEST : kernelNamed(version, KERNEL);
}

/** Makes the model the kernel that the settings ask for. Before the first operation. @throws UsageError for one that it cannot be. */
export const setKernel = (arena: Arena, driver: Driver, settings: DriverSettings): void =>
  setOlder(arena, behaviourOf(kernelOf(driver, settings)).older);

/** The settings with what the driver did otherwise under that kernel, where nothing else is asked for. */
function inKernel(driver: Driver, settings: DriverSettings): DriverSettings {
  const own = Object.entries(settings).filter(([name]) => !isKernel(driver, name));
  const before = Object.entries(optionsBefore(driver.changes ?? {}, kernelOf(driver, settings)));
  // A driver that is made from another one may have less options.
  return Object.fromEntries([...before.filter(([name]) => Object.hasOwn(driver.options, name)), ...own]);
}

/** The option words of a mirror, in table order. @throws UsageError naming what was given and what is allowed. */
export function optionWords(driver: Driver, asked: DriverSettings): number[] {
  const settings = inKernel(driver, asked);
  const { fixed = [], options } = driver;
  const many = Object.keys(options).length;
  // More would be written over what the driver keeps for itself.
  if (many > MOST_OPTIONS)
    throw new UsageError(`driver ${driver.name} has ${many} options, at most ${MOST_OPTIONS} are possible`);
  for (const [name, value] of Object.entries(settings)) {
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option !== undefined && (!fixed.includes(name) || wordFor(name, option, value) === wordFor(name, option, undefined)))
      continue;
    const choosable = Object.keys(options).filter((known) => !fixed.includes(known));
    throw new UsageError(`driver ${driver.name} has no option '${name}', it has: ${choosable.join(', ') || 'none'}`);
  }
  return Object.entries(options).map(([name, option]) => wordFor(name, option, settings[name]));
}

/** Writes them; before the mirror is opened. */
export function storeOptions(arena: Arena, mirror: Mirror, words: readonly number[]): void {
  words.forEach((word, place) => {
    set(arena, mirror + Mirror.options + place, word);
  });
}
