/** Bugs and controls by name: of the catalogue by their ids, of the user's by the path of a module; or as they are. */
import type { Bug, Mutation } from '../bugs/bug.ts';
import { unknown } from '../input/unknownName.ts';
import { UsageError } from '../input/usageError.ts';
import { mutationDefect } from './mutationDefect.ts';
import { isModule } from './places.ts';

/** The catalogue is loaded when one of its bugs is asked for. */
async function ofCatalogue(id: string): Promise<Bug> {
  const { bugs } = await import('../bugs/index.ts');
  const bug = bugs.find((known) => known.id === id);
  if (bug !== undefined) return bug;
  const ids = bugs.map((known) => known.id);
  throw unknown('bug', id, ids, `allowed are the ${ids.length} of hmm-lab bugs, or a module of your own by its path`);
}

/**
 * All that a name means: one of the catalogue by its id; those of a module by its path, or `PATH#ID` for one of them.
 *
 * @throws UsageError, one sentence, for an id that there is none of, or a module that does not load or exports something else.
 */
export const bugsNamed = async (name: string): Promise<readonly Mutation[]> =>
  isModule(name) ? (await import('./importBugs.ts')).importBugs(name) : [await ofCatalogue(name)];

/** The only one that a name means. @throws UsageError as {@link bugsNamed}, and for a module that exports several. */
export async function bugNamed(name: string): Promise<Mutation> {
  const [first, ...more] = await bugsNamed(name);
  if (more.length === 0) return first as Mutation;
  const ids = [first as Mutation, ...more].map(({ id }) => id);
  throw new UsageError(`bug module '${name}' exports ${ids.length} changes, allowed is one of them: ${ids.join(', ')}`);
}

/** @throws UsageError for a value that is neither a bug nor a control. */
function checked<M extends Mutation>(bug: M): M {
  const defect = mutationDefect(bug);
  if (defect !== null)
    throw new UsageError(`a bug is neither an id of hmm-lab bugs, nor the path of a module, nor a mutation: ${defect}`);
  return bug;
}

/**
 * The bug that is meant: by a name, as {@link bugNamed}, or a mutation itself.
 *
 * @throws UsageError for a name that there is none of, or an object that is no mutation.
 */
export const bugOf = async (bug: string | Mutation): Promise<Mutation> =>
  typeof bug === 'string' ? bugNamed(bug) : checked(bug);

/** The same for a list of them, in which a name may mean several. */
export const bugsOf = async (bug: string | Mutation): Promise<readonly Mutation[]> =>
  typeof bug === 'string' ? bugsNamed(bug) : [checked(bug)];

/** Has it what makes a bug of a change: rules that it breaks? The others are controls, and must never be reported. */
export const isBug = (mutation: Mutation): mutation is Bug => 'oracles' in mutation;
