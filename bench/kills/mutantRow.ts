/** One mutant of the model, looked for in the cells of the race matrix, and then in the scenarios. */
import type { Look } from './look.ts';
import type { Looker } from './looker.ts';
import type { Mutant } from './mutantRules.ts';
import { keyOf } from './mutants.ts';
import { type Hints, inOrder, type RanAll } from './programs.ts';

export interface MutantRow extends Omit<Mutant, 'edit'>, Look {
  /** It stays the same while the code does. */
  readonly id: string;
  readonly by: 'matrix' | 'scenario';
  /** Cells and scenarios that run what is changed. */
  readonly cells: number;
  readonly scenarios: number;
}

/** Longest look, in seconds of a processor: there are many more cells than scenarios. */
const MOST_SECONDS = { cells: 60, scenarios: 30 };

interface Programs {
  readonly cells: RanAll;
  readonly scenarios: RanAll;
}

export async function mutantRow(mutant: Mutant, all: Programs, hints: Hints, looker: Looker): Promise<MutantRow> {
  const { edit, ...about } = mutant;
  const id = keyOf(mutant);
  const functions = [new Set([`${mutant.module} ${mutant.name}`])];
  const cells = inOrder(all.cells, functions, hints);
  const scenarios = inOrder(all.scenarios, functions, hints);
  const job = { mutation: { id, edits: [edit] }, settings: {}, apart: [] };
  const look = await looker.look({ ...job, names: cells, seconds: MOST_SECONDS.cells });
  const row = { id, ...about, cells: cells.length, scenarios: scenarios.length };
  if (look.found !== null) return { ...row, ...look, by: 'matrix' };
  const second = await looker.look({ ...job, names: scenarios, seconds: MOST_SECONDS.scenarios });
  return { ...row, ...second, seconds: look.seconds + second.seconds, by: 'scenario' };
}
