/**
 * Drivers that differ from another one by policy: the same hooks with other defaults (and some hooks replaced). Every option of
 * the base stays, so that each policy can be tried in each driver.
 */
import type { Driver } from './driver.ts';
import { optionWords } from './options.ts';

/** @throws RangeError for a default that the base does not allow. */
export function derive(base: Driver, defaults: Readonly<Record<string, string>>, own: Partial<Driver>): Driver {
  optionWords(base, defaults);
  const options = Object.entries(base.options).map(([name, option]) => {
    const { number } = option;
    const usual = defaults[name];
    if (usual === undefined) return [name, option];
    return [name, number === undefined ? { ...option, usual } : { ...option, number: { ...number, default: Number(usual) } }];
  });
  return { ...base, options: Object.fromEntries(options), ...own };
}
