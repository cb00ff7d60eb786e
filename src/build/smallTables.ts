/**
 * Gives a tree small page tables. Exploring needs no 512 entries to let the pieces of a huge page race: with 16 the same code has the
 * same places to race at (the first piece, one in the middle, the last), and all interleavings can be searched.
 */
import { readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Bits of an index into a small table, and into one of full size. */
const SMALL_BITS = 4;
export const FULL_BITS = 9;

const MODULE = join('src', 'arena', 'tableBits.js');

/** @throws Error if the tree has no such module, or one that does not say how many bits there are. */
export function setTableBits(tree: string, bits: number): void {
  const file = join(tree, MODULE);
  const source = readFileSync(file, 'utf8');
  const parts = source.split(/(?<=\bTABLE_BITS *= *)\d+\b/);
  if (parts.length !== 2) throw new Error(`${file} does not say how many bits there are`);
  // The file may be a link to that of another tree, which stays as it is.
  rmSync(file);
  writeFileSync(file, parts.join(String(bits)));
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [tree] = process.argv.slice(2);
  if (tree === undefined) {
    process.stderr.write('usage: smallTables TREE\n');
    process.exitCode = 2;
  } else {
    setTableBits(resolve(tree), SMALL_BITS);
  }
}
