/** Why something is not found: looked into by hand, one by one. */

/** Bugs of something that no operation of the matrix does. */
export const outside: Readonly<Record<string, string>> = {};

/** Bugs that the matrix could find, and does not: what is missing. */
export const missed: Readonly<Record<string, string>> = {};

/** Mutants that live. `same`: it makes no difference that the model, or a kernel, could show. */
export const survivors: Readonly<Record<string, { readonly same: boolean; readonly why: string }>> = {};
