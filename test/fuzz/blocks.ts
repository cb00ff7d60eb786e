/** Chunks in locks, conditions and loops. */
import fc from 'fast-check';
import { type Chunk, glued, register, value, word } from './chunks.ts';
import { type Instruction, RWSEM } from './program.ts';

export const flat = (chunks: readonly (readonly Instruction[])[]): Instruction[] => chunks.flat();

/** Some chunks under one of the locks. */
export function locked(inner: Chunk, locks: readonly number[]): Chunk {
  const body = fc.array(inner, { maxLength: 2 }).map(flat);
  const around = (before: Instruction, after: Instruction) => (body: readonly Instruction[]) => [before, ...body, after];
  const oneOf = fc.constantFrom(...locks.filter((lock) => lock !== RWSEM));
  const lock = fc
    .tuple(oneOf, body)
    .map(([lock, body]) => around({ do: 'lock', lock, ...glued }, { do: 'unlock', lock, ...glued })(body));
  const readers = body.map(around({ do: 'downRead', ...glued }, { do: 'upRead', ...glued }));
  const writer = body.map(around({ do: 'downWrite', ...glued }, { do: 'upWrite', ...glued }));
  const downgraded = fc
    .tuple(body, body)
    .map(([one, other]): Instruction[] => [
      { do: 'downWrite', ...glued },
      ...one,
      { do: 'downgrade', ...glued },
      ...other,
      { do: 'upRead', ...glued },
    ]);
  const tried = fc.tuple(oneOf, register, body).map(([lock, to, body]): Instruction[] => [
    { do: 'try', lock, to, ...glued },
    { do: 'if', from: to, value: 1, body: [...body, { do: 'unlock', lock, ...glued }], ...glued },
  ]);
  const triedRead = fc.tuple(register, body).map(([to, body]): Instruction[] => [
    { do: 'tryRead', to, ...glued },
    { do: 'if', from: to, value: 1, body: [...body, { do: 'upRead', ...glued }], ...glued },
  ]);
  return fc.oneof(
    { weight: 6, arbitrary: lock },
    { weight: 2, arbitrary: tried },
    ...(locks.includes(RWSEM)
      ? [
          { weight: 3, arbitrary: readers },
          { weight: 3, arbitrary: writer },
          { weight: 1, arbitrary: downgraded },
          { weight: 1, arbitrary: triedRead },
        ]
      : []),
  );
}

export const conditional = (inner: Chunk): Chunk =>
  fc
    .record({ from: register, value, body: fc.array(inner, { minLength: 1, maxLength: 2 }).map(flat) })
    .map((it): Instruction[] => [{ do: 'if', ...it, ...glued }]);

/** Goes round while a word has a value. With a bound it remembers all its rounds; without it begins each as the first. */
export const looping = (inner: Chunk): Chunk =>
  fc
    .record({ word, to: register, value: fc.nat(1), most: fc.constantFrom(0, 0, 2, 3), body: fc.array(inner, { maxLength: 1 }) })
    .map(({ word, to, value, most, body }): Instruction[] => {
      const look: Instruction = { do: 'load', word, to, point: true };
      return [{ do: 'loop', from: to, value, most, forget: most === 0, body: [look, ...flat(body)], ...glued }];
    });
