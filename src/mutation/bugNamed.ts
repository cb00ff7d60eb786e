/** A bug of the catalogue by its id, or one of the caller's own. The catalogue is loaded when one is asked for. */
import type { Bug, Mutation } from '../bugs/bug.ts';
import { shown } from '../input/options.ts';
import { unknown } from '../input/unknownName.ts';
import { UsageError } from '../input/usageError.ts';

/** @throws UsageError for an id the catalogue does not have. */
export async function bugNamed(id: string): Promise<Bug> {
  const { bugs } = await import('../bugs/index.ts');
  const bug = bugs.find((known) => known.id === id);
  if (bug !== undefined) return bug;
  const ids = bugs.map((known) => known.id);
  throw unknown('bug', id, ids, `allowed are the ${ids.length} of hmm-lab bugs`);
}

const isText = (value: unknown): boolean => typeof value === 'string';
const isEdit = (edit: unknown): boolean =>
  typeof edit === 'object' &&
  edit !== null &&
  ['module', 'find', 'replace'].every((key) => isText(edit[key as keyof typeof edit]));

/** Why a value is no mutation, null when it is one. */
function mutationDefect(given: unknown): string | null {
  if (typeof given !== 'object' || given === null) return `it is ${shown(given)}`;
  const { id, scenario, edits, settings = {} } = given as { readonly [key in keyof Mutation]?: unknown };
  if (!isText(id) || !isText(scenario)) return 'it needs an id and a scenario, each a text';
  if (!Array.isArray(edits) || !edits.every(isEdit)) return 'its edits are no list of { module, find, replace }';
  return typeof settings === 'object' && settings !== null ? null : 'its settings are no object';
}

/**
 * The bug that is meant: the id of one of the catalogue, or a mutation itself.
 *
 * @throws UsageError for an id the catalogue does not have, or an object that is no mutation.
 */
export async function bugOf<M extends Mutation>(bug: string | M): Promise<Bug | M> {
  if (typeof bug === 'string') return bugNamed(bug);
  const defect = mutationDefect(bug);
  if (defect !== null) throw new UsageError(`a bug is neither an id of hmm-lab bugs nor a mutation: ${defect}`);
  return bug;
}
