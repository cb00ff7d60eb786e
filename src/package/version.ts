/** The package this module belongs to: where it lies, and its version as its package.json has it. */
import { readFileSync } from 'node:fs';

/**
 * Finds the package.json nearest above this module. Its distance differs: the sources lie one level below it, a built tree
 * three, and a mutated copy of the tree may lie anywhere.
 */
function findPackage(): { readonly root: URL; readonly version: string } {
  for (let root = new URL('.', import.meta.url); ; root = new URL('..', root)) {
    const found = readOptional(new URL('package.json', root));
    if (found?.name === 'hmm-lab' && typeof found.version === 'string') return { root, version: found.version };
    if (new URL('..', root).href === root.href) return { root, version: 'unknown' };
  }
}

function readOptional(file: URL): { readonly name?: unknown; readonly version?: unknown } | undefined {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return JSON.parse(text);
}

const found = findPackage();

/** Version of hmm-lab, such as `0.1.0`. Part of every JSON result. */
export const version: string = found.version;

/** Directory of the package. */
export const packageRoot: URL = found.root;
