/** What stands for `import.meta` and `import()` in the copy of a module of the user's: both as they are in the module itself. */
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { resolveFrom } from './resolve.ts';

export interface StandIn {
  readonly meta: {
    readonly dirname: string;
    readonly filename: string;
    readonly resolve: (specifier: string) => string;
    readonly url: string;
  };
  readonly load: (specifier: string, options?: ImportCallOptions) => Promise<unknown>;
}

/** Imports what a specifier means in the module `from`. */
type Load = (specifier: string, from: string, options?: ImportCallOptions) => Promise<unknown>;

/** By number, as the text of a copy cannot name an object. */
const all: Load[] = [];

/** The number under which copies are asked to load something more. */
export const numberOf = (load: Load): number => all.push(load) - 1;

/** For the module `url`, one of the copies of a number. */
export function standIn(number: number, url: string): StandIn {
  const filename = fileURLToPath(url);
  const meta = { dirname: dirname(filename), filename, resolve: (specifier: string) => resolveFrom(specifier, url).url, url };
  return { meta, load: async (specifier, options) => all[number]?.(`${specifier}`, url, options) };
}
