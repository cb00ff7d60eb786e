/** Scripts from the race matrix: the two operations of each cell, one after the other in both orders, from each state of a page. */
import { dmirror } from '../drivers/dmirror/index.ts';
import { abilitiesOf } from '../programs/matrix/abilities.ts';
import { type Cell, cellsOf } from '../programs/matrix/cells.ts';
import { parseOperation } from '../programs/operation.ts';
import { parseProgram } from '../programs/program.ts';
import type { Asked } from './scripts.ts';

/** What is looked at when both are done. */
const LOOKS = ['pm 0 2', 'snap 0 0 2', 'cr 0 2'].map(parseOperation);

function scriptsOf({ state, operations: names, program }: Cell): Asked[] {
  const { given, columns } = parseProgram(program);
  const before = given.map(({ operation }) => operation);
  const orders = names[0] === names[1] ? [columns] : [columns, columns.toReversed()];
  return orders.map((ordered, i) => ({
    id: `m:${state}:${(i === 0 ? names : names.toReversed()).join(':')}`,
    operations: [...before, ...ordered.flatMap(({ operations }) => operations), ...LOOKS],
  }));
}

/** All of them, in the order of the matrix. */
export const matrixScripts = (): Asked[] => cellsOf({ actors: 2, can: abilitiesOf(dmirror) }).flatMap(scriptsOf);
