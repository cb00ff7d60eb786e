/**
 * A table has 2^9 entries, and so many pages has a huge page. In the stepped tree, where interleavings are explored, it has 2^4:
 * the build puts that in (build/smallTables.ts), and a walk over the pieces of a huge page has 16 steps in place of 512.
 */
export const TABLE_BITS = 9;
