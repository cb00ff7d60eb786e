import { extname } from 'node:path';

/**
 * The extension of this very module: `.js` in a built tree, `.ts` where Node runs the sources directly.
 * A worker entry must carry the same one, and a string inside `new URL` is not rewritten by the compiler.
 */
const extension = extname(new URL(import.meta.url).pathname);

/** The entry `workers/<name>` of the tree this module belongs to, so that a stepped engine never starts an erased worker. */
export function workerUrl(name: string): URL {
  return new URL(`../../workers/${name}${extension}`, import.meta.url);
}
