/**
 * An operation during which other actors may run.
 *
 * It is written as a generator and called with `yield*`. Each number it yields is the id of a Point, a place where a
 * scheduler may let another actor go first. The build makes three trees of the sources: in the stepped tree operations stay
 * generators, in the flat tree they are generators that do not call each other (`flatten.ts`), and in the erased tree `erase.ts`
 * has turned them into plain functions.
 */
export type Steps<T> = Generator<number, T, void>;
