/** Programs that are a little smaller than one: without a column, an operation, or a part of the set-up. */
import type { Program } from '../program.ts';

const without = <T>(list: readonly T[], i: number): T[] => list.filter((_, k) => k !== i);

/** The smallest first: whole columns go before single operations. */
export function smaller(program: Program): Program[] {
  const { given, columns } = program;
  const fewerColumns = columns.length < 3 ? [] : columns.map((_, i) => ({ ...program, columns: without(columns, i) }));
  const fewerOperations = columns.flatMap((column, i) =>
    column.operations.length < 2
      ? []
      : column.operations.map((_, k) => ({
          ...program,
          columns: columns.map((one, j) => (j === i ? { ...one, operations: without(one.operations, k) } : one)),
        })),
  );
  const fewerGiven = given.map((_, i) => ({ ...program, given: without(given, i) }));
  return [...fewerColumns, ...fewerOperations, ...fewerGiven];
}
