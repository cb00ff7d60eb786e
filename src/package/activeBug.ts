/** The bug that is in this tree, by its id. The model as it is has none; a tree that got one says so (mutate.ts). */
export const activeBug: string | null = null;

/** URL of `src` in the tree without the bug, which this tree is a copy of; null in the model as it is. */
export const cleanTree: string | null = null;
