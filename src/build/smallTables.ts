/**
 * Gives a tree small page tables. Exploring needs no 512 entries to let the pieces of a huge page race: with 16 the same code has the
 * same places to race at (the first piece, one in the middle, the last), and all interleavings can be searched.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { treeScript } from './treeScript.ts';

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

treeScript(import.meta.url, (tree) => setTableBits(tree, SMALL_BITS));
