/**
 * Drivers that differ from another one by policy: the same hooks with other defaults, some hooks replaced, and options of their
 * own behind those of the base. Every option of the base keeps its place, and can be chosen unless the driver says that it is fixed.
 */
import type { Driver, DriverOption } from './driver.ts';
import { optionWords } from './options.ts';

type Options = Readonly<Record<string, DriverOption>>;

function withDefaults(options: Options, defaults: Readonly<Record<string, string>>): [string, DriverOption][] {
  return Object.entries(options).map(([name, option]) => {
    const { number } = option;
    const usual = defaults[name];
    if (usual === undefined) return [name, option];
    return [name, number === undefined ? { ...option, usual } : { ...option, number: { ...number, default: Number(usual) } }];
  });
}

/** @throws UsageError for a default that the base does not allow. */
export function derive(
  base: Driver,
  defaults: Readonly<Record<string, string>>,
  own: Partial<Driver>,
  added: Options = {},
): Driver {
  optionWords(base, defaults);
  const options = Object.fromEntries([...withDefaults(base.options, defaults), ...Object.entries(added)]);
  // What the base did otherwise before is its own history.
  return { ...base, changes: {}, options, ...own };
}
