/** How a driver's code asks for its options: by their places in the table, and by a number for each value of each. */

import type { Arena } from '../../arena/arena.ts';
import type { Mirror } from '../../arena/structures.ts';
import { type DriverOption, driverOption } from './driver.ts';

type Table = Readonly<Record<string, DriverOption>>;

/** `retryCheckNone` for the value `none` of the option `retryCheck`. */
type Choice<T extends Table> = {
  [N in keyof T & string]: T[N] extends { readonly values: readonly (infer V extends string)[] } ? `${N}${Capitalize<V>}` : never;
}[keyof T & string];

const CHOICE_BITS = 8;

/** Places of the options of a table that begins at place `first` of the driver's. */
export const placesOf = <const T extends Table>(table: T, first = 0): { readonly [K in keyof T]: number } =>
  Object.fromEntries(Object.keys(table).map((name, i) => [name, first + i])) as { readonly [K in keyof T]: number };

/** One number for each value of each option, for {@link optionIs}: `Is.retryCheckNone`, `Is.engineTlb`. */
export const choicesOf = <const T extends Table>(table: T, first = 0): { readonly [C in Choice<T>]: number } =>
  Object.freeze(
    Object.fromEntries(
      Object.entries(table).flatMap(([name, option], i) =>
        (option.values ?? []).map((value, index) => [
          `${name}${value[0]?.toUpperCase()}${value.slice(1)}`,
          ((first + i) << CHOICE_BITS) | index,
        ]),
      ),
    ),
  ) as { readonly [C in Choice<T>]: number };

/** Does the option have this value for this mirror? */
export const optionIs = (arena: Arena, mirror: Mirror, choice: number): boolean =>
  driverOption(arena, mirror, choice >> CHOICE_BITS) === (choice & ((1 << CHOICE_BITS) - 1));

/** Does it have this value among those of all options? */
export const isChosen = (words: readonly number[], choice: number): boolean =>
  words[choice >> CHOICE_BITS] === (choice & ((1 << CHOICE_BITS) - 1));
