/** What random programs are made of: instructions that belong together. */
import fc from 'fast-check';
import { FRAME_WORD, type Instruction, MOST_ACTORS } from './program.ts';

export const word = fc.nat(FRAME_WORD - 1);
const anyWord = fc.nat(FRAME_WORD);
export const register = fc.nat(1);
export const value = fc.nat(2);
export const point = fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) });
const rule = fc.constantFrom('X-0', 'X-1', 'X-2');
export const glued = { point: false } as const;

/** Instructions that belong together. */
export type Chunk = fc.Arbitrary<readonly Instruction[]>;

const one = (instruction: fc.Arbitrary<Instruction>): Chunk => instruction.map((it) => [it]);
const single = <T extends Instruction['do'], R extends Record<string, fc.Arbitrary<unknown>>>(kind: T, rest: R): Chunk =>
  one(fc.record({ do: fc.constant(kind), ...rest, point }) as unknown as fc.Arbitrary<Instruction>);

export const access = fc.oneof(
  { weight: 3, arbitrary: single('load', { word: anyWord, to: register }) },
  { weight: 3, arbitrary: single('store', { word: anyWord, value }) },
  { weight: 2, arbitrary: single('put', { word: anyWord, from: register }) },
  { weight: 1, arbitrary: single('add', { word: anyWord, value: fc.constantFrom(1, 2), to: register }) },
  { weight: 1, arbitrary: single('xchg', { word, value, to: register }) },
  { weight: 1, arbitrary: single('or', { word, value, to: register }) },
  { weight: 1, arbitrary: single('and', { word, value, to: register }) },
  { weight: 1, arbitrary: single('increase', { word, value: fc.constantFrom(1, 2) }) },
  { weight: 1, arbitrary: single('cas', { word, expected: value, value, to: register }) },
);

/** Reads something and breaks a rule if it is so. */
export const check: Chunk = fc.oneof(
  fc.record({ word: anyWord, to: register, value, rule, point }).map(({ word, to, value, rule, point }): Instruction[] => [
    { do: 'load', word, to, point },
    { do: 'check', from: to, value, rule, ...glued },
  ]),
  single('check', { from: register, value: fc.constantFrom(1, 2), rule }),
  single('watch', { word: anyWord, value: fc.constantFrom(1, 2), rule }),
);

/** Values kept from one operation to the next. */
export const keeping: Chunk = fc.oneof(
  single('keep', { place: fc.nat(1), from: register }),
  single('recall', { place: fc.nat(1), to: register }),
  fc.record({ word: anyWord, place: fc.nat(1), point }).map(({ word, place, point }): Instruction[] => [
    { do: 'load', word, to: 0, point },
    { do: 'keep', place, from: 0, ...glued },
  ]),
  fc.record({ place: fc.nat(1), value, rule, point }).map(({ place, value, rule, point }): Instruction[] => [
    { do: 'recall', place, to: 0, point },
    { do: 'check', from: 0, value, rule, ...glued },
  ]),
);

/** What is each actor's own, and looked at by itself. */
export const owning: Chunk = fc.oneof(
  single('window', { value }),
  single('count', { counter: fc.nat(1) }),
  fc
    .record({ of: fc.constantFrom('peek', 'counted'), value: fc.nat(1), rule, point })
    .map(({ of, value, rule, point }): Instruction[] => [
      of === 'peek' ? { do: 'peek', actor: null, to: 0, point } : { do: 'counted', actor: null, counter: 0, to: 0, point },
      { do: 'check', from: 0, value, rule, ...glued },
    ]),
);

/** What is each actor's own, and looked at by others. */
export const telling: Chunk = fc.oneof(
  { weight: 2, arbitrary: single('window', { value }) },
  { weight: 1, arbitrary: single('peek', { actor: fc.nat(MOST_ACTORS - 1), to: register }) },
  { weight: 1, arbitrary: single('slot', { value }) },
  {
    weight: 2,
    arbitrary: fc
      .record({ actor: fc.nat(MOST_ACTORS - 1), to: register, value, rule, point })
      .map(({ actor, to, value, rule, point }): Instruction[] => [
        { do: 'peek', actor, to, point },
        { do: 'check', from: to, value, rule, ...glued },
      ]),
  },
);

export const counting: Chunk = fc.oneof(
  { weight: 2, arbitrary: single('count', { counter: fc.nat(1) }) },
  {
    weight: 3,
    arbitrary: fc.record({ word: anyWord, value, point }).map(({ word, value, point }): Instruction[] => [
      { do: 'load', word, to: 0, point },
      { do: 'if', from: 0, value, body: [{ do: 'count', counter: 0, ...glued }], ...glued },
    ]),
  },
);

/** What was counted is looked at, and left where the end shows it. */
export const recounting: Chunk = fc
  .record({ actor: fc.constantFrom(null, 0, 1, 2), counter: fc.nat(1), to: register, word, point })
  .map(({ actor, counter, to, word, point }): Instruction[] => [
    { do: 'counted', actor, counter, to, point },
    { do: 'put', word, from: to, ...glued },
  ]);

const pairOf = (word: fc.Arbitrary<number>, make: (word: number, value: number, point: boolean) => Instruction[]): Chunk =>
  fc.tuple(word, fc.constantFrom(1, 2), fc.boolean()).map(([word, value, point]) => make(word, value, point));

export const waiting: Chunk = fc.oneof(
  { weight: 4, arbitrary: single('waitUntil', { word, mask: fc.constantFrom(-1, 1), value: fc.nat(1) }) },
  { weight: 3, arbitrary: single('waitWhile', { word, value: fc.nat(1) }) },
  { weight: 2, arbitrary: single('wake', { word }) },
  {
    weight: 4,
    arbitrary: pairOf(word, (word, value, point) => [
      { do: 'store', word, value, point: true },
      { do: 'wake', word, point },
    ]),
  },
  // The wrong way round: whoever begins to wait in between is not woken.
  {
    weight: 1,
    arbitrary: pairOf(word, (word, value, point) => [
      { do: 'wake', word, point: true },
      { do: 'store', word, value, point },
    ]),
  },
  // Who passes a wake-up on, and waits again.
  {
    weight: 1,
    arbitrary: pairOf(word, (word, value, point) => [
      { do: 'waitWhile', word, value: 0, point },
      { do: 'wake', word, ...glued },
      { do: 'waitWhile', word, value, ...glued },
    ]),
  },
);

/** A lock word used wrongly, now and then. */
export const stray: Chunk = fc.oneof(
  single('unlock', { lock: fc.nat(2) }),
  single('lock', { lock: fc.nat(2) }),
  single('downRead', {}),
  single('upRead', {}),
  single('upWrite', {}),
  single('downgrade', {}),
);
