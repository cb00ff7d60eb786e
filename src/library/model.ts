/**
 * The model that a call is about: as it is, or with a bug in it.
 *
 * The explorer runs generators as they are written: it lives in the stepped tree, and the library and the program in the erased one.
 * Both come from one build and lie side by side. A model with a bug is a copy of the stepped tree, with the engines in it; a race
 * runs on an erased copy of that. All of this is loaded when a call needs it, and not when the library is imported.
 */
import type { Mutation } from '../bugs/bug.ts';
import { isUsageError, UsageError } from '../input/usageError.ts';
import type { MutatedTree } from '../mutation/mutate.ts';
import { steppedModule } from '../package/steppedModule.ts';

/** Loads a module of a tree by its path below `src`, without extension. */
export type LoadModule = <M>(module: string) => Promise<M>;

/** Copies of the tree by the bugs in them: what is imported from one stays in the process anyway. */
const trees = new Map<string, MutatedTree>();

async function treeWith(bug: Mutation): Promise<MutatedTree> {
  const { mutatedTree } = await import('../mutation/mutate.ts');
  const key = JSON.stringify(bug);
  const tree = trees.get(key) ?? mutatedTree(bug);
  trees.set(key, tree);
  return tree;
}

const importFrom =
  (urlOf: (module: string) => URL | Promise<URL>): LoadModule =>
  async <M>(module: string) =>
    (await import((await urlOf(module)).href)) as M;

/** Each tree has a class of its own for a usage error; the caller knows that of the tree it has loaded. */
export async function withOwnErrors<T>(use: () => Promise<T>): Promise<T> {
  try {
    return await use();
  } catch (error) {
    if (!isUsageError(error) || error instanceof UsageError) throw error;
    throw new UsageError(error.message, { cause: error });
  }
}

/** Runs something in the stepped tree. @throws UsageError when the bug does not fit the model, and what `use` throws. */
export const inStepped = <T>(bug: Mutation | undefined, use: (load: LoadModule) => Promise<T>): Promise<T> =>
  withOwnErrors(async () => use(importFrom(bug === undefined ? steppedModule : (await treeWith(bug)).urlOf)));

/** Runs something in the erased tree of a model with a bug. @throws as {@link inStepped}. */
export const inErasedWith = <T>(bug: Mutation, use: (load: LoadModule) => Promise<T>): Promise<T> =>
  withOwnErrors(async () => {
    const { erasedUrlOf } = await treeWith(bug);
    return use(importFrom(erasedUrlOf));
  });
