/** Options of a call, checked against a table: the same tables and sentences serve the library and the command line. */
import { type Bounds, boundsText, isWithin } from './bounds.ts';
import { quote, unknown } from './unknownName.ts';
import { UsageError } from './usageError.ts';

/** What an option is called: `deviceMemory` in a program, `--device-memory` on the command line. */
export type Naming = (option: string) => string;

/** In a program an option is called by its name. */
export const byName: Naming = (option) => option;

/** What may be given. */
export interface OptionTable {
  readonly numbers: Readonly<Record<string, Bounds>>;
  /** The others by their types: `string`, `boolean or string` as `typeof` names them, or one of the lists below. */
  readonly others: Readonly<Record<string, string>>;
}

/** An option that is no text, in a message. */
export const shown = (value: unknown): string => quote(typeof value === 'string' ? value : String(value));

/** Lists that an option may be. */
const lists: Readonly<Record<string, (value: readonly unknown[]) => boolean>> = {
  list: () => true,
  'list with at least one entry': (value) => value.length > 0,
  'list with at least one string': (value) => value.length > 0 && value.every((item) => typeof item === 'string'),
};

function isOfType(types: string, value: unknown): boolean {
  const isList = lists[types];
  if (isList !== undefined) return Array.isArray(value) && isList(value);
  return value !== null && types.split(' or ').includes(typeof value);
}

/** Options without those that are undefined: these are as absent. */
export type Given<T> = { readonly [key in keyof T]: Exclude<T[key], undefined> };

/** The options that are given. `call` is what takes them. @throws UsageError when they are no object. */
export function givenOptions<T extends object>(call: string, options: T): Given<T> {
  if (typeof options !== 'object' || options === null || Array.isArray(options))
    throw new UsageError(`the options of ${call} are ${shown(options)}, allowed is an object`);
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}

/**
 * Checks each option that is there. `call` is what takes them, such as `a race`.
 *
 * @throws UsageError for the first that is unknown, out of bounds or of another type; one sentence.
 */
export function checkOptions(call: string, options: object, { numbers, others }: OptionTable, name: Naming = byName): void {
  const known = [...Object.keys(numbers), ...Object.keys(others)];
  for (const [key, value] of Object.entries(options)) {
    if (!known.includes(key)) throw unknown('option', key, known, `${call} takes ${known.join(', ')}`);
    const bounds = numbers[key];
    if (bounds !== undefined && !isWithin(bounds, value))
      throw new UsageError(`${name(key)} is ${shown(value)}, allowed is ${boundsText(bounds)}`);
    const types = others[key];
    if (types === undefined || isOfType(types, value)) continue;
    const allowed = types in lists ? `a ${types}` : `a value of type ${types}`;
    throw new UsageError(`${name(key)} is ${shown(value)}, allowed is ${allowed}`);
  }
}
