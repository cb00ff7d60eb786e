/** Where modules of the user's are: by a path from the current directory, or a `file:` URL. */
import { statSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../input/usageError.ts';

/** Does it say where a module is, and not what something of the lab is called? */
export const isModule = (name: string): boolean => name.startsWith('file:') || name.includes('/') || /\.m?js$/.test(name);

/** The file of a module. `what` it is is said when it is none. @throws UsageError */
export function fileOf(name: string, what: string): string {
  try {
    return name.startsWith('file:') ? fileURLToPath(name) : resolve(name);
  } catch (error) {
    throw new UsageError(`${what} module '${name}' is no file: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

export function isFile(file: string | URL): boolean {
  try {
    return statSync(file).isFile();
  } catch {
    // Nothing is there, or a part of the path is no folder, or cannot be looked into.
    return false;
  }
}

/** How a file is named in results and tokens: from the current directory if it lies below it, so that a token may travel. */
export function shownName(file: string): string {
  const way = relative(process.cwd(), file);
  return way.startsWith('..') || isAbsolute(way) ? file : `./${way.split(sep).join('/')}`;
}
