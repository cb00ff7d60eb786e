/** The version of the package, as its package.json has it. */
import { readFileSync } from 'node:fs';

/**
 * Reads the package.json nearest above this module. Its distance differs: the sources lie one level below it, a built tree
 * three, and a mutated copy of the tree may lie anywhere.
 */
function readVersion(): string {
  for (let directory = new URL('.', import.meta.url); ; directory = new URL('..', directory)) {
    const found = readOptional(new URL('package.json', directory));
    if (found?.name === 'hmm-lab' && typeof found.version === 'string') return found.version;
    if (new URL('..', directory).href === directory.href) return 'unknown';
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

/** Version of hmm-lab, such as `0.1.0`. Part of every JSON result. */
export const version: string = readVersion();
