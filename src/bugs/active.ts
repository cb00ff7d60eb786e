/** The bug that is in this tree, by its id. The model as it is has none; a tree that got one says so (mutate.ts). */
export const activeBug: string | null = null;
