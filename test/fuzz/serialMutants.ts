/**
 * Changes that take states for one which are not, as far as serial numbers go, or do not notice what must be noticed about them. Not among
 * them, as programs so short do not show it: a serial number is set back, and an actor waits for bits of one (test/explore/serials.test.ts).
 */
import { type Mutant, mutant } from './mutants.ts';

/** Something is noticed no more. */
const unnoticed = (what: string, module: string, sentence: string): Mutant =>
  mutant(what, [module, `${module.endsWith('serials') ? 'this' : 'serials'}.break('${sentence}')`, 'void 0']);

export const serialMutants: readonly Mutant[] = [
  mutant('whether a copy of a sequence is just below another number does not count', [
    'machine/serialKey',
    'distance === 1 ? 1 : 2 + (distance & 1)',
    '2 + (distance & 1)',
  ]),
  mutant(
    'whether a sequence is odd does not count',
    ['machine/serialKey', '(isSequence ? value & 1 : 0)', '0'],
    ['machine/serialKey', '2 + (distance & 1)', '2'],
  ),
  mutant('numbers that are not the same are', ['machine/serialKey', '(isSequence ? shortened(value - before) : 1)', '0']),
  mutant('which serial numbers are in local variables does not count', ['machine/liveValues', 'this.#numbers.push(value);', ';']),
  mutant('which serial numbers an actor has read does not count', [
    'machine/observed',
    'isSerial ? [...numbers, value] : numbers',
    'numbers',
  ]),
  unnoticed('a word may be looked at as a number', 'machine/serials', 'an actor takes one for a number'),
  mutant('a check may look at a word as a number', ['machine/lookingOn', 'this.#serials?.touched(word, value);', ';']),
  unnoticed('a copy of a serial number may count as well', 'machine/serials', 'an actor lets a copy of one count'),
  unnoticed('two that count apart may be compared', 'machine/serials', 'an actor compares two that count apart'),
  unnoticed(
    'where serial numbers begin may matter for other words',
    'search/serialSearch',
    'it matters where one begins to count',
  ),
];
